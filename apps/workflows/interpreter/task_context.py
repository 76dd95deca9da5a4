"""A task while it runs: its arguments, its records, what its expressions see."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Protocol

from apps.workflows.calls import CallFailed
from apps.workflows.dataflow.base import DataFlow
from apps.workflows.definition import Task
from apps.workflows.effects.base import Answer, Call
from apps.workflows.errors import Problem, TaskFailed, failed
from apps.workflows.expressions import Condition, ExpressionError, Program, Scope, Template
from apps.workflows.interpreter.driver import TaskRecord, TaskStatus
from apps.workflows.interpreter.run import Run
from apps.workflows.interpreter.suspension import Suspend
from apps.workflows.limits import ONCE, Limits, RetryPolicy
from apps.workflows.secrets import mask
from apps.workflows.steps.context import Body
from apps.workflows.values import Json


class Strand(Protocol):
    """The branch that a task runs in, as far as a task knows it."""

    run: Run
    data: DataFlow
    frames: list[dict[str, Json]]
    retries_around: int

    @property
    def why_stopped(self) -> str: ...

    @property
    def is_retried_around(self) -> bool: ...

    def next_frame(self) -> dict[str, Json] | None: ...

    async def run_list(self, tasks: tuple[Task, ...], place: str) -> Json: ...

    @property
    def is_beside_waits(self) -> bool: ...

    async def run_branches(self, bodies: Sequence[Body], *, at_once: int = 0) -> list[Json]: ...

    async def race(self, bodies: Sequence[Body]) -> tuple[int, Json]: ...


@dataclass
class ActiveTask:
    """A task while it runs: the `TaskContext` of its step."""

    branch: Strand
    task: Task
    path: str
    started_at: float | None
    attempt: int = 1
    input: Json = None
    is_acting: bool = False
    """Whether a call of it is under way that may change something."""
    links: dict[str, str] = field(default_factory=dict)
    draws: int = 0
    """How often a random value was drawn for it."""

    @property
    def data(self) -> DataFlow:
        return self.branch.data

    @property
    def nonce(self) -> str:
        return self.branch.run.nonce

    @property
    def limits(self) -> Limits:
        return self.branch.run.limits

    @property
    def http_retries(self) -> RetryPolicy:
        return ONCE if self.branch.is_retried_around else self.branch.run.http_retries

    @property
    def variables(self) -> dict[str, Json]:
        return {"task": {"name": self.task.name, "reference": self.path}}

    def state(self) -> dict[str, Json]:
        """What it takes to go on with it after a suspension: its fields by their names."""
        state: dict[str, Json] = {"started_at": self.started_at, "input": self.input, "draws": self.draws}
        return state | ({"attempt": self.attempt} if self.attempt > 1 else {})

    def begin(self, arguments: Json = None) -> None:
        self.input = arguments
        self._record(TaskStatus.IN_PROGRESS)

    async def again(self, problem: Problem, delay: float) -> None:
        self.end(TaskStatus.FAILED, problem=problem.placed(self.path, self.now()))
        self.attempt += 1
        self.started_at = None
        self._record(TaskStatus.PENDING)
        await self.sleep(delay)
        self.started_at = self.now()
        self._record(TaskStatus.IN_PROGRESS)

    def end(self, status: TaskStatus, *, output: Json = None, problem: Problem | None = None) -> None:
        error = mask(problem.as_data(), self.nonce) if problem else None
        self._record(status, output=mask(output, self.nonce), error=error, ended_at=self.now())

    async def perform(self, call: Call[Answer]) -> Answer:
        if self.branch.is_beside_waits:
            call = replace(call, is_beside_waits=True)
        self.is_acting = not call.only_reads
        try:
            answer = await self.branch.run.driver.perform(call)
        except CallFailed:
            self.is_acting = False
            raise
        except Suspend as suspend:
            self._left(suspend)
            raise
        self.is_acting = False
        return answer

    async def sleep(self, seconds: float) -> None:
        await self.branch.run.driver.sleep(seconds)

    async def rest(self, seconds: float) -> None:
        try:
            await self.branch.run.driver.sleep(seconds, may_be_left=self.branch.is_beside_waits)
        except Suspend as suspend:
            self._left(suspend)
            raise

    def _left(self, suspend: Suspend) -> None:
        """The run is suspended out of a long wait of this task: with its branch's data, and those beside it follow."""
        suspend.data = self.data.state()
        self.branch.run.is_suspending = True

    def evaluate(self, template: Template | Program, scope: Scope | None = None) -> Json:
        if isinstance(template, Template) and template.is_literal:
            return template.text
        try:
            return template.evaluate(self._seen(scope), self.branch.run.evaluator)
        except ExpressionError as error:
            raise self.expression_failed(error) from None

    def text(self, template: Template) -> str:
        if template.is_literal:
            return template.text
        try:
            return template.evaluate_text(self._seen(), self.branch.run.evaluator)
        except ExpressionError as error:
            raise self.expression_failed(error) from None

    def values(self, value: Json) -> Json:
        if isinstance(value, Template):
            return self.evaluate(value)
        if isinstance(value, list):
            return [self.values(item) for item in value]
        if isinstance(value, dict):
            return {key: self.values(item) for key, item in value.items()}
        return value

    def holds(self, condition: Condition, error_name: str = "", *, data: DataFlow | None = None) -> bool:
        scope = (data or self.data).scope(self.variables, over_value=condition.over_value)
        try:
            return condition.holds(self._seen(scope), self.branch.run.evaluator)
        except ExpressionError as error:
            raise self.expression_failed(error, error_name) from None

    def expression_failed(self, error: ExpressionError, error_name: str = "") -> TaskFailed:
        return failed("expression", str(error), name=error_name)

    def next_frame(self) -> dict[str, Json] | None:
        frame = self.branch.next_frame()
        if frame is not None and self.branch.why_stopped and not self.branch.frames:
            raise asyncio.CancelledError  # its branch was ended meanwhile: what it waited for is of no account
        return frame

    @contextmanager
    def framed(self, frame: Callable[[], dict[str, Json]]) -> Iterator[None]:
        try:
            yield
        except Suspend as suspend:
            suspend.frames.append(frame())
            raise

    @contextmanager
    def retried_around(self) -> Iterator[None]:
        self.branch.retries_around += 1
        try:
            yield
        finally:
            self.branch.retries_around -= 1

    async def run_list(self, tasks: tuple[Task, ...], place: str) -> Json:
        return await self.branch.run_list(tasks, place)

    async def run_branches(self, bodies: Sequence[Body], *, at_once: int = 0) -> list[Json]:
        return await self.branch.run_branches(bodies, at_once=at_once)

    async def race(self, bodies: Sequence[Body]) -> tuple[int, Json]:
        return await self.branch.race(bodies)

    def _seen(self, scope: Scope | None = None) -> Scope:
        """What an expression of this task sees: unless given, the branch's data."""
        scope = scope or self.data.scope(self.variables)
        scope.draw = self._draw
        return scope

    def _draw(self) -> bytes:
        self.draws += 1
        return self.branch.run.draw(self.path, self.attempt, self.draws)

    def now(self) -> float:
        return self.branch.run.driver.now()

    def _record(
        self,
        status: TaskStatus,
        *,
        output: Json = None,
        error: dict[str, Json] | None = None,
        ended_at: float | None = None,
    ) -> None:
        record = TaskRecord(
            self.path,
            self.task.name,
            self.task.kind,
            status,
            attempt=self.attempt,
            input=mask(self.input, self.nonce),
            output=output,
            error=error,
            started_at=self.started_at,
            ended_at=ended_at,
            links=self.links,
        )
        self.branch.run.driver.record(record)
