"""Between the rows of runs and Temporal: starts what is pending, cancels, keeps leases, and mends what fell apart.

The row is the truth. One pass at a time; each may be repeated at any moment.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from django.db.models import Q, QuerySet
from django.utils import timezone
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError

from apps.resources.caller import SYSTEM
from apps.resources.executions import actions, pausing, signals
from apps.resources.executions.model import Phase
from apps.resources.executions.queries import cancel_reason_of, cancel_text, held_runs, is_to_cancel
from apps.resources.kinds.workflow_execution.model import WorkflowExecution
from apps.resources.registry import WORKFLOW_EXECUTION
from apps.resources.run_errors import EngineUnavailable
from apps.resources.storage.lookup import chunks, visible
from apps.resources.storage.statements import fetch_all
from apps.workflows.worker import payloads, plans
from apps.workflows.worker.contracts import PAUSE, SIGNALLED, RunPlan
from apps.workflows.worker.ending import give_up
from apps.workflows.worker.ledger import OWNER
from apps.workflows.worker.own_workflows import OwnWorkflows
from apps.workflows.worker.process_state import Host
from apps.workflows.worker.shared_queue import SharedQueue
from apps.workflows.worker.threads import in_thread

logger = logging.getLogger(__name__)

LOOK_EVERY_SECONDS = 2.0
SWEEP_EVERY_SECONDS = 5.0
STARTS_AT_ONCE = 16
STUCK_EVERY_SECONDS = 30.0
STUCK_AFTER_SECONDS = 45.0
CANCEL_SECONDS = 30.0
"""From the wish that a run ends until it does without its workflow, which is told at once and mostly ends at once."""
MOST_ATTEMPTS = 5
"""Of one workflow task, before the run is given up: each is a whole time limit of Temporal's."""
NO_LONGER_THERE = "cancelled; the engine did not have the run"
STUCK = "the run computes too long between two tasks; simplify its expressions"
NOT_OURS = "Temporal has a workflow of somebody else under the id of this run"

_COUNTS = ("pause_turn", "pause_turn_told", "signals", "signals_told")
Answer = TypeVar("Answer")


