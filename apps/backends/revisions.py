"""What resources were, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from apps.backends.base import Applied, Change


@dataclass(frozen=True, slots=True)
class Revision:
    """One write to one resource. `at` counts seconds from the epoch; `event` is created, updated or deleted."""

    number: int
    version_id: str
    event: str
    at: float
    actor: str
    message: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """What is different from one revision to another; `start` is 0 before the first."""

    start: int
    end: int
    changes: tuple[Change, ...]


class Revisions(Protocol):
    """The revisions that a backend keeps. Every method raises NotFound for what is not there."""

    def page(
        self, kind: str, resource_id: str, *, page_size: int, page_token: str = ""
    ) -> tuple[Sequence[Revision], str]:
        """Newest first, at most `page_size` of 1 to 100; and the token of the next page, empty on the last."""

    def difference(self, kind: str, resource_id: str, *, start: int = 0, end: int = 0) -> Difference:
        """From revision `start` (0: the one before) to `end` (0: the newest)."""

    def roll_back(
        self,
        kind: str,
        resource_id: str,
        number: int,
        *,
        seen_version_id: str,
        message: str = "",
        dry_run: bool = False,
    ) -> Applied:
        """Make a resource what it was; raises Conflict where it changed since the version that was seen."""
