"""What a workflow's tasks name: agents that they ask, workflows that they run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from apps.resources.json_value import Json
from apps.resources.kind import ReferenceField, SpecReference

AGENT: Final = ReferenceField("task_config", "Agent", slug_field="agent", may_be_missing=True)
WORKFLOW: Final = ReferenceField("task_config", "Workflow", slug_field="workflow", may_be_missing=True)
"""Both of tasks, which stand at any depth."""
NAMED_BY: Final = {"AGENT_CALL": AGENT, "RUN": WORKFLOW}
"""By kind of task."""
PREFIX: Final = "WORKFLOW_TASK_KIND_"
SLUG: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
"""Anything else is found out when it runs: an expression, or a mistake."""
SCOPES: Final = ("unspecified", "platform", "organization", "identity_account")
"""By the contract's enum numbers."""


def mentions(value: Json, path: str = "spec") -> Iterator[SpecReference]:
    """Every name that stands in a task, wherever that is: tasks are inside of others."""
    if isinstance(value, list):
        for index, each in enumerate(value):
            yield from mentions(each, f"{path}[{index}]")
    elif isinstance(value, dict):
        yield from _named_by(value, path)
        for name, inner in value.items():
            yield from mentions(inner, f"{path}.{name}")


def _named_by(task: dict[str, Json], path: str) -> Iterator[SpecReference]:
    kind = task.get("kind")
    field = NAMED_BY.get(kind.removeprefix(PREFIX)) if isinstance(kind, str) else None
    where = "task_config" if "task_config" in task else "taskConfig"
    config = task.get(where)
    if field is None or not isinstance(config, dict):
        return
    slug = config.get(field.slug_field)
    if isinstance(slug, str) and SLUG.fullmatch(slug):
        value = {field.slug_field: slug, "scope": _scope(config.get("scope"))}
        yield SpecReference(field, f"{path}.{where}.{field.slug_field}", value)


def _scope(written: Json) -> str:
    if isinstance(written, int | float) and not isinstance(written, bool) and written in range(len(SCOPES)):
        return SCOPES[int(written)]
    return written if written in SCOPES else SCOPES[0]