class Starter:
    def __init__(self, workflows: OwnWorkflows, shared_queue: SharedQueue, host: Host) -> None:
        self.workflows, self.shared_queue, self.host = workflows, shared_queue, host
        self._swept_at = self._looked_for_stuck_at = 0.0
        self._signalling: dict[str, int] = {}
        """Runs that are just being told of signals, with the number of the last there is."""
        self._told: dict[str, int] = {}
        """What such runs have heard of that their rows do not say yet."""
        self._tasks: set[asyncio.Task[None]] = set()

    async def look(self) -> None:
        """One pass: pending runs, runs to cancel, and now and then everything else."""
        while True:
            # One trip to the database for everything: it is on the way of each run that somebody waits for.
            work = await self._write(_claim_some)
            for execution_id in work.overdue:  # first, and whatever Temporal says: a run can always be cancelled
                await self._write(partial(_cancel_at_once, execution_id))
                self.host.calls.abort(execution_id)
            for plan in work.plans:
                self.host.expect(plan)
            await asyncio.gather(*(self._start_planned(plan) for plan in work.plans))
            for execution_id in work.to_cancel:
                await self._cancel(execution_id)
            for execution_id, turn in work.to_tell.items():
                await self._tell(execution_id, turn)
            self._told = {run: last for run, last in self._told.items() if run in work.to_signal}
            for execution_id, last in work.to_signal.items():
                self._signal(execution_id, last)
            if not work.has_more:
                break
        self.host.flush_overdue()
        if time.monotonic() - self._swept_at >= SWEEP_EVERY_SECONDS:
            await self._sweep()
            self._swept_at = time.monotonic()

    async def let_go(self) -> None:
        """Cut what is done here for runs that were ended, or deleted, without us; one pass, which a bell asks for."""
        in_hand = {*self.host.recorders}
        if not in_hand:
            return
        for execution_id in in_hand - await in_thread(lambda: _going_on(in_hand)):
            await self._end_orphan(execution_id)

    async def _start_planned(self, plan: RunPlan) -> None:
        """Hand a plan to Temporal. Done twice, it starts one workflow."""
        try:
            await self.workflows.start(plan)
        except WorkflowAlreadyStartedError:
            if await self.workflows.find(plan.execution_id):
                logger.info("execution %s: Temporal has it already", plan.execution_id)
            else:
                await self._give_up(plan.execution_id, Phase.FAILED, NOT_OURS)

    async def _cancel(self, execution_id: str) -> None:
        """Tell Temporal once that a run is to end, and cut what it waits for."""
        if execution_id in self.host.cancelling:
            return
        if not await self.workflows.cancel(execution_id):
            return  # not started yet, or lost: the sweep ends it
        self.host.cancelling.add(execution_id)
        self.host.calls.abort(execution_id)

    async def _tell(self, execution_id: str, turn: int) -> None:
        """Have a run begin nothing new, or go on. Told twice, it does as it was told."""
        self.host.pause_turns[execution_id] = turn
        if await self.workflows.signal(execution_id, PAUSE, turn):  # else: not started yet, or lost
            await self._write(lambda: pausing.told(_runs_under_way(), execution_id, turn))

    def _signal(self, execution_id: str, last: int) -> None:
        """Have a run look at what was sent to it, up to its signal `last`. Nobody waits until it has heard of it."""
        if self._told.get(execution_id) == last:
            return
        is_being_told = execution_id in self._signalling
        self._signalling[execution_id] = last
        if not is_being_told:
            task = asyncio.ensure_future(self._tell_of_signals(execution_id))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _tell_of_signals(self, execution_id: str) -> None:
        """By an update, which is quicker, or else by a signal, which Temporal keeps. Said again, it changes nothing."""
        told = 0
        try:
            while (last := self._signalling[execution_id]) > told:
                if not (
                    await self.workflows.update(execution_id, SIGNALLED, last)
                    or await self.workflows.signal(execution_id, SIGNALLED, last)
                ):
                    return  # not started yet, or lost
                told = self._told[execution_id] = last
                # What the run does now is not to wait for this to be written.
                self.host.committer.submit_later(partial(_note_told, execution_id, last))
        except (RPCError, EngineUnavailable) as error:
            logger.warning("execution %s: could not be told of its signals, trying again: %s", execution_id, error)
        finally:
            del self._signalling[execution_id]

    def stop(self) -> None:
        """Tell nobody anything more."""
        for task in self._tasks:
            task.cancel()

    async def _sweep(self) -> None:
        """Leases of the runs that Temporal works on; an end for those it does not."""
        held = await in_thread(_held)
        # First, and whatever Temporal says: while it is away, the runs are still ours and wait for it.
        await self._write(lambda: _renew(held))
        open_ids = await self.workflows.open_ids() | await self.shared_queue.look()
        for execution_id in open_ids - held:
            await self._end_orphan(execution_id)
        for execution_id in held - open_ids:
            await self._settle(execution_id)
        if time.monotonic() - self._looked_for_stuck_at >= STUCK_EVERY_SECONDS:
            self._looked_for_stuck_at = time.monotonic()
            for execution_id in await in_thread(_long_running):
                await self._end_if_stuck(execution_id)
        for execution_id in (self.host.recorders.keys() | self.host.secrets.keys()) - held:
            if not await in_thread(lambda execution_id=execution_id: _is_under_way(execution_id)):  # type: ignore[misc]
                self.host.forget(execution_id)
        await in_thread(lambda: _forget_files(self.host, held | open_ids))

    async def _settle(self, execution_id: str) -> None:
        """A run in progress that Temporal did not list: end it or start it again, unless it lives after all."""
        found = await self.workflows.find(execution_id)
        if found and found.is_running:
            return
        if found and found.status:
            reason = f"the engine closed the run ({found.status.name.lower()}) without its result"
            await self._give_up(execution_id, Phase.FAILED, reason)
            return
        if await in_thread(lambda: is_to_cancel(WORKFLOW_EXECUTION, execution_id)):
            await self._give_up(execution_id, Phase.CANCELLED, NO_LONGER_THERE)
            return
        plan = await in_thread(lambda: plans.planned(execution_id))
        if plan is None:
            return  # it has ended meanwhile
        # Temporal never got it, or lost it with its database: from the start, where no effect is repeated.
        logger.warning("execution %s: Temporal does not know it and gets it again", execution_id)
        self.host.fresh.discard(execution_id)
        await self._start_planned(replace(plan, is_again=True))

    async def _end_if_stuck(self, execution_id: str) -> None:
        """A workflow task that never ends in its time is tried for ever: nothing would reach the run any more."""
        found = await self.workflows.find(execution_id)
        if found and found.attempt >= MOST_ATTEMPTS:
            await self._give_up(execution_id, Phase.FAILED, STUCK)
            await self.workflows.terminate(execution_id, STUCK)

    async def _end_orphan(self, execution_id: str) -> None:
        """A workflow without a run in progress: its row was deleted, or ended without it."""
        if await in_thread(lambda: _is_under_way(execution_id)):
            return  # claimed since we looked
        self.host.calls.abort(execution_id)
        if await self.workflows.terminate(execution_id, "the run has ended or was deleted"):
            logger.warning("execution %s: ended or deleted, its workflow was stopped", execution_id)

    async def _give_up(self, execution_id: str, phase: Phase, error: str) -> None:
        await self._write(lambda: give_up(execution_id, phase, error))
        self.host.calls.abort(execution_id)

    async def _write(self, work: Callable[[], Answer]) -> Answer:
        return await asyncio.wrap_future(self.host.committer.submit(work))


