"""The pages of a list of runs: to look at, to do something with many, to take away as a file, to come back to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_protect

from apps.resources.admin.base import Context
from apps.resources.admin.list_kit.deeds import Chosen, Deed
from apps.resources.admin.list_kit.files import Record
from apps.resources.admin.list_kit.labels import SET_LABEL, label_change, relabel
from apps.resources.admin.list_kit.pages import LIST_SCRIPT, ListPages
from apps.resources.admin.run_list.asked import read
from apps.resources.admin.run_list.bulk import DEEDS, choose
from apps.resources.admin.run_list.export import columns_of, records_of
from apps.resources.admin.run_list.page import list_context, live_answer
from apps.resources.api.authentication import authenticate
from apps.resources.caller import Caller
from apps.resources.executions.kind import ExecutionKind
from apps.shared.counts import counted

CANCEL_REASON = "in the admin"


class RunLists(ListPages):
    """The list of a kind of runs. `stigmer executions list` asks the same of the same queries."""

    execution_kind: ExecutionKind
    ticked = "run"

    def run_again(self, execution_id: str, caller: Caller) -> object:
        """Start it once more. Raises StigmerError."""
        raise NotImplementedError

    @method_decorator(csrf_protect)
    def changelist_view(self, request: HttpRequest, extra_context: Context | None = None) -> HttpResponse:
        if request.method == "POST":
            return self.do(request)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            **list_context(self.execution_kind, request, authenticate(request)),
            "script": LIST_SCRIPT,
            "urls": self.list_urls(),
            "ticked": self.ticked,
            "can_delete": self.has_delete_permission(request),
            "empty_command": getattr(self, "empty_command", ""),
            **(extra_context or {}),
        }
        return render(request, "resources/runs.html", context)

    def counted(self, count: int) -> str:
        return counted(count, "run")

    def plural(self) -> str:
        return "runs"

    def deeds(self, request: HttpRequest) -> Mapping[str, Deed]:
        return DEEDS

    def choose(self, request: HttpRequest, deed: Deed, ids: Sequence[str], query: str | None) -> Chosen:
        caller = authenticate(request)
        asked = None if query is None else read(self.execution_kind, QueryDict(query), caller)
        return choose(self.execution_kind, deed, ids, asked, caller)

    def act(self, request: HttpRequest, deed: Deed) -> Callable[[str], object]:
        from apps.resources.executions.actions import request_cancel
        from apps.resources.writes import actions

        caller = authenticate(request)
        if deed is SET_LABEL:
            change = label_change(request.POST.get("typed", ""))
            return lambda pk: relabel(self.execution_kind, pk, change, caller)
        acts: dict[str, Callable[[str], object]] = {
            "again": lambda pk: self.run_again(pk, caller),
            "cancel": lambda pk: request_cancel(self.execution_kind, pk, CANCEL_REASON, caller),
            "delete": lambda pk: actions.delete(self.execution_kind, pk, caller),
        }
        return acts[deed.name]

    def records(
        self, request: HttpRequest, ids: Sequence[str], query: str
    ) -> tuple[Sequence[str], Iterable[Record]] | None:
        caller = authenticate(request)
        asked = read(self.execution_kind, QueryDict(query), caller, whole=True)
        if asked.problems:
            return None
        return columns_of(self.execution_kind), records_of(self.execution_kind, ids, asked, caller)

    def live_answer(self, request: HttpRequest, caller: Caller) -> JsonResponse:
        return live_answer(self.execution_kind, request, caller)
