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
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from itertools import chain
from typing import Any, Final

from apps.resources.caller import SYSTEM
from apps.resources.executions.actions import append
from apps.resources.executions.event_base import Data, Event, timestamp
from apps.resources.executions.events import TaskChanged
from apps.resources.executions.queries import recorded_events
from apps.resources.executions.recordable import (
    NotRecordable,
    check_recordable,
    may_be_too_deep,
    recordable,
    recordable_text,
)
from apps.resources.executions.unfinished import ends_of_tasks
from apps.resources.registry import WORKFLOW_EXECUTION
from apps.resources.run_errors import LeaseLost
from apps.shared.masking import Masker
from apps.workflows.effects.base import Call, Reply
from apps.workflows.interpreter.driver import TaskRecord, TaskStatus
from apps.workflows.steps import TABLE
from apps.workflows.values import Json
from apps.workflows.worker import ledger
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

_RANKS = {"PENDING": 0, "IN_PROGRESS": 1}
_LAST_RANK = 2


@dataclass
class _Stored:
    """What is stored of a run's tasks, as far as needed to judge what is new."""

    tasks: dict[str, TaskChanged] = field(default_factory=dict)
    left_out: int = 0
    characters: int = 0


class _Fresh:
    """What is to be stored next, on top of what is stored."""

    def __init__(self, stored: _Stored, masker: Masker) -> None:
        self._before, self._masker = stored, masker
        self._tasks: list[TaskChanged] = []
        self.latest: dict[str, TaskChanged] = {}
        self.left_out, self.characters = stored.left_out, stored.characters

    def add(self, key: str, record: TaskRecord) -> None:
        """Take a record, unless it is older than what is known of its task, or says nothing new."""
        before = self.latest.get(key) or self._before.tasks.get(key)
        is_full = len(self._before.tasks) + len(self.latest) >= MOST_TASKS
        if before is None and is_full and "[" in record.path:
            self.left_out += 1
            return
        task = task_changed(key, record).masked(self._masker)  # first: what is stored of it was masked
        if before is not None and (_rank(before) > _rank(task) or _same(before, task)):
            return
        self.latest[key] = self._limited(task)
        self._tasks.append(self.latest[key])

    @property
    def events(self) -> list[Event]:
        is_told = self.left_out == self._before.left_out
        return [*self._tasks] if is_told else [*self._tasks, _unrecorded(self.left_out)]

    def become_stored(self) -> None:
        self._before.tasks.update(self.latest)
        self._before.left_out, self._before.characters = self.left_out, self.characters

    def _limited(self, task: TaskChanged) -> TaskChanged:
        """What is too long to be kept, or cannot be, is cut, with a note that says so."""
        if self._has_room(task):
            return task
        return replace(task, input=self._kept(task.input), output=self._kept(task.output))

    def _has_room(self, task: TaskChanged) -> bool:
        """Whether input and output can be kept as they are. Nearly all can, which is asked once for both."""
        if task.input is None and task.output is None:
            return True
        try:
            text = json.dumps([task.input, task.output], ensure_ascii=False)
        except RecursionError:
            return False
        if len(text) > min(LONGEST_VALUE, MOST_CHARACTERS - self.characters) or may_be_too_deep(text):
            return False
        self.characters += len(text)
        return True

    def _kept(self, value: Data | None) -> Data | None:
        """The value itself, or the note that stands for it."""
        if value is None:
            return None
        try:
            check_recordable(value)
        except NotRecordable as error:
            return {"truncated": f"not kept here: it {error}"}
        text = json.dumps(value, ensure_ascii=False)
        room = min(LONGEST_VALUE, MOST_CHARACTERS - self.characters)
        self.characters += min(len(text), room) if room > 0 else 0
        if len(text) <= room:
            return value
        begin = text[: max(0, min(room, 2000))]
        return {"truncated": f"{len(text):,} characters, not kept here", **({"begin": begin} if begin else {})}


@dataclass
class _Batch:
    """What is written together. `written_at`: what the committer had undone by then; more, and it may be lost."""

    records: list[TaskRecord]
    replies: list[tuple[Call[Any], Reply]]
    written_at: int = -1


