"""SET: put values into the data bag."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from apps.workflows.definition import RESERVED_NAMES, Config
from apps.workflows.expressions import Template
from apps.workflows.steps.base import Done, ParseTasks

if TYPE_CHECKING:
    from apps.workflows.interpreter.task_context import ActiveTask
    from apps.workflows.reading import Reader


@dataclass(frozen=True)
class SetConfig(Config):
    variables: dict[str, Template]


def parse(reader: Reader, _tasks: ParseTasks) -> SetConfig:
    variables = reader.fields("variables")["variables"].required()
    if variables.value == {}:
        variables.complain("needs at least one")
    for name, entry in variables.entries().items():
        if name in RESERVED_NAMES:
            entry.complain(f"{name} is a reserved name")
    return SetConfig(variables.template_map())


async def run(active: ActiveTask, config: SetConfig) -> Done:
    """All values are computed over the data as it was before any of them is set."""
    active.input = {name: template.text for name, template in config.variables.items()}
    values = {name: active.evaluate(template) for name, template in config.variables.items()}
    active.run.set_values(values)
    return Done(values)
