"""One run of another workflow, started and waited for: call.py says what crosses, runs.py knows the database."""

from __future__ import annotations

from typing import Final

from apps.workflows.effects.base import Desk, Errand
from apps.workflows.effects.workflow_run.call import WorkflowCall, WorkflowReply

__all__ = ["EFFECT", "WorkflowCall", "WorkflowReply"]


def perform(call: WorkflowCall, desk: Desk) -> WorkflowReply | None:
    from apps.workflows.effects.workflow_run import runs

    return runs.start(call, desk.secrets, desk.task_token)


def cancel(call: WorkflowCall) -> None:
    from apps.workflows.effects.workflow_run import runs

    runs.cancel(call)


EFFECT: Final = Errand(
    activity="run_workflow",
    call=WorkflowCall,
    reply=WorkflowReply,
    perform=perform,
    cancel_activity="cancel_workflow",
    cancel=cancel,
)
