import json
import uuid
from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_POST

from apps.resources.admin.about import with_about
from apps.resources.admin.base import Context
from apps.resources.admin.forms import sentences
from apps.resources.admin.links import change_url, icon_of
from apps.resources.admin.live.news import WORKFLOW_EXECUTION as WORKFLOW_LABEL
from apps.resources.admin.relations import SHOWN, Relation, links_to
from apps.resources.admin.runs import RunAdmin
from apps.resources.api.authentication import authenticate
from apps.resources.base import Resource
from apps.resources.caller import SYSTEM, Caller
from apps.resources.errors import NotFound, StigmerError
from apps.resources.executions.model import Execution
from apps.resources.executions.queries import agent_runs_of, workflow_runs_of
from apps.resources.executions.retries import can_be_retried, retry_name
from apps.resources.json_value import Json
from apps.resources.registry import AGENT_EXECUTION, WORKFLOW, WORKFLOW_EXECUTION
from apps.resources.storage.lookup import visible
from apps.shared.annotations import RETRY_FROM, RETRY_OF


def signals_listened_to(row: Execution) -> list[str]:
    """The names of the signals that the workflow of a run listens to somewhere, as it is defined now."""
    workflow = visible(WORKFLOW, SYSTEM).filter(pk=row.target_id).first()
    return [*dict.fromkeys(_listened_to(workflow.spec if workflow else None))]


def _listened_to(value: Json) -> Iterator[str]:
    if isinstance(value, dict):
        if str(value.get("kind", "")).endswith("LISTEN"):
            to = (value.get("task_config") or {}).get("to") or {}
            yield from (str(each["id"]) for each in to.get("signals") or () if each.get("type") != "query")
        value = [*value.values()]
    for each in value if isinstance(value, list) else ():
        yield from _listened_to(each)


class WorkflowExecutionAdmin(RunAdmin):
    icon = "conversion_path"
    of = "Workflow"

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(f"<path:object_id>/{name}/", self.admin_site.admin_view(view), name=self._url_name(name))
            for name, view in (
                ("retry", self.retry_view),
                ("signal", self.signal_view),
                ("pause", self.pause_view),
                ("resume", self.resume_view),
            )
        ]
        return [*own, *super().get_urls()]

    def run_context(self, row: Execution, caller: Caller) -> Context:
        """With where it is retried, once it has failed: a run under way may fail while its page is open."""
        context = super().run_context(row, caller)
        for name in ("pause", "resume"):
            context[f"{name}_url"] = reverse(f"admin:{self._url_name(name)}", args=[row.pk])
        if context["is_live"] or can_be_retried(row):
            context["retry_url"] = reverse(f"admin:{self._url_name('retry')}", args=[row.pk])
        if context["is_live"] and (names := signals_listened_to(row)):
            context["signal_url"] = reverse(f"admin:{self._url_name('signal')}", args=[row.pk])
            context["signals"], context["signal_key"] = names, uuid.uuid4().hex
        return context

    @method_decorator(csrf_protect)
    @method_decorator(require_POST)
    def pause_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        from apps.resources.executions.pausing import pause

        return self.controlled(
            request, object_id, pause, "The run is paused: what is under way ends, nothing new begins."
        )

    @method_decorator(csrf_protect)
    @method_decorator(require_POST)
    def resume_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        from apps.resources.executions.pausing import resume

        return self.controlled(request, object_id, resume, "The run goes on.")

    @method_decorator(csrf_protect)
    @method_decorator(require_POST)
    def signal_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Send it a signal. The same form sent twice is one signal."""
        from apps.resources.executions import signals  # with generated messages: only who writes needs them

        name = request.POST.get("name", "").strip()
        try:
            data = json.loads(request.POST.get("data", "").strip() or "null")
            wanted = signals.Wanted(name, data=data, key=request.POST.get("key", "")[:200])
            signals.send(WORKFLOW_EXECUTION, object_id, wanted, authenticate(request))
        except NotFound:
            raise Http404 from None
        except ValueError as error:
            messages.error(request, f"The data is no JSON: {error}. Nothing was sent; write a text in double quotes.")
        except StigmerError as error:
            messages.error(request, sentences(error))
        else:
            messages.success(request, f"{name} is sent, and kept until a task takes it.")
        return HttpResponseRedirect(change_url(WORKFLOW_EXECUTION, object_id))

    @method_decorator(csrf_protect)
    @method_decorator(require_POST)
    def retry_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Have it go on, from the task whose path is sent or from the one that failed, and show the run that does."""
        # Generated messages come along with it: only who starts a run needs them.
        from apps.resources.running.retry import retry
        from apps.resources.wire.codec import message_class

        try:
            made = retry(object_id, request.POST.get("task", ""), authenticate(request))
        except NotFound:
            raise Http404 from None
        except StigmerError as error:
            messages.error(request, sentences(error))
            return HttpResponseRedirect(change_url(WORKFLOW_EXECUTION, object_id))
        metadata: Any = message_class(WORKFLOW_EXECUTION).FromString(made).metadata  # type: ignore[attr-defined]  # every envelope has it
        messages.success(request, f"It goes on from {metadata.annotations[RETRY_FROM]}: what was done before is kept.")
        return HttpResponseRedirect(change_url(WORKFLOW_EXECUTION, metadata.id))

    def relations(self, row: Resource, caller: Caller) -> list[Relation]:
        """The run that it retries, that retries it, that started it, and those that it has started, too."""
        found = super().relations(row, caller)
        for title, wanted in (
            ("Goes on from", Q(pk=row.annotations.get(RETRY_OF, ""))),
            ("Retried by", Q(slug=retry_name(row.pk), org=row.org)),
            ("Started by", Q(pk=row.labels.get(WORKFLOW_LABEL, ""))),
        ):
            others = with_about(WORKFLOW_EXECUTION, visible(WORKFLOW_EXECUTION, caller).filter(wanted))
            if near := links_to(WORKFLOW_EXECUTION, others):
                found.append(Relation(title, icon_of(WORKFLOW_EXECUTION), near))
        others = workflow_runs_of(row.pk, caller).exclude(slug=retry_name(row.pk))
        for title, kind, started in (
            ("Runs of workflows", WORKFLOW_EXECUTION, others),
            ("Runs of agents", AGENT_EXECUTION, agent_runs_of(row.pk, caller)),
        ):
            if links := links_to(kind, with_about(kind, started).order_by("-pk")[:SHOWN]):
                found.append(Relation(title, icon_of(kind), links))
        return found

    def run_again(self, execution_id: str, caller: Caller) -> object:
        # Generated messages come along with it: only who starts a run needs them.
        from apps.resources.running.rerun import rerun

        return rerun(execution_id, caller, is_pinned=False)
