"""Who is asking."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.db.models import Q

Sight = Callable[[str], "Q"]
"""By the name of a kind, what a row must meet to be seen; asked anew for every query, so that it may change meanwhile.
It joins no table of which several rows could match: pages would show a row twice."""


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


LOCAL = Caller(actor="local", org="local", may_import=True)
SYSTEM = Caller(actor="system", org="local", may_import=True, is_system=True)


def on_behalf_of(actor: str, org: str) -> Caller:
    """Who made something that the program goes on with by itself (a run): it sees and may do what they do, no more."""
    return Caller(actor=actor, org=org)
