"""The interpreter's driver under Temporal: deterministic, every command the same on replay."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any, NoReturn, TypeAlias, TypeVar

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, CancelledError
from temporalio.exceptions import TimeoutError as ActivityTimeout

from apps.workflows.calls import CallFailed
from apps.workflows.effects import AnyEffect, effect_of
from apps.workflows.effects.activity_call import ActivityReply
from apps.workflows.effects.base import (
    BROKEN,
    CANCELLED,
    TIMEOUT,
    WAITING,
    Act,
    Answer,
    Arrived,
    Call,
    Errand,
    Foreign,
    Wait,
)
from apps.workflows.errors import RunCancelled, RunStopped
from apps.workflows.expressions import Evaluator
from apps.workflows.interpreter.driver import TaskRecord
from apps.workflows.interpreter.suspension import Suspend
from apps.workflows.values import Json
from apps.workflows.worker import foreign
from apps.workflows.worker.contracts import CANCELLING, NOBODY, RUN_GONE, WAITS_ARE_LEFT, WINNERS_KEPT
from apps.workflows.worker.heard import Pause, Signals
from apps.workflows.worker.kept_course import KeptCourse
from apps.workflows.worker.records import Recorder

Result = TypeVar("Result")
AnyCall: TypeAlias = Call[Any]  # Any: of whichever effect

LOCAL_SECONDS = 60
"""A call that may take longer is an ordinary activity: a local one keeps a workflow task open."""
LOCAL_TIMEOUT = timedelta(seconds=30)
COST_OF_TASK, COST_OF_JQ, MOST_COST = 1, 20, 1000
"""A run that only computes lets Temporal in after so much: cancellation, other runs, its own ten-second limit."""
AGAIN = RetryPolicy(initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(seconds=5))
"""For what failed before anything happened: the ledger keeps a repeat from acting twice."""


class RunGone(RunStopped):
    """The run's row has ended or gone: there is nobody to work for."""


class CountingEvaluator:
    """An evaluator that counts what it is asked, which is the same on every replay.

    `patient` serves replays: what took less than its time limit then must not exceed it on a busier machine now.
    """

    def __init__(self, evaluator: Evaluator, patient: Evaluator) -> None:
        self.evaluator, self.patient, self.calls = evaluator, patient, 0

    def check(self, program: str) -> None:
        self.evaluator.check(program)

    def evaluate(self, program: str, document: str) -> Json:
        self.calls += 1
        chosen = self.patient if workflow.unsafe.is_replaying() else self.evaluator
        return chosen.evaluate(program, document)


