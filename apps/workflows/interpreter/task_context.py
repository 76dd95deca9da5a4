"""A task while it runs: its arguments, its records, what its expressions see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from apps.workflows.effects.base import Answer, Call
from apps.workflows.errors import Problem, TaskFailed, failed
from apps.workflows.expressions import ExpressionError, Scope, Template
from apps.workflows.interpreter.driver import TaskRecord, TaskStatus
from apps.workflows.interpreter.task_paths import BAG
from apps.workflows.secrets import mask

if TYPE_CHECKING:
    from apps.workflows.definition import Task
    from apps.workflows.interpreter.run import Run
    from apps.workflows.values import Json


@dataclass
class ActiveTask:
    """A task while it runs: what a step uses to look at data and to say what it does."""

    run: Run
    task: Task
    path: str
    started_at: float | None
    attempt: int = 1
    input: Json = None

    async def perform(self, call: Call[Answer]) -> Answer:
        """Have an effect done. Raises CallFailed, RunCancelled."""
        return await self.run.driver.perform(call)

    async def sleep(self, seconds: float) -> None:
        await self.run.driver.sleep(seconds)

    def begin(self, arguments: Json = None) -> None:
        """Say that the task is under way, with the arguments it was given. Steps that never wait need not."""
        self.input = arguments
        self._record(TaskStatus.IN_PROGRESS)

    async def again(self, problem: Problem, delay: float) -> None:
        """End this attempt with `problem`, and begin the next with the same arguments after `delay` seconds."""
        self.end(TaskStatus.FAILED, problem=problem.placed(self.path, self.run.driver.now()))
        self.attempt += 1
        self.started_at = None
        self._record(TaskStatus.PENDING)
        await self.sleep(delay)
        self.started_at = self.run.driver.now()
        self._record(TaskStatus.IN_PROGRESS)

    def end(self, status: TaskStatus, *, output: Json = None, problem: Problem | None = None) -> None:
        error = mask(problem.as_data(), self.run.nonce) if problem else None
        self._record(status, output=mask(output, self.run.nonce), error=error, ended_at=self.run.driver.now())

    def evaluate(self, template: Template) -> Json:
        """The value of a template over the data bag. Raises TaskFailed of type expression."""
        if template.is_literal:
            return template.text
        try:
            return template.evaluate(self.scope(), self.run.evaluator)
        except ExpressionError as error:
            raise self.expression_failed(error) from None

    def evaluate_export(self, template: Template, output: Json) -> Json:
        """The value of `export.as`, where `.` is the task's output."""
        try:
            return template.evaluate(self.scope(output, output=output), self.run.evaluator)
        except ExpressionError as error:
            raise self.expression_failed(error) from None

    def text(self, template: Template) -> str:
        """A template as text that leaves the run. Raises TaskFailed of type expression where a part is null."""
        if template.is_literal:
            return template.text
        try:
            return template.evaluate_text(self.scope(), self.run.evaluator)
        except ExpressionError as error:
            raise self.expression_failed(error) from None

    def data(self, value: Json) -> Json:
        """JSON with templates in it (`Reader.data`), evaluated."""
        if isinstance(value, Template):
            return self.evaluate(value)
        if isinstance(value, list):
            return [self.data(item) for item in value]
        if isinstance(value, dict):
            return {key: self.data(item) for key, item in value.items()}
        return value

    def expression_failed(self, error: ExpressionError, name: str = "") -> TaskFailed:
        return failed("expression", f"task {self.task.name}: {error}", name=name)

    def scope(self, dot: Json = BAG, **variables: Json) -> Scope:
        """What this task's expressions see; `.` is the bag unless `dot` is given."""
        task = {"name": self.task.name, "reference": self.path}
        return self.run.scope(self.run.bag if dot is BAG else dot, task=task, **variables)

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
            input=mask(self.input, self.run.nonce),
            output=output,
            error=error,
            started_at=self.started_at,
            ended_at=ended_at,
        )
        self.run.driver.record(record)
