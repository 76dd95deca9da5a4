"""How often something that failed is tried again: the `retry` of a task, and of a catch."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from apps.workflows.dataflow.base import Done
from apps.workflows.errors import ANY, Problem, TaskFailed
from apps.workflows.reading import Reader
from apps.workflows.steps.context import TaskContext
from apps.workflows.steps.durations import read_seconds

MOST_ATTEMPTS: Final = 100
DEFAULT_ATTEMPTS: Final = 5
DEFAULT_DELAY_SECONDS: Final = 1.0
LONGEST_DELAY_SECONDS: Final = 3600.0
CONSTANT, LINEAR, EXPONENTIAL = "constant", "linear", "exponential"


@dataclass(frozen=True)
class Retry:
    """`attempts` in all; `errors` names the types that are tried again, none of them for every type."""

    attempts: int
    first_seconds: float
    backoff: str
    errors: tuple[str, ...] = ()

    def takes(self, problem: Problem) -> bool:
        return not self.errors or any(problem.matches(name) for name in self.errors)

    def delay(self, attempt: int, problem: Problem) -> float | None:
        """Seconds to wait after attempt number `attempt` (1 or more) that failed so; None when it was the last."""
        if attempt >= self.attempts:
            return None
        factors = {CONSTANT: 1.0, LINEAR: float(attempt), EXPONENTIAL: 2.0 ** (attempt - 1)}
        return _as_asked(min(LONGEST_DELAY_SECONDS, self.first_seconds * factors[self.backoff]), problem)


def read_retry(reader: Reader) -> Retry | None:
    """None where there is none."""
    if reader.value is None:
        return None
    fields = reader.fields("limit", "delay", "backoff", "errors")
    backoff = fields["backoff"]
    names = tuple(item.text() for item in fields["errors"].items(at_least=0))
    return Retry(
        attempts=fields["limit"].integer(least=1, most=MOST_ATTEMPTS, default=DEFAULT_ATTEMPTS),
        first_seconds=read_seconds(fields["delay"], default=DEFAULT_DELAY_SECONDS),
        backoff=CONSTANT if backoff.value is None else backoff.one_of(CONSTANT, LINEAR, EXPONENTIAL),
        errors=() if ANY in names else names,
    )


def delay_after(active: TaskContext, retry: Retry | None, problem: Problem, *, is_harmless: bool) -> float | None:
    """How long to wait before a call is made again, if it is: by what the task says, or else by the run's policy.

    What a repeat could do twice is repeated only where the task names the error.
    """
    if retry is None:
        return _as_asked(active.http_retries.delay(active.attempt), problem) if is_harmless else None
    is_meant = retry.takes(problem) if retry.errors else is_harmless
    return retry.delay(active.attempt, problem) if is_meant else None


def _as_asked(delay: float | None, problem: Problem) -> float | None:
    """Never sooner than the other side asks; and not at all where that is too long to wait for."""
    if delay is None or problem.wait_seconds > LONGEST_DELAY_SECONDS:
        return None
    return max(delay, problem.wait_seconds)


async def with_retries(active: TaskContext, retry: Retry | None, once: Callable[[], Awaitable[Done]]) -> Done:
    """What `once` comes to, tried again as `retry` says; each time is an attempt of the task."""
    while True:
        try:
            return await once()
        except TaskFailed as failure:
            delay = retry.delay(active.attempt, failure.problem) if retry and retry.takes(failure.problem) else None
            if delay is None:
                raise
            await active.again(failure.problem, delay)
