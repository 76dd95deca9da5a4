"""RUN: have another workflow run, and wait for what it comes to."""

from __future__ import annotations

from dataclasses import dataclass, replace

from apps.workflows.calls import CallFailed
from apps.workflows.dataflow.base import Done
from apps.workflows.definition import Config
from apps.workflows.effects.workflow_run import WorkflowCall
from apps.workflows.errors import failed
from apps.workflows.expressions import Template
from apps.workflows.reading import Reader
from apps.workflows.steps.base import ParseTasks
from apps.workflows.steps.context import TaskContext
from apps.workflows.steps.retries import Retry, read_retry, with_retries
from apps.workflows.values import Json

LONGEST_SECONDS = 10 * 365 * 86_400
"""A run may wait for another as long as that takes."""


@dataclass(frozen=True)
class RunConfig(Config):
    workflow: Template
    input: Json
    awaits: bool = True
    retry: Retry | None = None


def parse(reader: Reader, _tasks: ParseTasks) -> RunConfig:
    fields = reader.fields("workflow", "input", "await", "retry")
    awaits = fields["await"].value is None or fields["await"].boolean()
    return RunConfig(fields["workflow"].template(), fields["input"].object_data(), awaits, read_retry(fields["retry"]))


async def run(active: TaskContext, config: RunConfig) -> Done:
    """Output: what the other run's is; its id alone, as `workflow_execution_id`, where it is not waited for."""
    call = WorkflowCall(
        path=active.path,
        attempt=active.attempt,
        timeout_seconds=LONGEST_SECONDS,
        workflow=active.text(config.workflow),
        input=active.values(config.input) or {},
        awaits=config.awaits,
    )
    active.begin({"workflow": call.workflow, "input": call.input})
    return await with_retries(active, config.retry, lambda: _ask(active, replace(call, attempt=active.attempt)))


async def _ask(active: TaskContext, call: WorkflowCall) -> Done:
    try:
        reply = await active.perform(call)
    except CallFailed as failure:
        kind = "configuration" if failure.reason == "not_found" else "runtime"
        raise failed(kind, f"workflow {call.workflow}: {failure}") from None
    active.links["workflow_execution_id"] = reply.workflow_execution_id
    return Done(reply.output if call.awaits else {"workflow_execution_id": reply.workflow_execution_id})
