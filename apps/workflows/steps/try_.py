"""TRY: run tasks, and others when one of them fails."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass

from apps.workflows.dataflow.base import Done
from apps.workflows.definition import RESERVED_NAMES, Config, Task
from apps.workflows.errors import ANY, CONDITION_NAME, HTTP_NAME, Problem, TaskFailed
from apps.workflows.expressions import Condition
from apps.workflows.reading import Reader
from apps.workflows.secrets import mask
from apps.workflows.steps.base import ParseTasks
from apps.workflows.steps.context import TaskContext
from apps.workflows.steps.retries import Retry, read_retry
from apps.workflows.values import Json

ERROR = "error"
HTTP_FAILED = Problem("communication", "", name=HTTP_NAME)
TRY, CATCH = "try", "catch"
"""The halves, as paths name them."""


@dataclass(frozen=True)
class Catch:
    as_: str
    errors: tuple[str, ...]
    """Names of the error types to catch, by any of their spellings; `*` or none at all for every type."""
    do: tuple[Task, ...]
    when: Condition | None = None
    """Over the data with the error in it."""
    retry: Retry | None = None

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
    fields = reader.fields("as", "do", "errors", "when", "retry")
    name = fields["as"].text(required=False).removeprefix("$") or ERROR
    if name in RESERVED_NAMES:
        fields["as"].complain(f"{name} is a reserved name")
    names = tuple(item.text() for item in fields["errors"].items(at_least=0))
    retry = read_retry(fields["retry"])
    # Once it was tried often enough there may be nothing left to do but to fail.
    do = () if retry and fields["do"].value is None else tasks(fields["do"])
    return Catch(name, () if ANY in names else names, do, fields["when"].condition(), retry)


async def run(active: TaskContext, config: TryConfig) -> Done:
    """Output: what the last task produced, of the try block or of the catch block.

    The error is in the bag as `error` and under the name of `catch.as`. It stays there for the tasks that follow, until
    the same TRY runs again.
    """
    frame = active.next_frame()
    if frame is None:
        active.data.forget_caught(active.task.place)
        active.begin()
    while frame is None or frame["half"] == TRY:
        frame = None
        try:
            return Done(await _try(active, config))
        except TaskFailed as failure:
            catch = config.catch
            if catch is None or not _catches(active, catch, failure.problem):
                raise
            retry = catch.retry if catch.retry and catch.retry.takes(failure.problem) else None
            delay = retry.delay(active.attempt, failure.problem) if retry else None
            if delay is not None:
                await active.again(failure.problem, delay)
                continue
            if retry and not catch.do:
                raise
            active.data.catch(*_caught(active, catch, failure.problem), active.task.place)
            break
    return Done(await _run_half(active, CATCH, config.catch.do if config.catch else ()))


def _catches(active: TaskContext, catch: Catch, problem: Problem) -> bool:
    """Whether the catch is for this error: by its type, and by what `when` says of it."""
    if not catch.takes(problem):
        return False
    if catch.when is None:
        return True
    seen = active.data.split()
    seen.catch(*_caught(active, catch, problem), active.task.place)
    return active.holds(catch.when, CONDITION_NAME, data=seen)


def _caught(active: TaskContext, catch: Catch, problem: Problem) -> tuple[dict[str, None], Json]:
    """The names that the error is known by, and the error."""
    return {ERROR: None, catch.as_: None}, mask(problem.as_caught(), active.nonce)


async def _try(active: TaskContext, config: TryConfig) -> Json:
    retry = config.catch.retry if config.catch else None
    # Where it tries again what fails in a call, the call does not, too: there would be five times as many.
    is_around = bool(retry and config.catch and retry.takes(HTTP_FAILED) and config.catch.takes(HTTP_FAILED))
    with active.retried_around() if is_around else nullcontext():
        return await _run_half(active, TRY, config.try_)


async def _run_half(active: TaskContext, half: str, tasks: tuple[Task, ...]) -> Json:
    """Tried again, its tasks are others than those of the first time: what those did is done."""
    again = f"#{active.attempt}" if half == TRY and active.attempt > 1 else ""
    with active.framed(lambda: {"half": half}):
        return await active.run_list(tasks, f"{active.path}/{half}{again}")
