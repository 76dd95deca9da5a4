"""TRY: run tasks, and others when one of them fails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from apps.workflows.definition import RESERVED_NAMES, Config, Task
from apps.workflows.errors import ANY, Problem, TaskFailed
from apps.workflows.interpreter.suspension import Suspend
from apps.workflows.secrets import mask
from apps.workflows.steps.base import Done, ParseTasks
from apps.workflows.values import Json

if TYPE_CHECKING:
    from apps.workflows.interpreter.task_context import ActiveTask
    from apps.workflows.reading import Reader

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


async def run(active: ActiveTask, config: TryConfig) -> Done:
    """Output: what the last task produced, of the try block or of the catch block.

    The error is in the bag as `error` and under the name of `catch.as`. It stays there for the tasks that follow, until
    the same TRY runs again.
    """
    frame = active.run.next_frame()
    if frame is None:
        _forget_caught(active)
        active.begin()
    if frame is None or frame["half"] == TRY:
        try:
            return Done(await _run_half(active, TRY, config.try_))
        except TaskFailed as failure:
            if config.catch is None or not config.catch.takes(failure.problem):
                raise
            caught = mask(failure.problem.as_caught(), active.run.nonce)
            for name in {ERROR: None, config.catch.as_: None}:
                active.run.bag[name] = caught
                active.run.caught[name] = active.task.place
    return Done(await _run_half(active, CATCH, config.catch.do if config.catch else ()))


async def _run_half(active: ActiveTask, half: str, tasks: tuple[Task, ...]) -> Json:
    try:
        return await active.run.run_list(tasks, f"{active.path}/{half}")
    except Suspend as suspend:
        suspend.frames.append({"half": half})
        raise


def _forget_caught(active: ActiveTask) -> None:
    """What the same TRY caught when it ran before."""
    for name in [name for name, owner in active.run.caught.items() if owner == active.task.place]:
        active.run.bag.pop(name, None)
        del active.run.caught[name]
