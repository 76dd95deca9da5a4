"""Task records as events of the run: what people see of it while it goes on.

The workflow tells every state of every task again whenever it is replayed; only what differs from what is stored,
and is not older, is written. The committer writes, so no workflow waits for it.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from itertools import chain
from typing import Final

from apps.resources.errors import LeaseLost
from apps.resources.executions.actions import Event, append
from apps.resources.executions.fold import timestamp
from apps.resources.executions.model import ExecutionEvent
from apps.resources.executions.recordable import NotRecordable, check_recordable
from apps.resources.registry import WORKFLOW_EXECUTION
from apps.workflows.interpreter.effects import TaskRecord, TaskStatus
from apps.workflows.values import Json
from apps.workflows.worker import ledger
from apps.workflows.worker.contracts import HttpInput, HttpReply
from apps.workflows.worker.group_commit import Committer
from apps.workflows.worker.ledger import OWNER

logger = logging.getLogger(__name__)

FLUSH_SECONDS: Final = 0.05
MOST_TASKS: Final = 2000
"""Records kept of one run; of what comes after them only the number is, and tasks outside loops."""
LONGEST_VALUE: Final = 16_000
"""Characters of one input or output, as JSON."""
MOST_CHARACTERS: Final = 4_000_000
"""Of all inputs and outputs of a run together: a status must fit into one message."""
UNRECORDED: Final = "~unrecorded"
"""Id of the record that says how many were left out; no path looks like it."""

_STATUS = "WORKFLOW_TASK_"
_RANKS = {f"{_STATUS}PENDING": 0, f"{_STATUS}IN_PROGRESS": 1}
_LAST_RANK = 2
_TYPES = {
    "AGENT_CALL": "AGENT_INVOCATION",
    "LISTEN": "APPROVAL",
    "HTTP_CALL": "API_CALL",
    "GRPC_CALL": "API_CALL",
    "SWITCH": "CONDITIONAL",
    "FORK": "PARALLEL",
    "SET": "TRANSFORM",
}


@dataclass
class _Stored:
    """What is stored of a run's tasks, as far as needed to judge what is new."""

    tasks: dict[str, dict[str, Json]] = field(default_factory=dict)
    left_out: int = 0
    characters: int = 0


class _Fresh:
    """What is to be stored next, on top of what is stored."""

    def __init__(self, stored: _Stored) -> None:
        self._before = stored
        self._tasks: list[dict[str, Json]] = []
        self.latest: dict[str, dict[str, Json]] = {}
        self.left_out, self.characters = stored.left_out, stored.characters

    def add(self, key: str, record: TaskRecord) -> None:
        """Take a record, unless it is older than what is known of its task, or says nothing new."""
        before = self.latest.get(key) or self._before.tasks.get(key)
        is_full = len(self._before.tasks) + len(self.latest) >= MOST_TASKS
        if before is None and is_full and "[" in record.path:
            self.left_out += 1
            return
        data = task_data(key, record)
        if before is not None and (_rank(before) > _rank(data) or _same(before, data)):
            return
        self._limit(data)
        self._tasks.append(data)
        self.latest[key] = data

    @property
    def events(self) -> list[Event]:
        events = [Event("task", data) for data in self._tasks]
        if self.left_out != self._before.left_out:
            events.append(Event("task", _unrecorded(self.left_out)))
        return events

    def become_stored(self) -> None:
        self._before.tasks.update(self.latest)
        self._before.left_out, self._before.characters = self.left_out, self.characters

    def _limit(self, data: dict[str, Json]) -> None:
        """Cut what is too long to be kept, or cannot be, with a note that says so."""
        for part in ("input", "output"):
            if part not in data:
                continue
            try:
                check_recordable(data[part])
            except NotRecordable as error:
                data[part] = {"truncated": f"not kept here: it {error}"}
                continue
            text = json.dumps(data[part], ensure_ascii=False)
            room = min(LONGEST_VALUE, MOST_CHARACTERS - self.characters)
            if len(text) > room:
                kept = max(0, min(room, 2000))
                note = f"{len(text):,} characters, not kept here"
                data[part] = {"truncated": note, **({"begin": text[:kept]} if kept else {})}
            self.characters += min(len(text), room) if room > 0 else 0


