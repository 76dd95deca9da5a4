"""What a task kind consists of."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from apps.workflows.definition import Config, Task
from apps.workflows.reading import Reader
from apps.workflows.values import Json

if TYPE_CHECKING:
    from apps.workflows.interpreter.task_context import ActiveTask

ParseTasks: TypeAlias = Callable[[Reader], tuple[Task, ...]]
"""Parses a nested list of tasks."""


@dataclass(frozen=True)
class Done:
    """How a task ended well."""

    output: Json = None
    then: str = ""
    """Where to go, when the task itself decides."""
    keeps_data: bool = False
    """The task only steers: `output` is for the record, the run's data stays as it was."""


@dataclass(frozen=True)
class Step:
    """One kind of task: how its task_config reads, and how it runs."""

    parse: Callable[[Reader, ParseTasks], Config]
    run: Callable[[ActiveTask, Any], Awaitable[Done]] | None = None
    """Takes the config that `parse` made. None for a kind that is understood but cannot be run yet."""
    sets_bag: bool = False
    """The task puts its output into the bag itself, key by key; a key that is the task's own name stays."""
