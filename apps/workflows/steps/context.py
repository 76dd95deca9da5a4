"""What a step may ask of its task, and of the branch that the task runs in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from apps.workflows.dataflow.base import DataFlow, TaskInFlow
from apps.workflows.definition import Task
from apps.workflows.effects.base import Answer, Call
from apps.workflows.errors import Problem, TaskFailed
from apps.workflows.expressions import Condition, ExpressionError, Program, Scope, Template
from apps.workflows.limits import Limits, RetryPolicy
from apps.workflows.values import Json


@dataclass(frozen=True)
class Body:
    """A list of tasks that is to run as a branch of its own, filed under `place`."""

    place: str
    tasks: tuple[Task, ...]
    variables: dict[str, Json] = field(default_factory=dict)
    """Bound in the branch's own data."""
    title: str = ""
    """What people are told of it: `branch b`."""


class TaskContext(TaskInFlow, Protocol):
    """A task while it runs. Steps know nothing else of the run."""

    input: Json
    """Its arguments, for the record."""
    links: dict[str, str]
    """Runs that it has started, for the record: their ids, by what they are."""

    @property
    def path(self) -> str: ...

    @property
    def attempt(self) -> int: ...

    @property
    def data(self) -> DataFlow: ...

    @property
    def nonce(self) -> str: ...

    @property
    def limits(self) -> Limits: ...

    @property
    def http_retries(self) -> RetryPolicy: ...

    def begin(self, arguments: Json = None) -> None:
        """Say that the task is under way, with the arguments it was given. Steps that never wait need not."""

    async def again(self, problem: Problem, delay: float) -> None:
        """End this attempt with `problem`, and begin the next with the same arguments after `delay` seconds."""

    async def perform(self, call: Call[Answer]) -> Answer:
        """Have an effect done. Raises CallFailed, RunCancelled."""

    async def sleep(self, seconds: float) -> None: ...

    async def rest(self, seconds: float) -> None:
        """Sleep, unless the run is suspended meanwhile: then the task is begun again, with the frame that it leaves."""

    def now(self) -> float:
        """The run's clock: seconds since 1970."""

    def evaluate(self, template: Template | Program, scope: Scope | None = None) -> Json:
        """The value of a template or expression over the branch's data. Raises TaskFailed of type expression."""

    def text(self, template: Template) -> str:
        """A template as text that leaves the run. Raises TaskFailed of type expression where a part is null."""

    def values(self, value: Json) -> Json:
        """JSON with templates in it (`Reader.data`), evaluated."""

    def holds(self, condition: Condition, error_name: str = "", *, data: DataFlow | None = None) -> bool:
        """Over `data`, or the branch's. Raises TaskFailed of type expression, known to programs as `error_name`."""

    def expression_failed(self, error: ExpressionError, error_name: str = "") -> TaskFailed: ...

    def next_frame(self) -> dict[str, Json] | None:
        """Where the step stood when the run was suspended in it; None when it begins."""

    def framed(self, frame: Callable[[], dict[str, Json]]) -> AbstractContextManager[None]:
        """Leave `frame()` for `next_frame` when the run is suspended within."""

    def retried_around(self) -> AbstractContextManager[None]:
        """Within, calls are not tried again by the run's policy: what is around them does that."""

    async def run_list(self, tasks: tuple[Task, ...], place: str) -> Json:
        """Run a list of tasks in this branch and answer what its last task produced."""

    async def run_branches(self, bodies: Sequence[Body], *, at_once: int = 0) -> list[Json]:
        """Run lists side by side, each in a branch of its own, and answer what each produced.

        `at_once` of them at a time, all for 0. The first that fails ends the others, and fails the task.
        """

    async def race(self, bodies: Sequence[Body]) -> tuple[int, Json]:
        """As `run_branches`; the first that ends well ends the others: its number, and what it produced.

        Raises TaskFailed when all have failed.
        """
