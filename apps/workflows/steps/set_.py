"""SET: put values into the data bag."""

from __future__ import annotations

from dataclasses import dataclass

from apps.workflows.dataflow.base import Done
from apps.workflows.definition import RESERVED_NAMES, Config
from apps.workflows.expressions import Template
from apps.workflows.reading import Reader
from apps.workflows.steps.base import ParseTasks
from apps.workflows.steps.context import TaskContext


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
    return SetConfig(variables.template_map(of_any_type=True))


async def run(active: TaskContext, config: SetConfig) -> Done:
    """All values are computed over the data as it was before any of them is set."""
    active.input = {name: template.text for name, template in config.variables.items()}
    values = {name: active.evaluate(template) for name, template in config.variables.items()}
    return Done(values, sets_data=True)
