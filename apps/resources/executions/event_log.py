"""The events of runs as rows: appended with their numbers, and read from a number on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from apps.resources.executions.model import ExecutionEvent
from apps.resources.storage.statements import fetch_after, insert_numbered, largest

NUMBERED = ("execution_id", "number")


def insert_events(rows: Iterable[Mapping[str, Any]]) -> None:  # Any: what columns hold
    """Add events that are given as the values of their columns, `number` left out, each as the next of its run.

    The rows of these runs must be locked, or not be there yet: so nobody else numbers their events meanwhile, and
    who sees an event sees those before it.
    """
    insert_numbered(ExecutionEvent, NUMBERED, rows)


def events_after(execution_id: str, number: int) -> list[ExecutionEvent]:
    """The events of a run that come after that one, in order."""
    return fetch_after(ExecutionEvent, NUMBERED, {execution_id: number})


def events_after_each(numbers: Mapping[str, int]) -> list[ExecutionEvent]:
    """The events of runs that come after the one with the number given for each; those of one run in order."""
    return fetch_after(ExecutionEvent, NUMBERED, numbers)


def last_number(execution_id: str) -> int:
    """The number of the last event of a run; 0 before the first."""
    return largest(ExecutionEvent, NUMBERED, execution_id)
