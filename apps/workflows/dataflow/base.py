"""What a data flow is: what the tasks of one branch hand on, and what their expressions see of it.

The bag (profile `stigmer`) keeps everything under the names of tasks. A pipeline (the strict form) makes a task's input
as it enters (`input.from`), and its output and the context as it leaves (`output.as`, `export.as`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, Self

from apps.workflows.definition import Task
from apps.workflows.expressions import Scope, Template
from apps.workflows.limits import LIMITS, Limits
from apps.workflows.values import Json


@dataclass(frozen=True)
class RunFacts:
    """What is the same for every expression of a run, whichever branch it is evaluated in."""

    variables: Mapping[str, Json] = field(default_factory=dict)
    """`$input`, `$workflow`, `$runtime`, without the dollar sign."""
    secrets: Mapping[str, str] = field(default_factory=dict)
    """Names to placeholders."""
    nonce: str = ""
    now: Callable[[], float] = lambda: 0.0
    limits: Limits = LIMITS
    input_texts: frozenset[str] = frozenset()
    is_input_strict: bool = False


@dataclass(frozen=True)
class Done:
    """How a task ended well."""

    output: Json = None
    then: str = ""
    """Where to go, when the task itself decides."""
    keeps_data: bool = False
    """The task only steers: `output` is for the record, the branch's data stays as it was."""
    sets_data: bool = False
    """`output` is an object whose entries are to be kept one by one."""
    seen: Json = None
    """What expressions see in place of `output`, where that is more."""


class TaskInFlow(Protocol):
    """A task that enters or leaves: what a data flow may ask of it."""

    @property
    def task(self) -> Task: ...

    @property
    def variables(self) -> Mapping[str, Json]:
        """What its expressions alone see: `$task`."""

    def evaluate(self, template: Template, scope: Scope | None = None) -> Json:
        """Raises TaskFailed of type expression."""


class DataFlow(Protocol):
    """The data of one branch. Values are never changed in place."""

    @property
    def output(self) -> Json:
        """What the last task produced."""

    def enter(self, task: TaskInFlow) -> None:
        """A task begins. Raises TaskFailed."""

    def leave(self, task: TaskInFlow, done: Done) -> Json:
        """A task has ended well: keep what it hands on, and answer what it has produced. Raises TaskFailed."""

    def scope(self, variables: Mapping[str, Json], *, over_value: bool = False) -> Scope:
        """What expressions see now. With `over_value`, `.` is what the task before handed on."""

    def bound(self, names: Iterable[str]) -> dict[str, Json]:
        """Those of `names` that mean something to expressions, with their values."""

    def bind(self, values: Mapping[str, Json]) -> None:
        """Give names a meaning, as a loop does to its variables."""

    def unbind(self, names: Iterable[str], before: Mapping[str, Json]) -> None:
        """Take it back: they mean what they meant `before` (see `bound`), or nothing."""

    def catch(self, names: Iterable[str], error: Json, owner: str) -> None:
        """Show an error that a task has caught. `owner` is the task's place in the definition."""

    def forget_caught(self, owner: str) -> None:
        """What the same task caught when it ran before."""

    def split(self) -> Self:
        """The data of a branch that begins here: it sees what there is, and what it sets is its own."""

    def state(self) -> dict[str, Json]:
        """As of now, as plain data; copied as far as the branch goes on changing it."""

    def restored(self, state: dict[str, Json]) -> Self:
        """The data that `state` was taken of."""
