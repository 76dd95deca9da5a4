"""What the workflows and activities of this process share. Temporal makes the objects that run, so this is global."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

from django.db import OperationalError

from apps.resources.executions.model import Phase
from apps.resources.run_errors import SecretUnreadable
from apps.shared.masking import NOTHING_SECRET, Masker
from apps.shared.reach import Reach
from apps.workflows.effects.base import Call
from apps.workflows.expressions import Evaluator, JqProcess
from apps.workflows.secrets import RunSecrets
from apps.workflows.worker import plans
from apps.workflows.worker.contracts import RunEnd, RunPlan
from apps.workflows.worker.ending import give_up, store_end
from apps.workflows.worker.group_commit import Committer
from apps.workflows.worker.records import Recorder

OVERDUE_SECONDS = 1.0
"""Unwritten for so long, what a run noted waits for a task that may come late, or never."""
PATIENT_SECONDS = 6.0
"""Below the ten that Temporal gives a workflow task."""


_Step: TypeAlias = tuple[str, int]
"""A call's path and attempt."""


class NotStored(BaseException):
    """The end of a run could not be stored. No Exception: Temporal shall try the task again, not fail the run."""


class Calls:
    """Calls under way, by run: cancelling a run cuts them, which Temporal itself would only do seconds later.

    So does the end of a branch, for those of its calls that nobody waits for any more.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._abort: defaultdict[str, set[tuple[_Step, Callable[[], None]]]] = defaultdict(set)
        self._cut: defaultdict[str, set[_Step]] = defaultdict(set)

    @contextmanager
    def under_way(self, call: Call[Any], abort: Callable[[], None]) -> Iterator[None]:
        execution_id, entry = call.execution_id, (_step(call), abort)
        with self._lock:
            self._abort[execution_id].add(entry)
            is_cut = _step(call) in self._cut.get(execution_id, ())
        try:
            if is_cut:
                abort()
            yield
        finally:
            with self._lock:
                self._abort[execution_id].discard(entry)
                if not self._abort[execution_id]:
                    del self._abort[execution_id]

    def abort(self, execution_id: str) -> None:
        """Cut every call of a run that is under way."""
        with self._lock:
            aborts = [abort for _, abort in self._abort.get(execution_id, ())]
        for abort in aborts:
            abort()

    def cut(self, call: Call[Any]) -> None:
        """Cut one call, under way or about to be."""
        with self._lock:
            self._cut[call.execution_id].add(_step(call))
            under_way = self._abort.get(call.execution_id, ())
            aborts = [abort for step, abort in under_way if step == _step(call)]
        for abort in aborts:
            abort()

    def is_cut(self, call: Call[Any]) -> bool:
        """Whether nobody waits for it any more."""
        with self._lock:
            return _step(call) in self._cut.get(call.execution_id, ())

    def forget(self, execution_id: str) -> None:
        with self._lock:
            self._cut.pop(execution_id, None)


def _step(call: Call[Any]) -> _Step:
    return call.path, call.attempt


@dataclass
class Host:
    committer: Committer
    data_dir: Path
    reach: Reach | None = None
    """What addresses that runs name may lead to; None for anywhere."""
    calls: Calls = field(default_factory=Calls)
    cancelling: set[str] = field(default_factory=set)
    """Runs whose cancellation Temporal has been told of."""
    pause_turns: dict[str, int] = field(default_factory=dict)
    """Of runs that were paused: what their workflows have to know before Temporal tells them."""
    recorders: dict[str, Recorder] = field(default_factory=dict)
    fresh: set[str] = field(default_factory=set)
    """Runs that began in this process and were not replayed: no step of theirs can have been begun before."""
    secrets: dict[str, RunSecrets] = field(default_factory=dict, repr=False)
    _local: threading.local = field(default_factory=threading.local)

    def forget(self, execution_id: str) -> None:
        """Nothing more will be done for this run here."""
        self.recorders.pop(execution_id, None)
        self.secrets.pop(execution_id, None)
        self.cancelling.discard(execution_id)
        self.pause_turns.pop(execution_id, None)
        self.fresh.discard(execution_id)
        self.calls.forget(execution_id)

    def flush_overdue(self) -> None:
        """Have written what runs noted before all of their branches began to wait."""
        for recorder in [*self.recorders.values()]:
            if recorder.is_due(OVERDUE_SECONDS):
                recorder.flush()

    def expect(self, plan: RunPlan) -> None:
        """A run is about to begin here."""
        if plan.kept is None:
            self.fresh.add(plan.execution_id)
        if not plan.secret_names:
            self.secrets[plan.execution_id] = RunSecrets()  # so that its first step need not look

    def secrets_of(self, execution_id: str) -> RunSecrets:
        """What opens and closes the secrets of a run. Raises SecretUnreadable."""
        if execution_id not in self.secrets:
            self.secrets[execution_id] = plans.secrets_of(execution_id)
        return self.secrets[execution_id]

    def masker_of(self, execution_id: str) -> Masker:
        """What keeps its secrets out of its records. What cannot be read cannot be in them."""
        try:
            return self.secrets_of(execution_id).masker
        except SecretUnreadable:
            return NOTHING_SECRET

    def recorder(self, execution_id: str) -> Recorder:
        """A recorder for a workflow that starts here, or is replayed here."""
        if execution_id in self.recorders:
            self.fresh.discard(execution_id)
        is_new = execution_id in self.fresh
        masker = partial(self.masker_of, execution_id)
        recorder = self.recorders[execution_id] = Recorder(execution_id, self.committer, is_new=is_new, masker=masker)
        return recorder

    def end(self, end: RunEnd) -> None:
        """Store how a run ended, and wait for it: what Temporal knows of the end is known here before.

        Raises NotStored.
        """
        recorder = self.recorders.get(end.execution_id)
        if recorder:
            recorder.end()
        try:
            self.committer.call(lambda: store_end(end, recorder, masker=self.masker_of(end.execution_id)))
        except Exception as error:
            self._end_without(end, error)
        self.forget(end.execution_id)

    def _end_without(self, end: RunEnd, error: Exception) -> None:
        """End a run whose end cannot be stored as it was. Raises NotStored when it is the database that fails."""
        if isinstance(error, OperationalError):  # once the worker stops: what is busy or full is waited for
            raise NotStored(end.execution_id) from error
        sentence = f"its end could not be stored ({type(error).__name__})"
        try:
            self.committer.call(lambda: give_up(end.execution_id, Phase.FAILED, sentence))
        except Exception as failure:
            raise NotStored(end.execution_id) from failure

    @property
    def evaluators(self) -> tuple[Evaluator, Evaluator]:
        """jq for the calling thread, and a patient one for replays; they start at their first use.

        One for each thread: a program that takes its whole second holds up no other run.
        """
        if not hasattr(self._local, "evaluators"):
            self._local.evaluators = (JqProcess(), JqProcess(seconds=PATIENT_SECONDS))
        evaluators: tuple[Evaluator, Evaluator] = self._local.evaluators
        return evaluators


_hosts: list[Host] = []


def set_host(host: Host | None) -> None:
    """Called once by whoever composes the process; None takes it back."""
    _hosts[:] = [host] if host else []


def current_host() -> Host | None:
    """None where workflows are only replayed: nothing is written then."""
    return _hosts[0] if _hosts else None