@dataclass(frozen=True)
class _Work:
    plans: list[RunPlan]
    to_cancel: list[str]
    to_tell: dict[str, int]
    """Runs that are paused, or go on, and whose workflows do not know it, with their turns."""
    to_signal: dict[str, int]
    """Runs whose workflows do not know of all signals, with the number of the last."""
    overdue: list[str]
    """Runs that should have ended as cancelled for a while."""
    has_more: bool


def _claim_some() -> _Work:
    """Plans of runs that were pending and are ours now, oldest first, and the runs that are to be cancelled."""
    claimed = plans.claim(STARTS_AT_ONCE)
    found = fetch_all(_wishes)
    asked = {run: at for run, at, *_ in found if at is not None}
    go_on = [(run, counts) for run, at, *counts in found if at is None]
    to_tell = {run: turn for run, (turn, told, _, _) in go_on if turn != told}
    to_signal = {run: last for run, (_, _, last, told) in go_on if last != told}
    patience = timezone.now() - timedelta(seconds=CANCEL_SECONDS)
    overdue = [run for run, at in asked.items() if at < patience]
    to_cancel = [run for run in asked if run not in overdue]
    return _Work(claimed, to_cancel, to_tell, to_signal, overdue, has_more=len(claimed) == STARTS_AT_ONCE)


def _wishes() -> QuerySet[WorkflowExecution, Any]:  # Any: these columns
    wishes = Q(cancel_requested_at__isnull=False) | pausing.UNTOLD | signals.UNTOLD
    return _runs_under_way().filter(wishes).values_list("pk", "cancel_requested_at", *_COUNTS)


def _note_told(execution_id: str, last: int) -> None:
    signals.told(_runs_under_way(), execution_id, last)


def _cancel_at_once(execution_id: str) -> None:
    give_up(execution_id, Phase.CANCELLED, cancel_text(cancel_reason_of(WORKFLOW_EXECUTION, execution_id)))


def _held() -> set[str]:
    return set(_runs_under_way().values_list("pk", flat=True))


def _long_running() -> list[str]:
    since = timezone.now() - timedelta(seconds=STUCK_AFTER_SECONDS)
    return list(_runs_under_way().filter(started_at__lt=since).values_list("pk", flat=True))


def _going_on(execution_ids: set[str]) -> set[str]:
    """Those of these runs that are there and were not cancelled: of any other end their workflow knows itself."""
    going_on = visible(WORKFLOW_EXECUTION, SYSTEM).exclude(phase=Phase.CANCELLED)
    return {pk for some in chunks([*execution_ids]) for pk in going_on.filter(pk__in=some).values_list("pk", flat=True)}


def _is_under_way(execution_id: str) -> bool:
    return _runs_under_way().filter(pk=execution_id).exists()


def _runs_under_way() -> QuerySet[WorkflowExecution]:
    return held_runs(WORKFLOW_EXECUTION, OWNER)


def _renew(alive: set[str]) -> None:
    for execution_id in alive:
        actions.renew(WORKFLOW_EXECUTION, execution_id, OWNER, seconds=plans.LEASE_SECONDS)


def _forget_files(host: Host, needed: set[str]) -> None:
    """Files of histories that nobody will replay any more."""
    folder = blob_folder(host)
    for run in folder.iterdir() if folder.is_dir() else ():
        if run.name not in needed and time.time() - run.stat().st_mtime > 60:  # noqa: PLR2004  # a minute: not one that starts now
            payloads.forget(folder, run.name)


def blob_folder(host: Host) -> Path:
    return host.data_dir / "blobs"
