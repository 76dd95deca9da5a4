"""Who is asking."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from django.db.models import Q

Sight = Callable[[str], "Q"]
"""By the name of a kind, what a row must meet to be seen; asked anew for every query, so that it may change meanwhile.
It joins no table of which several rows could match: pages would show a row twice."""


class Permit(Protocol):
    """What limits the writes of a caller. Each raises NotFound for what it may not see, PermissionDenied for the rest.

    Any: drafts, rows and kinds, which stand above.
    """

    def creation(self, draft: Any) -> None:
        """Of a resource, before its row is made."""

    def change(self, row: Any, kind: Any, draft: Any) -> None:
        """Of a stored resource to what a draft wants, before its row changes."""

    def removal(self, row: Any, kind: Any) -> None:
        """Of a stored resource; what belongs to it goes with it."""


@dataclass(frozen=True)
class Caller:
    """The identity behind a request. `org` is where references without an organization are looked up.

    `may_import` allows ids chosen by the caller (export and import). `is_system` is the installation
    itself: it may make what callers may not, such as the local organization.
    """

    actor: str
    org: str
    may_import: bool = False
    is_system: bool = False
    sight: Sight | None = field(default=None, repr=False, compare=False)
    """What limits the rows that this caller sees (`lookup.visible`). None: all of them, as everybody in local mode."""
    permit: Permit | None = field(default=None, repr=False, compare=False)
    """What limits what this caller writes, asked wherever rows are. None: nothing, as in local mode."""
    renew: Callable[[], None] | None = field(default=None, repr=False, compare=False)
    """Of callers who may lose what they had: streams call it once a second at least, and end when it raises."""


LOCAL = Caller(actor="local", org="local", may_import=True)
SYSTEM = Caller(actor="system", org="local", may_import=True, is_system=True)
