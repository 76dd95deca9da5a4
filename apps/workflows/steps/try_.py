"""TRY: run tasks, and others when one of them fails."""

from __future__ import annotations

from dataclasses import dataclass

from apps.workflows.dataflow.base import Done
from apps.workflows.definition import RESERVED_NAMES, Config, Task
from apps.workflows.errors import ANY, Problem, TaskFailed
from apps.workflows.reading import Reader
from apps.workflows.secrets import mask
from apps.workflows.steps.base import ParseTasks
from apps.workflows.steps.context import TaskContext
from apps.workflows.values import Json

ERROR = "error"
TRY, CATCH = "try", "catch"
"""The halves, as paths name them."""


@dataclass(frozen=True)
class Catch:
    as_: str
    errors: tuple[str, ...]
    """Names of the error types to catch, by any of their spellings; `*` or none at all for every type."""
    do: tuple[Task, ...]

    def takes(self, problem: Problem) -> bool:
        return not self.errors or any(problem.matches(name) for name in self.errors)


@dataclass(frozen=True)
class TryConfig(Config):
    try_: tuple[Task, ...]
    catch: Catch | None

    @property
    def bodies(self) -> tuple[tuple[Task, ...], ...]:
        return (self.try_, self.catch.do) if self.catch else (self.try_,)


def parse(reader: Reader, tasks: ParseTasks) -> TryConfig:
    fields = reader.fields("try", "catch")
    return TryConfig(tasks(fields["try"]), _catch(fields["catch"], tasks))


def _catch(reader: Reader, tasks: ParseTasks) -> Catch | None:
    if reader.value is None:
        return None
    fields = reader.fields("as", "do", "errors")
    name = fields["as"].text(required=False).removeprefix("$") or ERROR
    if name in RESERVED_NAMES:
        fields["as"].complain(f"{name} is a reserved name")
    names = tuple(item.text() for item in fields["errors"].items(at_least=0))
    return Catch(name, () if ANY in names else names, tasks(fields["do"]))


async def run(active: TaskContext, config: TryConfig) -> Done:
    """Output: what the last task produced, of the try block or of the catch block.

    The error is in the bag as `error` and under the name of `catch.as`. It stays there for the tasks that follow, until
    the same TRY runs again.
    """
    frame = active.next_frame()
    if frame is None:
        active.data.forget_caught(active.task.place)
        active.begin()
    if frame is None or frame["half"] == TRY:
        try:
            return Done(await _run_half(active, TRY, config.try_))
        except TaskFailed as failure:
            if config.catch is None or not config.catch.takes(failure.problem):
                raise
            caught = mask(failure.problem.as_caught(), active.nonce)
            active.data.catch({ERROR: None, config.catch.as_: None}, caught, active.task.place)
    return Done(await _run_half(active, CATCH, config.catch.do if config.catch else ()))


async def _run_half(active: TaskContext, half: str, tasks: tuple[Task, ...]) -> Json:
    with active.framed(lambda: {"half": half}):
        return await active.run_list(tasks, f"{active.path}/{half}")
