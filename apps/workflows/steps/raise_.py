"""RAISE: fail with an error of the author's choice."""

from __future__ import annotations

from dataclasses import dataclass

from apps.workflows.dataflow.base import Done
from apps.workflows.definition import Config
from apps.workflows.errors import Problem, TaskFailed, standard_types
from apps.workflows.expressions import Template
from apps.workflows.reading import Reader
from apps.workflows.steps.base import ParseTasks
from apps.workflows.steps.context import TaskContext
from apps.workflows.values import Json, to_text


@dataclass(frozen=True)
class RaiseConfig(Config):
    error: Template
    message: Template


def parse(reader: Reader, _tasks: ParseTasks) -> RaiseConfig:
    fields = reader.fields("error", "message")
    return RaiseConfig(fields["error"].template(), fields["message"].template())


async def run(active: TaskContext, config: RaiseConfig) -> Done:
    """`error` is the type, a standard one by any of its names or one of the author's; or a whole caught error."""
    error = active.evaluate(config.error)
    message = to_text(active.evaluate(config.message))
    active.input = {"error": error, "message": message}
    raise TaskFailed(problem_of(error, message))


def problem_of(error: Json, message: str) -> Problem:
    """The error that a type, or an error object raised again, and a message describe."""
    if isinstance(error, dict):
        status = error.get("status")
        name, status = to_text(error.get("type", "runtime")), status if isinstance(status, int) else 0
    else:
        name, status = to_text(error), 0
    standard = sorted(standard_types(name))
    title = name if not standard else ""
    return Problem(standard[0] if standard else name, message, status=status, title=title, name=name)
