"""What it takes to call an RPC, beyond what the contract's options say of it: a row for each that they say nothing of.

Most say WRITES_ASK or SHOWS_WHAT_IS_SEEN: what is written is decided where it is written (`Caller.permit`), and what is
read begins with what the caller sees (`Caller.sight`), so nothing has to be decided before.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from apps.resources.errors import NotFound
from apps.resources.identity import is_id
from apps.resources.permission.permits import Permits
from apps.resources.registry import (
    AGENT,
    AGENT_INSTANCE,
    BY_NAME,
    SESSION,
    WORKFLOW,
    WORKFLOW_INSTANCE,
    execution_kind_of,
)
from apps.resources.roles import CAN_EDIT, CAN_VIEW

Rule = Callable[[Permits, Any], None]  # Any: the request
"""Raises NotFound or PermissionDenied."""


def writes_ask(permits: Permits, request: Any) -> None:
    """Each resource that is created, changed or deleted is decided where that is done."""
    del permits, request


def names_what_is_seen(permits: Permits, request: Any) -> None:
    """Organization and resources that a new one names must be seen; the rest is asked where it is written."""
    if request.metadata.org:
        permits.sees_organization(request.metadata.org)
    for field, kind in NAMED.items():
        named = getattr(request.spec, field, "")
        if named and is_id(named, kind.prefix):  # what is named otherwise is looked up by what the caller sees
            permits.on(kind, named, CAN_VIEW)


def shows_what_is_seen(permits: Permits, request: Any) -> None:
    """The answer has what the caller may see; the rest is not found."""
    del permits, request


def anybody(permits: Permits, request: Any) -> None:
    """Whoever is signed in."""
    del permits, request


def operator(permits: Permits, request: Any) -> None:
    del request
    permits.operator()


def edit_of_run(permits: Permits, request: Any) -> None:
    """Control over a run is editing it."""
    _on_run(permits, request, CAN_EDIT)


def edit_of_named(permits: Permits, request: Any) -> None:
    """Of a resource that is named by its kind and id."""
    if (kind := BY_NAME.get(request.kind)) is not None and request.id:
        permits.on(kind, request.id, CAN_EDIT)


def view_of_run(permits: Permits, request: Any) -> None:
    """Decided before, and again for as long as the run is followed."""
    _on_run(permits, request, CAN_VIEW)


def _on_run(permits: Permits, request: Any, permission: str) -> None:
    fields = request.DESCRIPTOR.fields_by_name
    run_id = request.execution_id if "execution_id" in fields else request.workflow_execution_id
    if not run_id:
        return  # the handler says what is missing
    kind = execution_kind_of(run_id)
    if kind is None:
        raise NotFound("execution", run_id)
    permits.on(kind, run_id, permission)


NAMED: Final = {
    "agent_id": AGENT,
    "agent_instance_id": AGENT_INSTANCE,
    "session_id": SESSION,
    "workflow_id": WORKFLOW,
    "workflow_instance_id": WORKFLOW_INSTANCE,
}
"""By the field of a spec that has its id."""
APPLIED: Final = ("Agent", "AgentInstance", "Environment", "McpServer", "Organization", "Session", "Workflow")
REFERRED: Final = ("Agent", "AgentInstance", "Environment", "McpServer", "Workflow", "WorkflowInstance")
CREATED: Final = (
    "AgentExecution",
    "AgentInstance",
    "Environment",
    "McpServer",
    "WorkflowExecution",
    "WorkflowInstance",
)
RULES: Final[dict[str, Rule]] = {
    **dict.fromkeys((f"{kind}CommandController.apply" for kind in (*APPLIED, "WorkflowInstance")), names_what_is_seen),
    **dict.fromkeys((f"{kind}CommandController.create" for kind in CREATED), names_what_is_seen),
    **dict.fromkeys((f"{kind}QueryController.getByReference" for kind in REFERRED), shows_what_is_seen),
    "ExecutionContextCommandController.apply": operator,
    "ApiKeyQueryController.getByKeyHash": operator,
    "IdentityAccountCommandController.simulateSignupWebhook": operator,
    "SessionQueryController.list": shows_what_is_seen,
    "SessionQueryController.listByAgent": shows_what_is_seen,
    "BatchController.apply": writes_ask,
    "ResourceController.get": shows_what_is_seen,
    "ResourceController.list": shows_what_is_seen,
    "ResourceController.watch": shows_what_is_seen,
    "ResourceController.countBelongings": shows_what_is_seen,
    "ResourceController.usedBy": shows_what_is_seen,
    "ResourceController.delete": writes_ask,
    "RevisionController.list": shows_what_is_seen,
    "RevisionController.get": shows_what_is_seen,
    "RevisionController.diff": shows_what_is_seen,
    "RevisionController.rollback": edit_of_named,
    "ProjectController.list": shows_what_is_seen,
    "ProjectController.get": shows_what_is_seen,
    "ProjectController.planDestroy": shows_what_is_seen,
    "ProjectController.destroy": writes_ask,
    "ToolController.listChanged": shows_what_is_seen,
    "ToolController.accept": writes_ask,
    "RunController.start": writes_ask,
    "RunController.rerun": writes_ask,
    "RunController.retry": edit_of_run,
    "RunController.list": shows_what_is_seen,
    "RunController.describe": view_of_run,
    "RunController.usage": shows_what_is_seen,
    "ExecutionController.cancel": edit_of_run,
    "ExecutionController.terminate": edit_of_run,
    "ExecutionController.signal": edit_of_run,
    "WorkflowRunnerServiceController.executeAsync": edit_of_run,
    "WorkflowRunnerServiceController.cancelExecution": edit_of_run,
    "WorkflowRunnerServiceController.pauseExecution": edit_of_run,
    "WorkflowRunnerServiceController.resumeExecution": edit_of_run,
    "SkillController.push": writes_ask,
    "SkillController.upload": anybody,
    "SkillController.describe": shows_what_is_seen,
    "SkillController.download": shows_what_is_seen,
    "SkillController.listVersions": shows_what_is_seen,
    "ExecutionController.follow": view_of_run,
    "ServerController.getInfo": anybody,
}
"""By service and method."""
