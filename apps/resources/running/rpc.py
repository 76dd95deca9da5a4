"""RunController: starting runs of every kind."""

from __future__ import annotations

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from stigmer_proto.controlplane.v1 import runs_pb2

from apps.resources.api.adapter import Service
from apps.resources.api.services import Request, check, moment_in
from apps.resources.caller import Caller
from apps.resources.errors import InvalidInput, NotFound
from apps.resources.executions.kind import ExecutionKind
from apps.resources.executions.listing import RunFilter, list_runs
from apps.resources.executions.model import Phase
from apps.resources.registry import execution_kind_of
from apps.resources.running.codec import details_of, entries_of, usage_of
from apps.resources.running.names import wanted_targets
from apps.resources.running.rerun import rerun
from apps.resources.running.retry import retry
from apps.resources.running.start import TARGETS, RunRequest, Target, start_run
from apps.resources.storage.lookup import get_row
from apps.resources.storage.paging import DEFAULT_PAGE_SIZE
from apps.resources.wire.codec import pack
from apps.resources.wire.json_form import to_json
from apps.shared.annotations import RERUN_OF
from apps.shared.numbers import whole_numbers


class RunService(Service):
    full_name = "ai.stigmer.controlplane.v1.RunController"

    def start(self, request: Request, context: grpc.ServicerContext) -> AnyMessage:
        del context
        target, snapshot = start_asked(request, self.caller)
        return pack(target.run, snapshot)

    def rerun(self, request: Request, context: grpc.ServicerContext) -> AnyMessage:
        del context
        check(request)
        made = rerun(request.execution_id, self.caller, is_pinned=request.pinned)
        return pack(_kind_of(request.execution_id), made)

    def retry(self, request: Request, context: grpc.ServicerContext) -> AnyMessage:
        del context
        check(request)
        made = retry(request.execution_id, request.task, self.caller)
        return pack(_kind_of(request.execution_id), made)

    def list(self, request: Request, context: grpc.ServicerContext) -> runs_pb2.ListRunsResponse:
        del context
        check(request)
        wanted = _filter(request, self.caller)
        size, token = request.page_size or DEFAULT_PAGE_SIZE, request.page_token
        page = list_runs(wanted, self.caller, size=size, token=token, sort=request.sort)
        entries = entries_of(page.rows, self.caller, with_cost=request.with_cost)
        return runs_pb2.ListRunsResponse(runs=entries, next_page_token=page.next_token)

    def describe(self, request: Request, context: grpc.ServicerContext) -> runs_pb2.RunDetails:
        del context
        check(request)
        return details_of(request.execution_id, self.caller)

    def usage(self, request: Request, context: grpc.ServicerContext) -> runs_pb2.UsageResponse:
        del context
        check(request)
        return usage_of(request, self.caller)


def start_asked(request: Request, caller: Caller) -> tuple[Target, bytes]:
    """What was started, and the envelope of its run. Raises as `start_run`, InvalidInput for a wrong request, too."""
    check(request)
    wanted = _wanted(request, caller)
    return wanted.target, start_run(wanted, caller)


def _kind_of(execution_id: str) -> ExecutionKind:
    kind = execution_kind_of(execution_id)
    if kind is None:
        raise NotFound("execution", execution_id)
    return kind


def _filter(request: Request, caller: Caller) -> RunFilter:
    if request.agent and request.workflow:
        raise InvalidInput.at("workflow", "cannot be asked for together with an agent")
    if request.phase and request.phase not in PHASES:
        raise InvalidInput.at("phase", f"must be one of {', '.join(PHASES)}, got {request.phase!r}")
    kinds, targets = wanted_targets(request.agent, request.workflow, request.project, request.org, caller)
    return RunFilter(
        kinds=kinds,
        org=request.org,
        target_ids=targets,
        phase=PHASES.get(request.phase),
        since=moment_in(request, "since"),
        until=moment_in(request, "until"),
        text=request.text,
        error=request.error,
        input=dict(request.input),
        labels=dict(request.labels),
    )


def _wanted(request: Request, caller: Caller) -> RunRequest:
    given = to_json(request)
    field = request.WhichOneof("target") or ("session" if request.session else "")
    if not field:
        raise InvalidInput.at("", "needs an agent, a workflow, an instance of one, or a session: what to run")
    if request.rerun_of:
        get_row(_kind_of(request.rerun_of), request.rerun_of, caller)
    return RunRequest(
        target=TARGETS[field],
        key=getattr(request, field),
        session=request.session if field != "session" else "",
        org=request.org,
        message=request.message,
        input=whole_numbers(given.get("input") or {}),
        input_texts=given.get("input_texts") or {},
        environments=tuple(request.environments),
        runtime_env=given.get("runtime_env") or {},
        model=request.model,
        labels=given.get("labels") or {},
        request_id=request.request_id,
        annotations={RERUN_OF: request.rerun_of} if request.rerun_of else {},
    )


PHASES = {phase.wire_name: phase for phase in Phase}
SERVICES = (RunService,)