@dataclass
class _Batch:
    """What is written together. `written_at`: what the committer had undone by then; more, and it may be lost."""

    records: list[TaskRecord]
    replies: list[tuple[HttpInput, HttpReply]]
    written_at: int = -1


class Recorder:
    """The records of one run. Its workflow and the activities that work for it take note, the committer writes.

    `is_new`: nothing of the run is stored yet, so there is nothing to read first.
    """

    def __init__(self, execution_id: str, committer: Committer, *, is_new: bool = False) -> None:
        self.execution_id, self.committer = execution_id, committer
        self._pending: list[TaskRecord] = []
        self._places: dict[str, int] = {}
        """Of the last record of each task in what is pending."""
        self._replies: list[tuple[HttpInput, HttpReply]] = []
        self._on_the_way: list[_Batch] = []
        self._is_ending = False
        self._lock = threading.Lock()
        self._flushed_at = time.monotonic()
        self._cache: tuple[int, _Stored] | None = (committer.undone, _Stored()) if is_new else None

    def note(self, record: TaskRecord) -> None:
        """Take note; written at the next flush. Of several states of one task in between, the last counts.

        Both its begin and its end do when other tasks ran in between: those inside it.
        """
        key = task_id(record)
        with self._lock:
            place = self._places.get(key)
            if place is None or (_has_begun(self._pending[place]) and place != len(self._pending) - 1):
                self._places[key] = len(self._pending)
                self._pending.append(record)
            else:
                self._pending[place] = record

    def keep(self, request: HttpInput, reply: HttpReply) -> None:
        """Keep the answer to a request that only reads, with the next records: a repeat of the run finds it.

        Called by the thread that got it, before the run goes on.
        """
        with self._lock:
            self._replies.append((request, reply))

    @property
    def is_due(self) -> bool:
        return bool(self._pending) and time.monotonic() - self._flushed_at >= FLUSH_SECONDS

    def flush(self) -> None:
        """Have everything noted so far written, soon."""
        self._flushed_at = time.monotonic()
        if self._pending:
            self.committer.submit_later(self.take())

    def take(self) -> Callable[[], None]:
        """What writes everything noted so far, to be done in the committer."""
        with self._lock:
            records, self._pending, self._places = self._pending, [], {}
            replies, self._replies = self._replies, []
            batch = _Batch(records, replies)
            kept = [each for each in self._on_the_way if each.written_at != self.committer.undone]
            self._on_the_way = [*kept, batch]
        return lambda: self._write(batch)

    def end(self) -> None:
        """The run is about to end: what is on its way is told with the end."""
        self._is_ending = True

    def last_events(self) -> list[Event]:
        """Within the run's last transaction: what is still to be told, and the end of every task that had none."""
        stored = self._stored()
        told = chain.from_iterable(batch.records for batch in self._on_the_way)
        fresh = _judged([*told, *self._pending], stored)
        return [*fresh.events, *closing_events((stored.tasks | fresh.latest).values())]

    def _stored(self) -> _Stored:
        """What is stored, transactions under way included; read again when one was undone."""
        if self._cache is None or self._cache[0] != self.committer.undone:
            self._cache = (self.committer.undone, stored_tasks(self.execution_id))
        return self._cache[1]

    def _write(self, batch: _Batch) -> None:
        if self._is_ending:
            return
        fresh = _judged(batch.records, self._stored())
        events = fresh.events
        batch.written_at = self.committer.undone
        if not (events or batch.replies):
            return
        try:
            append(WORKFLOW_EXECUTION, self.execution_id, OWNER, events)
        except LeaseLost:
            logger.debug("execution %s: has ended, its records stay as they are", self.execution_id)
            return
        for request, reply in batch.replies:
            ledger.end(self.execution_id, request.path, request.attempt, asdict(reply))
        fresh.become_stored()


