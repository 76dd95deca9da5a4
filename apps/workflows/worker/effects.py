"""The interpreter's effects under Temporal: deterministic, every command the same on replay."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import asdict
from datetime import timedelta
from typing import TypeVar

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, CancelledError
from temporalio.exceptions import TimeoutError as ActivityTimeout

from apps.workflows.expressions import Evaluator
from apps.workflows.interpreter.effects import (
    AgentCall,
    AgentFailure,
    HttpAnswer,
    HttpCall,
    HttpFailure,
    RunCancelled,
    TaskRecord,
)
from apps.workflows.interpreter.suspension import Suspend
from apps.workflows.values import Json
from apps.workflows.worker.contracts import RUN_GONE, AgentInput, AgentReply, HttpInput, HttpReply
from apps.workflows.worker.records import Recorder

Reply = TypeVar("Reply")

LOCAL_SECONDS = 60
"""A call that may take longer is an ordinary activity: a local one keeps a workflow task open."""
COST_OF_TASK, COST_OF_JQ, MOST_COST = 1, 20, 1000
"""A run that only computes lets Temporal in after so much: cancellation, other runs, its own ten-second limit."""
AGAIN = RetryPolicy(initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(seconds=5))
"""For what failed before anything happened: the ledger keeps a repeat from acting twice."""


class RunGone(Exception):
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


class TemporalEffects:
    """One run's effects. `recorder` is None where a history is only replayed."""

    def __init__(self, execution_id: str, recorder: Recorder | None, evaluator: CountingEvaluator) -> None:
        self.execution_id, self.recorder, self.evaluator = execution_id, recorder, evaluator
        self._cost = 0

    async def call_http(self, call: HttpCall) -> HttpAnswer:
        request = HttpInput(self.execution_id, **asdict(call))
        # The step itself keeps to its time limit; ours only catches a worker that is stuck.
        limit = timedelta(seconds=call.timeout_seconds + 30)
        if call.timeout_seconds <= LOCAL_SECONDS:
            reply = await _answer(
                workflow.execute_local_activity(
                    "send_http", request, result_type=HttpReply, start_to_close_timeout=limit, retry_policy=AGAIN
                )
            )
        else:
            reply = await _answer(
                workflow.execute_activity(
                    "send_http",
                    request,
                    result_type=HttpReply,
                    start_to_close_timeout=limit,
                    heartbeat_timeout=timedelta(seconds=20),
                    retry_policy=AGAIN,
                )
            )
        if reply.reason == "cancelled":
            # The call was cut because the run is to end; the word itself is on its way.
            await workflow.wait_condition(lambda: False)
        if reply.reason:
            raise HttpFailure(reply.reason, reply.detail)
        return HttpAnswer(reply.status, reply.body, reply.headers)

    async def call_agent(self, call: AgentCall) -> dict[str, Json]:
        self.flush()
        request = AgentInput(self.execution_id, **asdict(call))
        limit = timedelta(seconds=call.timeout_seconds)
        try:
            reply = await _answer(
                workflow.execute_activity(
                    "run_agent",
                    request,
                    result_type=AgentReply,
                    schedule_to_close_timeout=limit,
                    # Missing when the worker died between starting and creating: a repeat finds what there is.
                    heartbeat_timeout=timedelta(seconds=30),
                    retry_policy=AGAIN,
                )
            )
        except asyncio.CancelledError:
            await self._cancel_agent(request)
            raise
        except ActivityError as error:
            if not isinstance(error.cause, ActivityTimeout):
                raise
            await self._cancel_agent(request)
            raise AgentFailure("timeout", f"no answer within {call.timeout_seconds} s") from None
        if reply.reason == "cancelled":
            raise RunCancelled
        if reply.reason:
            raise AgentFailure(reply.reason, reply.detail)
        answer: dict[str, Json] = reply.answer
        return answer

    async def sleep(self, seconds: float) -> None:
        self.flush()
        await workflow.sleep(seconds)

    def now(self) -> float:
        return workflow.time()

    def record(self, record: TaskRecord) -> None:
        must_be_in_memory()
        if self.recorder:
            self.recorder.note(record)

    async def checkpoint(self) -> None:
        if self.recorder and self.recorder.is_due:
            self.flush()
        self._cost += COST_OF_TASK
        if self._cost + COST_OF_JQ * self.evaluator.calls >= MOST_COST:
            self._cost = self.evaluator.calls = 0
            await self._let_others_in()
        if workflow.info().is_continue_as_new_suggested():
            self.flush()
            raise Suspend

    async def _let_others_in(self) -> None:
        """A local activity and not a timer, which Temporal fires up to a second late."""
        is_cancelled = await _answer(
            workflow.execute_local_activity(
                "pause",
                self.execution_id,
                result_type=bool,
                start_to_close_timeout=timedelta(seconds=30),
                retry_policy=AGAIN,
            )
        )
        if is_cancelled:
            await workflow.wait_condition(lambda: False)

    async def _cancel_agent(self, request: AgentInput) -> None:
        await workflow.execute_local_activity(
            "cancel_agent", request, start_to_close_timeout=timedelta(seconds=30), retry_policy=AGAIN
        )

    def flush(self) -> None:
        """Have what was recorded written. Before a request the activity does it, together with its own writing."""
        if self.recorder:
            self.recorder.flush()


def must_be_in_memory() -> None:
    """Raises while Temporal takes this run out of memory, which looks like a cancellation and is none."""
    workflow.random()


async def _answer(call: Awaitable[Reply]) -> Reply:
    """What an activity answers. Raises asyncio.CancelledError, RunGone, and ActivityError for what is left."""
    try:
        return await call
    except ActivityError as error:
        if isinstance(error.cause, CancelledError):
            raise asyncio.CancelledError from None
        if isinstance(error.cause, ApplicationError) and error.cause.type == RUN_GONE:
            raise RunGone from None
        raise
