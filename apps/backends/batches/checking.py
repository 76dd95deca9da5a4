"""All lines of a batch are judged before the first run is started."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from apps.backends.batches.lines import MESSAGE, BadLine, Line, message_of
from apps.shared.annotations import INPUT_SCHEMA
from apps.shared.counts import counted
from apps.shared.input_schema import complete, read_schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from apps.backends.base import Backend
    from apps.backends.runs import StartRun
    from apps.backends.targets import Target

NAMED = 20
"""Broken lines that are told; the rest is counted."""
TOLD_EVERY = 500
Schema = dict[str, Any]


@dataclass
class Checked:
    """How many lines a run can be started with, how many not, and why: (number of the line, why) of the first."""

    good: int = 0
    broken: int = 0
    told: list[tuple[int, str]] = field(default_factory=list)

    def add(self, number: int, why: str) -> None:
        """Take note of a line; nothing is wrong with it where `why` is ""."""
        self.good += not why
        self.broken += bool(why)
        if why and len(self.told) < NAMED:
            self.told.append((number, why))

    def words(self) -> str:
        """`2 lines cannot be run; nothing was started`."""
        return f"{counted(self.broken, 'line')} cannot be run; nothing was started"


def check(
    lines: Iterable[Line | BadLine],
    target: Target,
    schema: Schema | None,
    common: StartRun,
    tell: Callable[[int], None] = lambda _: None,
) -> Checked:
    """Judge every line for runs of `target`. `tell` is called now and then with the number of lines so far."""
    checked = Checked()
    for count, each in enumerate(lines, 1):
        checked.add(each.number, str(each) if isinstance(each, BadLine) else complaint(each, target, schema, common))
        if count % TOLD_EVERY == 0:
            tell(count)
    return checked


def unfit(target: Target, common: StartRun) -> str:
    """What a batch of runs of `target` cannot have in common: `message`, `input` or `model`; "" where all is well."""
    if target.is_agent:
        return "message" if common.message else "input" if common.input or common.input_texts else ""
    return "model" if common.model else ""


def complaint(line: Line, target: Target, schema: Schema | None, common: StartRun) -> str:
    """What is wrong with a line; "" for nothing."""
    if target.is_agent:
        return complaint_of_message(line)
    if schema is None:
        return ""
    _, complaints = complete(schema, *line.after(common))
    return "; ".join(f"{place_of(each.path)}: {each.text}" for each in complaints)


def complaint_of_message(line: Line) -> str:
    """An agent gets a message, and nothing else."""
    others = [name for name in (*line.values, *line.texts) if name != MESSAGE]
    if others:
        return f"{others[0]}: is not for an agent, which gets a {MESSAGE}"
    message = message_of(line)
    if message is None:
        return f"{MESSAGE}: is required"
    return "" if isinstance(message, str) and message.strip() else f"{MESSAGE}: must be text"


def schema_of(backend: Backend, target: Target) -> Schema | None:
    """What a workflow, or that of an instance, declares its input by; None for nothing, and for agents."""
    from apps.backends.resource import Resource

    if target.is_agent:
        return None
    workflow_id = target.id
    if target.kind == "WorkflowInstance":
        workflow_id = Resource.of(backend.get(target.kind, resource_id=target.id)).message.spec.workflow_id
    annotations = Resource.of(backend.get("Workflow", resource_id=workflow_id)).message.metadata.annotations
    return read_schema(annotations[INPUT_SCHEMA]) if INPUT_SCHEMA in annotations else None


def place_of(path: tuple[str | int, ...]) -> str:
    """`who.ids[0]`."""
    place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")
    return place or json.dumps({})
