"""What resources need of the machine they are on, handed over once by the composition root.

`install` hands it over; `machine()` is what every user asks. Nothing here says how: `stigmer_site/machine` does.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

from typing_extensions import TypeVar

from apps.resources.caller import LOCAL, Caller
from apps.resources.errors import Violation
from apps.resources.executions.model import Execution
from apps.resources.json_value import Json
from apps.resources.run_errors import EngineUnavailable
from apps.resources.storage_errors import MigrationsPending, StorageError
from apps.shared.prices import NoPrices, PriceSource

if TYPE_CHECKING:
    from cryptography.fernet import Fernet
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    from apps.resources.base import Resource
    from apps.resources.project import Project
from apps.resources.run_wish import RunWish

RunRow_contra = TypeVar("RunRow_contra", bound=Execution, default=Execution, contravariant=True)


class Sleeper(enum.StrEnum):
    """Who can be woken up."""

    API = "api"
    """Its followers of runs."""
    RUNNER = "runner"
    WORKER = "worker"
    CALLBACKS = "callbacks"
    """The part of the worker that tells Temporal how runs have ended."""
    ENDED = "ended"
    """The part of the worker that lets go of runs that were ended without it."""


class Listener(Protocol):
    """The end of a bell at which somebody sleeps."""

    def fileno(self) -> int:
        """A descriptor that can be read when the bell was rung, for loops that wait for many."""

    def wait(self, seconds: float) -> bool:
        """Wait to be woken. True when we were; what had piled up counts as one. Raises OSError once closed."""

    def close(self) -> None: ...


class Bell(Protocol):
    """Wakes those who sleep, in whichever process they are.

    A wake-up may be lost (nobody listens yet, or any more). Whoever is woken looks into the database for what is to be
    done, and looks there now and then without being woken, too.
    """

    def ring(self, sleeper: Sleeper) -> None:
        """Wake it up at once, if it listens. Never blocks, never fails."""

    def listen(self, sleeper: Sleeper) -> Listener:
        """Be woken from now on. Raises OSError where that cannot be."""


class Watch(Protocol):
    """Sees that somebody has committed. For one thread, with the database connection of that thread."""

    def has_changed(self) -> bool:
        """Whether anything may have been committed since this was last asked; true at first. Raises DatabaseError."""

    def wait(self) -> None:
        """Return when something has probably been committed, and after a moment anyway."""

    def close(self) -> None: ...


class ChangeFeed(Protocol):
    """Tells those who follow runs that events were committed, whichever process wrote them."""

    def announce(self, execution_ids: Collection[str]) -> None:
        """Tell of new events of these runs once the transaction under way is committed. Called inside it."""

    def watch(self) -> Watch:
        """See commits from now on. Raises DatabaseError, or OSError, where that cannot be now."""


class WriteTurn(Protocol):
    """Decides who writes next, where the database does not do it well by itself."""

    def turn(self) -> AbstractContextManager[None]:
        """Wait for our turn, and have it. Whoever has it already may ask again."""


class Key(Protocol):
    """What secrets are sealed with: `fernet` values, `aead` bytes in great number. `made` is in seconds, 0 unknown."""

    @property
    def id(self) -> str: ...
    @property
    def made(self) -> float: ...
    @property
    def fernet(self) -> Fernet: ...
    @property
    def aead(self) -> AESGCM: ...


class KeyStore(Protocol):
    """The keys of this installation. All processes see the same, each at its next look."""

    is_given: bool
    """Whether somebody else makes and removes keys: then `add` answers the newest, and `remove` does nothing."""

    def exists(self) -> bool:
        """Whether there is a key yet."""

    def read(self) -> Sequence[Key]:
        """Oldest first, at least one: the first is made when there is none. Cheap. Raises KeyFileDamaged."""

    def add(self) -> Key:
        """Make a key, with which all processes seal from now on."""

    def remove(self, ids: Collection[str]) -> None:
        """Forget keys; the newest is kept. What is still sealed with them cannot be read any more."""

    def pepper(self) -> bytes:
        """What API keys are hashed with: 32 bytes or more, made when there are none, the same from then on.

        Raises KeyFileDamaged.
        """


class Consumer(Protocol):
    """Workers that call a function with each id that a queue holds."""

    def start(self) -> None: ...

    def look(self) -> None:
        """Look now: something may have been put into the queue."""

    def look_after_workers(self) -> None:
        """Replace those that died. Called every few seconds."""

    def stop(self) -> None:
        """Take nothing more. Calls under way go on."""


class QueueLost(Exception):
    """A queue of runs does not answer now. Nothing is lost: a sweeper finds what was not put into it."""


class RunQueue(Protocol):
    """Ids of runs that wait for a runner. The row is the truth: an id may be lost, and may come twice."""

    def put(self, execution_id: str) -> None:
        """Have some runner work on it. Raises QueueLost, or what the queue raises; a sweeper will find the row."""

    def waiting(self) -> int:
        """How many ids are in it. Raises QueueLost."""

    def consumer(self, work: Callable[[str], None], *, workers: int) -> Consumer:
        """Calls of `work`, at most so many at once; they begin with its `start`."""


class BlobStore(Protocol):
    """Contents by their digest: what is the same is kept once, and what is kept never changes."""

    def put(self, content: bytes) -> str:
        """Keep it. The answer is its SHA-256 in lower-case hexadecimal digits."""

    def put_file(self, content: BinaryIO) -> str:
        """As `put`, of a file, which is read from its begin; it need not fit into memory."""

    def get(self, digest: str) -> bytes:
        """Raises KeyError for what is not kept here."""

    def open(self, digest: str) -> BinaryIO:
        """As `get`, a file to read from; it stays readable when the content is deleted meanwhile."""

    def delete(self, digest: str) -> None:
        """Keep it no longer; nothing happens when it is not here."""

    def digests(self) -> Iterator[str]:
        """All that is kept, in no order."""

    def tidy(self) -> None:
        """Remove what writers that died have left behind."""


class Launcher(Protocol[RunRow_contra]):
    """What starts the runs of one kind. Resources start nothing themselves."""

    def prepare(self, execution: RunRow_contra, asked: dict[str, Json]) -> None:
        """Keep what the run needs to begin, in the transaction that stores it.

        `asked` is its spec as it was given, with the secrets that somebody typed into it; the row's is without them.
        `input` in it has the values of a workflow's input that are given with their types, beside `trigger_metadata`;
        `retry` says what it takes over of another run (`executions.retries.Kept`), None for nothing.
        Raises EngineUnavailable, and InvalidInput for what this version cannot run; then nothing is stored.
        """

    def launch(self, execution_id: str) -> None:
        """Wake somebody up. The row is stored already; it is found again should this be lost."""

    def cancel(self, execution_id: str) -> None:
        """Wake whoever works on it: the row says that it is to be cancelled, or is gone."""


@dataclass(frozen=True)
class ChangedTools:
    """Tools of a server that wait to be accepted: `digest` stands for them, `difference` is for people, in lines."""

    server: str
    digest: str
    difference: Sequence[str]


class ToolSets(Protocol):
    """Which tools of their servers agents have seen: others are for somebody to accept. Called inside transactions."""

    def changed(self, agent_id: str) -> Sequence[ChangedTools]:
        """The servers of an agent whose tools wait."""

    def accept(self, agent_id: str, server: str) -> None:
        """Accept what waits; nothing happens where nothing does."""

    def deployed(self, project: Project, rows: Sequence[Resource]) -> None:
        """`rows` were applied as a project: the tools of servers that are part of it are those to come."""


class NoToolSets:
    """Where nobody runs agents."""

    def changed(self, agent_id: str) -> Sequence[ChangedTools]:
        del agent_id
        return ()

    def accept(self, agent_id: str, server: str) -> None:
        del agent_id, server

    def deployed(self, project: Project, rows: Sequence[Resource]) -> None:
        del project, rows


@dataclass(frozen=True)
class Inspection:
    """What whoever runs workflows says of a definition."""

    errors: list[Violation] = field(default_factory=list)
    """What makes no sense: the workflow is refused."""
    warnings: list[Violation] = field(default_factory=list)
    """What is deployed and cannot run as it is."""


def start_nothing(wish: RunWish) -> str:
    """Where nobody starts runs for pages."""
    del wish
    raise EngineUnavailable("runs are started by `stigmer run`, not here")


def local_person(request: object) -> Caller:
    """On a machine of one's own: whoever sits there."""
    del request
    return LOCAL