def _judged(records: Iterable[TaskRecord], stored: _Stored) -> _Fresh:
    """What is to be written of `records`."""
    fresh = _Fresh(stored)
    for record in records:
        fresh.add(task_id(record), record)
    return fresh


def task_id(record: TaskRecord) -> str:
    """Unique within the run. No path ends so: `~` is written otherwise in names."""
    return record.path if record.attempt == 1 else f"{record.path}~attempt{record.attempt}"


def task_data(key: str, record: TaskRecord) -> dict[str, Json]:
    """A WorkflowTask of the contract as JSON, without what it leaves empty."""
    error = record.error or {}
    data: dict[str, Json] = {
        "task_id": key,
        "task_name": record.name,
        "task_type": f"{_STATUS}{_TYPES.get(record.kind, 'CUSTOM')}",
        "status": f"{_STATUS}{record.status}",
        "input": as_object(record.input),
        "output": as_object(record.output),
        "started_at": _time(record.started_at),
        "completed_at": _time(record.ended_at),
        "error": str(error.get("detail", "")),
        "metadata": {"kind": record.kind, "path": record.path, "attempt": record.attempt},
    }
    if error.get("type"):
        data["metadata"] |= {"error_type": error["type"], "error_status": error.get("status")}
    if isinstance(record.output, dict) and record.kind == "AGENT_CALL" and "agent_execution_id" in record.output:
        data["metadata"]["agent_execution_id"] = record.output["agent_execution_id"]
    return {name: value for name, value in data.items() if value not in (None, "")}


def as_object(value: Json) -> dict[str, Json] | None:
    """`value` for a Struct: an object as it is, nothing for null, anything else as its `value`."""
    if value is None or isinstance(value, dict):
        return value
    return {"value": value}


def stored_tasks(execution_id: str) -> _Stored:
    """What is stored of a run's tasks now."""
    stored = _Stored()
    events = ExecutionEvent.objects.filter(execution_id=execution_id, type="task").order_by("id")
    for data in events.values_list("data", flat=True):
        stored.tasks[data["task_id"]] = data
        stored.characters += len(json.dumps([data.get("input"), data.get("output")]))
    stored.left_out = int(stored.tasks.pop(UNRECORDED, {}).get("metadata", {}).get("left_out", 0))
    return stored


def closing_events(tasks: Iterable[dict[str, Json]]) -> list[Event]:
    """The ends of those `tasks` that have none when their run ends: skipped, or failed with it."""
    now = timestamp(datetime.now(UTC))
    events = []
    for data in tasks:
        if _rank(data) == 0:
            events.append(Event("task", data | {"status": f"{_STATUS}SKIPPED"}))
        elif _rank(data) < _LAST_RANK:
            ended = {"status": f"{_STATUS}FAILED", "error": "the run ended", "completed_at": now}
            events.append(Event("task", data | ended))
    return events


def _has_begun(record: TaskRecord) -> bool:
    return record.status is not TaskStatus.PENDING


def _rank(data: dict[str, Json]) -> int:
    return _RANKS.get(data["status"], _LAST_RANK)


def _same(before: dict[str, Json], data: dict[str, Json]) -> bool:
    """Whether nothing is new. What was cut when it was stored counts as the same."""
    if before == data:
        return True
    names = (before.keys() | data.keys()) - {"input", "output"}
    return any("truncated" in (before.get(part) or {}) for part in ("input", "output")) and all(
        before.get(name) == data.get(name) for name in names
    )


def _unrecorded(count: int) -> dict[str, Json]:
    note = f"{count:,} further states of tasks inside loops were not kept"
    return {
        "task_id": UNRECORDED,
        "task_name": note,
        "task_type": f"{_STATUS}CUSTOM",
        "status": f"{_STATUS}COMPLETED",
        "metadata": {"left_out": count, "note": note},
    }


def _time(seconds: float | None) -> str:
    return "" if seconds is None else timestamp(datetime.fromtimestamp(seconds, UTC))
