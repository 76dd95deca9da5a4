"""CALL_ACTIVITY: have a worker of the author's own do something, on the same Temporal."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from apps.workflows.calls import CallFailed
from apps.workflows.dataflow.base import Done
from apps.workflows.definition import Config
from apps.workflows.effects.activity_call import ActivityCall
from apps.workflows.errors import failed
from apps.workflows.expressions import Template
from apps.workflows.reading import Reader
from apps.workflows.steps.base import ParseTasks
from apps.workflows.steps.context import TaskContext
from apps.workflows.steps.retries import Retry, read_retry, with_retries
from apps.workflows.values import Json, to_text

DEFAULT_TIMEOUT_SECONDS, LONGEST_TIMEOUT_SECONDS = 300, 30 * 86_400
LARGEST_INPUT: Final = 2**20
"""Characters as JSON: Temporal takes no payload of more than 2 MB."""
OURS: Final = "stigmer"
"""What the names of our own queues begin with, whose activities are not for workflows to name."""
_KINDS: Final = {"timeout": "timeout", "nobody": "timeout", "refused": "configuration"}


@dataclass(frozen=True)
class CallActivityConfig(Config):
    activity: Template
    task_queue: Template
    input: Json
    timeout_seconds: int
    retry: Retry | None = None


def parse(reader: Reader, _tasks: ParseTasks) -> CallActivityConfig:
    fields = reader.fields("activity", "input", "task_queue", "timeout_seconds", "retry")
    return CallActivityConfig(
        fields["activity"].template(),
        fields["task_queue"].template(required=False),
        fields["input"].object_data(),
        fields["timeout_seconds"].integer(least=1, most=LONGEST_TIMEOUT_SECONDS, default=DEFAULT_TIMEOUT_SECONDS),
        read_retry(fields["retry"]),
    )


async def run(active: TaskContext, config: CallActivityConfig) -> Done:
    """Output: what the activity answers. It is asked once unless the task says otherwise: who worked on it may have
    died after the deed."""
    call = ActivityCall(
        path=active.path,
        attempt=active.attempt,
        timeout_seconds=config.timeout_seconds,
        name=active.text(config.activity),
        task_queue=active.text(config.task_queue),
        input=active.values(config.input) or {},
    )
    active.begin({"activity": call.name, "task_queue": call.task_queue, "input": call.input})
    if not call.task_queue:
        raise failed("configuration", f"no task_queue says where a worker offers the activity {call.name}")
    if call.task_queue.startswith(OURS):
        raise failed("configuration", f"the queue {call.task_queue} is for Stigmer itself")
    if len(to_text(call.input)) > LARGEST_INPUT:
        raise failed("configuration", f"the input of an activity may have {LARGEST_INPUT:,} characters")
    return await with_retries(active, config.retry, lambda: _ask(active, replace(call, attempt=active.attempt)))


async def _ask(active: TaskContext, call: ActivityCall) -> Done:
    try:
        return Done((await active.perform(call)).output)
    except CallFailed as failure:
        doubt = "; whether it took effect is unknown" if failure.reason in ("timeout", "unknown", "unreadable") else ""
        raise failed(_KINDS.get(failure.reason, "runtime"), f"activity {call.name}: {failure}{doubt}") from None