def not_inspected(spec: dict[str, Json]) -> Inspection:
    """Where nobody knows expressions."""
    del spec
    return Inspection()


def never_refuse() -> None:
    """For a machine that looks after its database by itself."""


@dataclass(frozen=True)
class Machine:
    """All of it, as one process has it."""

    bell: Bell
    changes: ChangeFeed
    write_turn: WriteTurn
    keys: KeyStore
    blobs: BlobStore
    damaged: Callable[[], StorageError]
    """Called when the database is found damaged. Answers what to say: which one it is, and where its latest copy is."""
    no_room: Callable[[], StorageError]
    """What to say when the database cannot grow: a full disk, a quota, or a limit on the size of a file."""
    unmigrated: Callable[[], StorageError] = MigrationsPending
    """What to say when the database lacks tables or columns of this version."""
    keeps_projects: bool = True
    """Whether projects are applied from this machine, and their tool servers can start from where they were applied."""
    refuse_writes: Callable[[], None] = never_refuse
    """Called before each statement that may write. Raises DatabaseError where the database was found damaged."""
    launchers: Mapping[str, Launcher[Any]] = field(default_factory=dict)
    """By the name of the kind of run, for rows of its table. Without one, creating such a run is EngineUnavailable."""
    tool_sets: ToolSets = field(default_factory=NoToolSets)
    """What agents have seen of their tools."""
    inspect: Callable[[dict[str, Json]], Inspection] = not_inspected
    """What to say of the spec of a workflow."""
    start_run: Callable[[RunWish], str] = start_nothing
    """Have the server start a run that a page asks for. Answers its id.

    Raises InvalidInput with paths inside the request, and EngineUnavailable for whatever else stands in the way.
    """
    prices: PriceSource = field(default_factory=NoPrices)
    page_caller: Callable[[Any], Caller] = local_person
    """Who is behind the request of a page. Any: Django's request, which most processes never load."""

    def interrupt(self, kind: str, execution_ids: Iterable[str]) -> None:
        """Have whoever works on these runs look at them: they are to be cancelled, or gone."""
        launcher = self.launchers.get(kind)
        if launcher is not None:
            for execution_id in execution_ids:
                launcher.cancel(execution_id)


_installed: list[Machine] = []


def install(machine: Machine) -> None:
    """Hand over what this process has, in place of what it had."""
    _installed[:] = [machine]


def machine() -> Machine:
    """What was handed over. Raises RuntimeError when nothing was."""
    try:
        return _installed[0]
    except IndexError:
        raise RuntimeError(
            "no machine was handed over: set up Django with stigmer_site, or call apps.resources.ports.install"
        ) from None
