"""What a task kind consists of."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from apps.workflows.dataflow.base import Done
from apps.workflows.definition import Config, Task
from apps.workflows.reading import Reader
from apps.workflows.steps.context import TaskContext

ParseTasks: TypeAlias = Callable[[Reader], tuple[Task, ...]]
"""Parses a nested list of tasks."""


@dataclass(frozen=True)
class Step:
    """One kind of task: how its task_config reads, and how it runs."""

    parse: Callable[[Reader, ParseTasks], Config]
    run: Callable[[TaskContext, Any], Awaitable[Done]] | None = None
    """Takes the config that `parse` made. None for a kind that is understood but cannot be run yet."""
    waits: bool = False
    """Whether it may wait for something outside for long, which Temporal has to hear of at once."""
    shown_as: str = "CUSTOM"
    """What the contract's WorkflowTaskType calls it, for those who show the task."""
