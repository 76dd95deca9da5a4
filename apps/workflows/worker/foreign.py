"""Activities of other workers on the same Temporal: asked once, by payloads that they can read."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Final

from temporalio import workflow
from temporalio.api.common.v1 import Payload
from temporalio.common import RawValue, RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, CancelledError
from temporalio.exceptions import TimeoutError as ActivityTimeout

from apps.workflows.effects.activity_call import ActivityCall, ActivityReply
from apps.workflows.worker.contracts import UNSEALED

ONCE: Final = RetryPolicy(maximum_attempts=1)


async def ask(call: ActivityCall) -> ActivityReply:
    """What came of it. Raises asyncio.CancelledError when it is not waited for any more."""
    given = Payload(
        metadata={"encoding": b"json/plain", UNSEALED: b"1"}, data=json.dumps(call.input, ensure_ascii=False).encode()
    )
    try:
        answer: RawValue = await workflow.execute_activity(
            call.name,
            RawValue(given),
            task_queue=call.task_queue,
            result_type=RawValue,
            schedule_to_close_timeout=timedelta(seconds=call.timeout_seconds),
            retry_policy=ONCE,
        )
    except ActivityError as error:
        if isinstance(error.cause, CancelledError):
            raise asyncio.CancelledError from None
        return _why(error, call)
    return _read(answer)


def _read(answer: RawValue) -> ActivityReply:
    try:
        output = workflow.payload_converter().from_payload(answer.payload)
        json.dumps(output, allow_nan=False)
    except Exception as error:  # of whatever converter it asks for
        return ActivityReply(reason="unreadable", detail=f"what it answered is no JSON ({type(error).__name__})")
    return ActivityReply(output=output)


def _why(error: ActivityError, call: ActivityCall) -> ActivityReply:
    cause = error.cause
    if isinstance(cause, ActivityTimeout):
        if not error.started_event_id:
            detail = f"no worker took it from the queue {call.task_queue} within {call.timeout_seconds} s"
            return ActivityReply(reason="nobody", detail=detail)
        return ActivityReply(reason="timeout", detail=f"no answer within {call.timeout_seconds} s")
    if isinstance(cause, ApplicationError):
        detail = f"{cause.type}: {cause.message}" if cause.type else cause.message
        return ActivityReply(reason="failed", detail=detail)
    return ActivityReply(reason="failed", detail=str(cause or error))