class Recorder:
    """The records of one run. Its workflow and the activities that work for it take note, the committer writes.

    `is_new`: nothing of the run is stored yet, so there is nothing to read first. `masker` knows its secrets; it is
    asked for in the committer, where the database may be read.
    """

    def __init__(
        self, execution_id: str, committer: Committer, *, masker: Callable[[], Masker], is_new: bool = False
    ) -> None:
        self.execution_id, self.committer, self._masker = execution_id, committer, masker
        self._pending: dict[int, TaskRecord] = {}
        """By the place in which they are told."""
        self._last_place = 0
        self._places: dict[str, int] = {}
        """Of the last record of each task in what is pending."""
        self._replies: list[tuple[Call[Any], Reply]] = []
        self._on_the_way: list[_Batch] = []
        self._is_ending = False
        self._lock = threading.Lock()
        self._flushed_at = time.monotonic()
        self._cache: tuple[int, _Stored] | None = (committer.undone, _Stored()) if is_new else None

    def note(self, record: TaskRecord) -> None:
        """Take note; written at the next flush. Of several states of one task in between, the last counts.

        Both its begin and its end do when other tasks ran in between: those inside it. It is told where it began, not
        where it was planned: tasks are shown in the order in which they ran.
        """
        key = task_id(record)
        with self._lock:
            place = self._places.get(key, 0)
            before = self._pending.get(place)
            if before is not None and not _has_begun(before) and _has_begun(record):
                del self._pending[place]
                before = None
            if before is None or (_has_begun(before) and place != self._last_place):
                self._last_place += 1
                place = self._places[key] = self._last_place
            self._pending[place] = record

    def keep(self, call: Call[Any], reply: Reply) -> None:
        """Keep the answer to a call that only reads, with the next records: a repeat of the run finds it.

        Called by the thread that got it, before the run goes on.
        """
        with self._lock:
            self._replies.append((call, reply))

    def is_due(self, seconds: float = FLUSH_SECONDS) -> bool:
        return bool(self._pending) and time.monotonic() - self._flushed_at >= seconds

    def flush(self) -> None:
        """Have everything noted so far written, soon."""
        self._flushed_at = time.monotonic()
        if self._pending:
            self.committer.submit_later(self.take())

    def take(self) -> Callable[[], None]:
        """What writes everything noted so far, to be done in the committer."""
        with self._lock:
            records, self._pending, self._places = [*self._pending.values()], {}, {}
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
        fresh = _judged([*told, *self._pending.values()], stored, self._masker())
        return [*fresh.events, *ends_of_tasks((stored.tasks | fresh.latest).values())]

    def keep_last_replies(self) -> None:
        """Within the run's last transaction, of a run that can be retried: what was not kept before it."""
        for call, reply in [*chain.from_iterable(batch.replies for batch in self._on_the_way), *self._replies]:
            ledger.keep(self.execution_id, call.path, call.attempt, asdict(reply))

    def _stored(self) -> _Stored:
        """What is stored, transactions under way included; read again when one was undone."""
        if self._cache is None or self._cache[0] != self.committer.undone:
            self._cache = (self.committer.undone, stored_tasks(self.execution_id))
        return self._cache[1]

    def _write(self, batch: _Batch) -> None:
        if self._is_ending:
            return
        fresh = _judged(batch.records, self._stored(), self._masker())
        events = fresh.events
        batch.written_at = self.committer.undone
        if not (events or batch.replies):
            return
        try:
            append(WORKFLOW_EXECUTION, self.execution_id, OWNER, events)
        except LeaseLost:
            logger.debug("execution %s: has ended, its records stay as they are", self.execution_id)
            return
        for call, reply in batch.replies:
            ledger.keep(self.execution_id, call.path, call.attempt, asdict(reply))
        fresh.become_stored()


def _judged(records: Iterable[TaskRecord], stored: _Stored, masker: Masker) -> _Fresh:
    """What is to be written of `records`."""
    fresh = _Fresh(stored, masker)
    for record in records:
        fresh.add(task_id(record), record)
    return fresh


def task_id(record: TaskRecord) -> str:
    """Unique within the run. No path ends so: `~` is written otherwise in names."""
    return record.path if record.attempt == 1 else f"{record.path}~attempt{record.attempt}"


def task_changed(key: str, record: TaskRecord) -> TaskChanged:
    """A record as an event of its run."""
    error = record.error or {}
    metadata: Data = {"kind": record.kind, "path": record.path, "attempt": record.attempt}
    if error.get("type"):
        metadata |= {"error_type": error["type"], "error_status": error.get("status")}
    if isinstance(record.output, dict) and record.kind == "AGENT_CALL" and "agent_execution_id" in record.output:
        metadata["agent_execution_id"] = record.output["agent_execution_id"]
    metadata |= record.links
    given, yielded, metadata = recordable([record.input, record.output, metadata])
    return TaskChanged(
        id=key,
        name=record.name,
        task_type=TABLE[record.kind].shown_as,
        status=record.status,
        input=as_object(given),
        output=as_object(yielded),
        started_at=_time(record.started_at),
        completed_at=_time(record.ended_at),
        error=recordable_text(str(error.get("detail", ""))),
        metadata=metadata,
    )


def as_object(value: Json) -> Data | None:
    """`value` for a Struct: an object as it is, nothing for null, anything else as its `value`."""
    if value is None or isinstance(value, dict):
        return value
    return {"value": value}


def stored_tasks(execution_id: str) -> _Stored:
    """What is stored of a run's tasks now."""
    stored = _Stored()
    events = recorded_events(WORKFLOW_EXECUTION, execution_id, SYSTEM).filter(type=TaskChanged.type)
    for task in map(TaskChanged.from_data, events.values_list("data", flat=True)):
        stored.tasks[task.id] = task
        stored.characters += len(json.dumps([task.input, task.output]))
    unrecorded = stored.tasks.pop(UNRECORDED, None)
    stored.left_out = int(unrecorded.metadata["left_out"]) if unrecorded else 0
    return stored


def _has_begun(record: TaskRecord) -> bool:
    return record.status not in (TaskStatus.PENDING, TaskStatus.SKIPPED)


def _rank(task: TaskChanged) -> int:
    return _RANKS.get(task.status, _LAST_RANK)


def _same(before: TaskChanged, task: TaskChanged) -> bool:
    """Whether nothing is new. What was cut when it was stored counts as the same."""
    if before == task:
        return True
    is_cut = any("truncated" in (value or {}) for value in (before.input, before.output))
    return is_cut and replace(before, input=None, output=None) == replace(task, input=None, output=None)


def _unrecorded(count: int) -> TaskChanged:
    note = f"{count:,} further states of tasks inside loops were not kept"
    return TaskChanged(
        id=UNRECORDED,
        name=note,
        task_type="CUSTOM",
        status=TaskStatus.COMPLETED,
        metadata={"left_out": count, "note": note},
    )


def _time(seconds: float | None) -> str:
    return "" if seconds is None else timestamp(datetime.fromtimestamp(seconds, UTC))
