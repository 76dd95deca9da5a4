"""Projects as clients know them: plain data, and where it comes from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from apps.backends.base import Applied, Envelope


@dataclass(frozen=True, slots=True)
class Ownership:
    """As which project something is applied. An empty name: as none.

    `whole`: it is everything that the project declares. `prune` deletes what is no longer declared, `take_over` takes
    what belongs to other projects; `plan` is what somebody agreed to have pruned, empty where nobody was asked.
    `root` is the project's directory on this machine and `python` the one that its tool servers mean; empty: as before.
    `notifies`: somebody is told when its runs fail; None: as before.
    """

    project: str = ""
    org: str = ""
    whole: bool = False
    prune: bool = False
    take_over: bool = False
    plan: str = ""
    root: str = ""
    python: str = ""
    notifies: bool | None = None


@dataclass(frozen=True, slots=True)
class Owned:
    """A resource of a project. `belongings`: how many go with it, by kind; MOST_COUNTED + 1 stands for more."""

    kind: str
    slug: str
    org: str
    id: str
    belongings: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ProjectApplied:
    """What an apply did; iterating it gives what became of each resource, in their order.

    `no_longer_declared` is still there, `deleted` is not; children first in both. `plan` stands for either; it is
    empty where the server knows of no projects. `moved_from` is where the project was before, if it is elsewhere now.
    """

    results: tuple[Applied, ...]
    no_longer_declared: tuple[Owned, ...] = ()
    deleted: tuple[Owned, ...] = ()
    plan: str = ""
    moved_from: str = ""

    def __iter__(self) -> Iterator[Applied]:
        return iter(self.results)

    def __len__(self) -> int:
        return len(self.results)


@dataclass(frozen=True, slots=True)
class Project:
    """A project. Times count seconds from the epoch; `resources` only where one was asked for; `root` "": not known."""

    name: str
    org: str
    created: float
    created_by: str
    updated: float
    updated_by: str
    resource_count: int
    root: str = ""
    resources: tuple[Owned, ...] = ()


class Projects(Protocol):
    """Where projects are. Methods raise as those of a Backend."""

    def apply(
        self, resources: Sequence[Envelope], ownership: Ownership, *, dry_run: bool, message: str
    ) -> ProjectApplied:
        """Create or update `resources`, all or none, as a project or as none; answers in their order."""

    def page(self, *, org: str = "", page_size: int = 100, page_token: str = "") -> tuple[list[Project], str]:
        """A page of projects, newest first, and the token of the next one."""

    def get(self, name: str, *, org: str = "") -> Project:
        """One project with its resources; raises NotFound."""

    def plan_destroy(self, name: str, *, org: str = "") -> tuple[tuple[Owned, ...], str]:
        """What `destroy` would delete, children first, and the plan that stands for it; raises NotFound."""

    def destroy(self, name: str, *, org: str = "", plan: str = "", message: str = "") -> tuple[Owned, ...]:
        """Delete all that a project owns, children first; nothing where there is none."""
