"""All lines of a batch are judged before the first run is started."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from apps.shared.annotations import INPUT_SCHEMA
from apps.shared.input_schema import complete, read_schema
from cli.batches.lines import MESSAGE, BadLine, Line, read_lines, split
from cli.errors import CliError
from cli.exits import Exit

if TYPE_CHECKING:
    from pathlib import Path

    from apps.backends.base import Backend
    from apps.backends.targets import Target
    from cli.runs.run_input import Input
    from cli.runs.screen import Screen

NAMED = 20
"""Broken lines that are told; the rest is counted."""
TOLD_EVERY = 500
Schema = dict[str, Any]


def check(path: Path, target: Target, schema: Schema | None, common: dict[str, Input], screen: Screen) -> int:
    """How many runs the file is for, at least one. Raises a CliError that names the broken lines."""
    good, broken, told = 0, 0, list[str]()
    for each in read_lines(path):
        why = str(each) if isinstance(each, BadLine) else complaint(each, target, schema, common)
        if why:
            broken += 1
            if len(told) < NAMED:
                told.append(f"line {each.number}: {why}")
        else:
            good += 1
        if (good + broken) % TOLD_EVERY == 0:
            screen.moving(f"checking {path.name}: {good + broken:,} lines")
    screen.still()
    if broken:
        more = [f"... and {broken - len(told):,} more"] if broken > len(told) else []
        lines = "1 line" if broken == 1 else f"{broken:,} lines"
        raise CliError(f"{path}: {lines} cannot be run; nothing was started", details=[*told, *more], exit=Exit.MISUSE)
    if not good:
        raise CliError(f"{path} has no lines to run", exit=Exit.MISUSE)
    return good


def complaint(line: Line, target: Target, schema: Schema | None, common: dict[str, Input]) -> str:
    """What is wrong with a line; "" for nothing."""
    if target.is_agent:
        return complaint_of_message(line)
    if schema is None:
        return ""
    _, complaints = complete(schema, *split(line, common))
    return "; ".join(f"{place_of(each.path)}: {each.text}" for each in complaints)


def complaint_of_message(line: Line) -> str:
    """An agent gets a message, and nothing else."""
    others = [name for name in line.inputs if name != MESSAGE]
    if others:
        return f"{others[0]}: is not for an agent, which gets a {MESSAGE}"
    message = line.inputs.get(MESSAGE)
    if message is None:
        return f"{MESSAGE}: is required"
    return "" if isinstance(message.value, str) and message.value.strip() else f"{MESSAGE}: must be text"


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
