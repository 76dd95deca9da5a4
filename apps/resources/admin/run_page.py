"""The page that starts a run: of something, or once more like another one."""

from __future__ import annotations

from dataclasses import replace

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from apps.resources.admin.base import Context
from apps.resources.admin.links import change_url, kind_said
from apps.resources.admin.run_form import Given, RunForm, Runnable
from apps.resources.api.authentication import authenticate
from apps.resources.caller import Caller
from apps.resources.errors import StigmerError
from apps.resources.executions.listing import input_of
from apps.resources.executions.model import Execution
from apps.resources.kind import Kind
from apps.resources.kinds.session.model import Session
from apps.resources.kinds.workflow_execution.model import WorkflowExecution
from apps.resources.ports import machine
from apps.resources.registry import AGENT_INSTANCE, SESSION, WORKFLOW_INSTANCE, execution_kind_of
from apps.resources.storage.lookup import find_row, visible


def run_page(request: HttpRequest, kind: Kind, resource_id: str, context: Context) -> HttpResponse:
    """A run of this."""
    return _page(request, _runnable(kind, resource_id, authenticate(request)), Given(), context)


def again_page(request: HttpRequest, run: Execution, context: Context) -> HttpResponse:
    """A run of the same, with what this one was given to begin with; an agent's in a session of its own."""
    caller = authenticate(request)
    kind, key = _target(run, caller)
    return _page(request, _runnable(kind, key, caller), given_to(run), {**context, "again": run.pk})


def given_to(run: Execution) -> Given:
    """Secrets are not kept where pages could read them: they are typed again."""
    spec = run.spec or {}
    variables = (spec.get("runtime_env") or {}).items()
    return Given(
        message=spec.get("message") or spec.get("trigger_message") or "",
        input=input_of(run),
        environments=run.environments,
        variables={name: each.get("value", "") for name, each in variables if not each.get("is_secret")},
        model=(spec.get("execution_config") or {}).get("model_name", ""),
    )


def _page(request: HttpRequest, runnable: Runnable, given: Given, context: Context) -> HttpResponse:
    """GET asks, POST starts it. The form carries the id of its request: sent twice, it makes one run."""
    form = RunForm(runnable, request.POST if request.method == "POST" else None, given)
    if request.method == "POST" and form.is_valid():
        try:
            run_id = machine().start_run(replace(form.wish(), rerun_of=context.get("again", "")))
        except StigmerError as refusal:
            form.show(refusal)
        else:
            kind = execution_kind_of(run_id)
            if kind is not None:
                return HttpResponseRedirect(change_url(kind, run_id))
    row = runnable.row
    return render(
        request,
        "resources/run_form.html",
        context
        | {
            "title": f"Run {row.name or row.pk}",
            "form": form,
            "runnable": runnable,
            "original": row,
            "kind_said": kind_said(runnable.kind.name),
            "resource_url": change_url(runnable.kind, row.pk),
        },
        status=422 if form.errors else 200,
    )


def _runnable(kind: Kind, resource_id: str, caller: Caller) -> Runnable:
    row = visible(kind, caller).filter(pk=resource_id).first()
    if row is None:
        raise Http404
    return Runnable.of(kind, row, caller)


def _target(run: Execution, caller: Caller) -> tuple[Kind, str]:
    if isinstance(run, WorkflowExecution):
        return WORKFLOW_INSTANCE, run.instance_id
    session: Session | None = find_row(SESSION, (run.spec or {}).get("session_id", ""), caller)
    if session is None:
        raise Http404
    return AGENT_INSTANCE, session.agent_instance_id
