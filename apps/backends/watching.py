"""What happens to resources, as clients are told of it: plain data, and where it comes from."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from apps.backends.base import Envelope
    from apps.backends.runs import Phase, Stop


class WatchEvent(StrEnum):
    """What happened. A deleted resource may never have matched; an unmatched one may or may not have, before."""

    CREATED = "created"
    UPDATED = "updated"
    DELETED = "deleted"
    UNMATCHED = "unmatched"


@dataclass(frozen=True, slots=True)
class Watched:
    """Which resources to be told of: of a kind, with all of the labels and tags, runs in a phase."""

    kind: str
    org: str = ""
    project: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    phase: Phase | None = None


@dataclass(frozen=True, slots=True)
class ResourceChange:
    """What happened to one resource. `resource` is as it is now; None where it is gone or does not match."""

    event: WatchEvent
    id: str
    resource: Envelope | None


@dataclass(frozen=True, slots=True)
class Told:
    """Changes, and where a watch goes on after them; "" where more of the same moment follows."""

    changes: tuple[ResourceChange, ...]
    position: str


class Watches(Protocol):
    """Where changes come from. Methods raise as those of a Backend."""

    def follow(self, watched: Watched, position: str, stop: Stop) -> Iterator[Told]:
        """What happens from `position` on ("": from now on), until `stop` is set or the server goes.

        The first answer has the position that it begins at, and no change. Raises Conflict where it is not known any
        more what happened since, NotFound for a project, and Unsupported where the server is older.
        """