class TemporalDriver:
    """Drives one run. `recorder` is None where a history is only replayed.

    `cut` ends a call in this process at once that nobody waits for any more: Temporal tells it seconds later.
    """

    def __init__(
        self,
        execution_id: str,
        recorder: Recorder | None,
        evaluator: CountingEvaluator,
        pause: Pause | None = None,
        *,
        signals: Signals | None = None,
        cut: Callable[[AnyCall], None] | None = None,
        course: KeptCourse | None = None,
        goes_again: bool = False,
    ) -> None:
        self.execution_id, self.recorder, self.evaluator = execution_id, recorder, evaluator
        self.pause, self.signals, self.cut = pause or Pause(), signals or Signals(), cut
        self.is_suspending = False
        self._course, self._goes_again = course, goes_again or course is not None
        self._cost = 0

    async def perform(self, call: Call[Answer]) -> Answer:
        effect, sent = effect_of(call), replace(call, execution_id=self.execution_id)
        try:
            reply: Answer = await self._done(effect, sent)
        except asyncio.CancelledError:
            must_be_in_memory()
            if self.cut and not workflow.unsafe.is_replaying():
                self.cut(sent)
            if isinstance(effect, Wait):
                await self._undo(effect.give_back_activity, sent)
            raise
        self.pause.hear(reply.pause_turn)
        if course := self._kept_course:
            course.pass_by(call.path) if reply.is_kept else course.end()
        if reply.reason:
            raise CallFailed(reply.reason, reply.detail)
        return reply

    async def _done(self, effect: AnyEffect, call: AnyCall) -> Any:  # Any: the effect's reply
        match effect:
            case Errand():
                return await self._errand(effect, call)
            case Wait():
                return await self._wait(effect, call)
            case Foreign():
                return await self._have_done(effect, call)
            case Act():
                return await self._act(effect, call)

    async def _have_done(self, effect: Foreign[Any, ActivityReply], call: Any) -> ActivityReply:  # Any: an ActivityCall
        """By another's worker, once: what it is given and answers crosses unsealed."""
        noted = await self._local(effect.activity, effect.reply, call)
        if noted.reason != WAITING:
            return noted
        if course := self._kept_course:
            course.end()
        self.flush()
        reply = await foreign.ask(call)
        return await self._local(effect.keep_activity, effect.reply, call, reply)

    async def _local(self, activity: str, result: type[Result], *arguments: Any) -> Result:  # Any: calls and replies
        return await _answer(
            workflow.execute_local_activity(
                activity,
                args=arguments,
                result_type=result,
                start_to_close_timeout=LOCAL_TIMEOUT,
                retry_policy=AGAIN,
            )
        )

    async def _wait(self, effect: Wait[Call[Arrived], Arrived], call: Call[Arrived]) -> Arrived:
        """Look, and look again whenever there is more. Others may have the run suspended meanwhile: it looks anew."""
        while True:
            reply = await self._local(effect.activity, effect.reply, call)
            if reply.reason == CANCELLED:
                # It was cut, which its own task will hear.
                await workflow.wait_condition(lambda: False)
            if reply.reason != WAITING:
                return reply
            if course := self._kept_course:
                course.end()
            seen = reply.seen
            if self.signals.heard <= seen and workflow.info().is_continue_as_new_suggested():
                self.suspend()
            await workflow.wait_condition(lambda: self.signals.heard > seen or self.is_suspending)  # noqa: B023  # awaited here
            if self.signals.heard <= seen:
                self.suspend()

    async def _act(self, effect: Act[Call[Answer], Answer], call: Call[Answer]) -> Answer:
        # The step itself keeps to its time limit; ours only catches a worker that is stuck.
        limit = timedelta(seconds=call.timeout_seconds + 30)
        reply: Answer
        if call.timeout_seconds <= LOCAL_SECONDS and not call.is_beside_waits:
            reply = await _answer(
                workflow.execute_local_activity(
                    effect.activity, call, result_type=effect.reply, start_to_close_timeout=limit, retry_policy=AGAIN
                )
            )
        else:
            reply = await _answer(
                workflow.execute_activity(
                    effect.activity,
                    call,
                    result_type=effect.reply,
                    start_to_close_timeout=limit,
                    heartbeat_timeout=timedelta(seconds=20),
                    retry_policy=AGAIN,
                )
            )
        if reply.reason == CANCELLED:
            # The call was cut because the run is to end; the word itself is on its way.
            await workflow.wait_condition(lambda: False)
        return reply

    async def _errand(self, effect: Errand[Call[Answer], Answer], call: Call[Answer]) -> Answer:
        self.flush()
        reply: Answer
        try:
            reply = await _answer(
                workflow.execute_activity(
                    effect.activity,
                    call,
                    result_type=effect.reply,
                    schedule_to_close_timeout=timedelta(seconds=call.timeout_seconds),
                    # Missing when the worker died between starting and creating: a repeat finds what there is.
                    heartbeat_timeout=timedelta(seconds=30),
                    retry_policy=AGAIN,
                )
            )
        except asyncio.CancelledError:
            await self._undo(effect.cancel_activity, call)
            raise
        except ActivityError as error:
            if not isinstance(error.cause, ActivityTimeout):
                raise
            await self._undo(effect.cancel_activity, call)
            raise CallFailed(TIMEOUT, f"no answer within {call.timeout_seconds} s") from None
        if reply.reason == CANCELLED:
            raise RunCancelled
        return reply

    async def winner_of(self, path: str) -> int | None:
        if not self._goes_again:
            return None
        known = await self._local("race_winner", int, self.execution_id, path)
        return None if known == NOBODY else known

    async def keep_winner(self, path: str, number: int) -> None:
        if workflow.patched(WINNERS_KEPT):
            await self._local("keep_race_winner", int, self.execution_id, path, number)

    async def sleep(self, seconds: float, *, may_be_left: bool = False) -> None:
        if course := self._kept_course:
            course.pass_by(course.path)
            return
        self.flush()
        if not (may_be_left and workflow.patched(WAITS_ARE_LEFT)):
            await workflow.sleep(seconds)
            return
        with suppress(TimeoutError):
            await workflow.wait_condition(lambda: self.is_suspending, timeout=seconds)
            self.suspend()

    def enter(self, path: str) -> None:
        if self._course:
            self._course.enter(path)

    def now(self) -> float:
        course = self._kept_course
        return course.clock if course and course.clock else workflow.time()

    def record(self, record: TaskRecord) -> None:
        must_be_in_memory()
        if self.recorder and not self._kept_course:
            self.recorder.note(record)

    async def checkpoint(self) -> None:
        await self.hold()
        if self.recorder and self.recorder.is_due():
            self.flush()
        self._cost += COST_OF_TASK
        if self._cost + COST_OF_JQ * self.evaluator.calls >= MOST_COST:
            self._cost = self.evaluator.calls = 0
            await self._let_others_in()
        if workflow.info().is_continue_as_new_suggested():
            self.suspend()

    def suspend(self) -> NoReturn:
        """Leave the run as it stands. Raises Suspend."""
        self.flush()
        self.is_suspending = True
        raise Suspend

    async def hold(self) -> None:
        """Wait while the run is paused."""
        while self.pause.is_paused:  # asked again: two signals may have come together
            self.flush()
            await workflow.wait_condition(lambda: not self.pause.is_paused)

    @property
    def _kept_course(self) -> KeptCourse | None:
        """While the run goes through what was done before it."""
        return self._course if self._course and not self._course.is_over else None

    async def _let_others_in(self) -> None:
        """A local activity and not a timer, which Temporal fires up to a second late."""
        turn = await _answer(
            workflow.execute_local_activity(
                "pause",
                self.execution_id,
                result_type=int,
                start_to_close_timeout=timedelta(seconds=30),
                retry_policy=AGAIN,
            )
        )
        if turn is True or turn == CANCELLING:  # histories of former versions have a bool
            await workflow.wait_condition(lambda: False)
        self.pause.hear(turn)
        await self.hold()

    async def _undo(self, activity: str, call: AnyCall) -> None:
        await workflow.execute_local_activity(
            activity, call, start_to_close_timeout=timedelta(seconds=30), retry_policy=AGAIN
        )

    def flush(self) -> None:
        """Have what was recorded written. Before a request the activity does it, together with its own writing."""
        if self.recorder:
            self.recorder.flush()


def must_be_in_memory() -> None:
    """Raises while Temporal takes this run out of memory, which looks like a cancellation and is none."""
    workflow.random()


async def _answer(call: Awaitable[Result]) -> Result:
    """What an activity answers.

    Raises asyncio.CancelledError, RunGone, CallFailed for one that is broken, and ActivityError for what is left.
    """
    try:
        return await call
    except ActivityError as error:
        if isinstance(error.cause, CancelledError):
            raise asyncio.CancelledError from None
        if isinstance(error.cause, ApplicationError) and error.cause.type == RUN_GONE:
            raise RunGone from None
        if isinstance(error.cause, ApplicationError) and error.cause.type == BROKEN:
            raise CallFailed(BROKEN, error.cause.message) from None
        raise
