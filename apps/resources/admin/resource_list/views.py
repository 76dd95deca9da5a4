"""The pages of a list of resources: Django's list finds and sorts, `list_kit` does the rest as for runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.utils.decorators import method_decorator
from django.utils.html import format_html_join
from django.views.decorators.csrf import csrf_protect

from apps.resources.admin.base import Context
from apps.resources.admin.list_kit.deeds import Chosen, Deed
from apps.resources.admin.list_kit.files import Record
from apps.resources.admin.list_kit.labels import SET_LABEL, label_change, relabel
from apps.resources.admin.list_kit.pages import LIST_SCRIPT, ListPages
from apps.resources.admin.list_kit.saved import views_of
from apps.resources.admin.resource_list.bulk import DELETE, chosen_of, columns_of, records_of
from apps.resources.api.authentication import authenticate
from apps.resources.caller import Caller
from apps.resources.storage import journal
from apps.resources.storage.lookup import visible

BUILT_IN = (("All", ""),)
OWN = ("shown", "newest", "position")
"""Parameters of `live_answer`."""


class ResourceLists(ListPages):
    ticked = "_selected_action"
    change_list_template = "resources/list.html"

    @method_decorator(csrf_protect)
    def changelist_view(self, request: HttpRequest, extra_context: Context | None = None) -> HttpResponse:
        if request.method == "POST":
            return self.do(request)
        position = str(journal.newest())  # before the rows are read: what comes after that is news
        answer = super().changelist_view(request, extra_context)
        if cl := getattr(answer, "context_data", {}).get("cl"):
            answer.context_data |= self._kit(request, cl, position)  # type: ignore[attr-defined]  # rendered later
        return answer

    def _kit(self, request: HttpRequest, cl: Any, position: str) -> Context:  # Any: Django's list
        query = request.GET.copy()
        query.pop("p", None)
        asked = query.urlencode()
        ids = [row.pk for row in cl.result_list]
        return {
            "kit": {
                "script": LIST_SCRIPT,
                "ids": ",".join(ids),
                "newest": max(ids, default=""),
                "position": position,
                "is_first": cl.page_num == 1,
            },
            "query": asked,
            "views": views_of(self.kind, asked, BUILT_IN, authenticate(request)),
            "urls": self.list_urls(),
            "ticked": self.ticked,
            "deeds": self.deeds(request),
        }

    def deeds(self, request: HttpRequest) -> Mapping[str, Deed]:
        may = [
            (SET_LABEL, self.has_change_permission(request) and self.has_delete_permission(request)),
            (DELETE, self.has_delete_permission(request)),
        ]
        return {deed.name: deed for deed, is_allowed in may if is_allowed}

    def choose(self, request: HttpRequest, deed: Deed, ids: Sequence[str], query: str | None) -> Chosen:
        return chosen_of(
            self.kind, deed, self._found(request, ids if query is None else (), query), authenticate(request)
        )

    def act(self, request: HttpRequest, deed: Deed) -> Callable[[str], object]:
        from apps.resources.writes import actions

        caller = authenticate(request)
        if deed is SET_LABEL:
            change = label_change(request.POST.get("typed", ""))
            return lambda pk: relabel(self.kind, pk, change, caller)
        return lambda pk: actions.delete(self.kind, pk, caller)

    def records(
        self, request: HttpRequest, ids: Sequence[str], query: str
    ) -> tuple[Sequence[str], Iterable[Record]] | None:
        return columns_of(self.kind), records_of(self.kind, self._found(request, ids, query))

    def _found(self, request: HttpRequest, ids: Sequence[str], query: str | None) -> QuerySet[Any]:
        """These, or all that the query finds, in its order."""
        if ids:
            return visible(self.kind, authenticate(request)).filter(pk__in=ids).order_by("-pk")
        cl = self._list(request, QueryDict(query or ""))
        return visible(self.kind, authenticate(request)).none() if cl is None else cl.queryset

    def _list(self, request: HttpRequest, query: QueryDict) -> Any:  # Any: Django's list
        """As the address with this query shows it; None where that makes no sense."""
        asked = copy(request)
        asked.GET = query  # type: ignore[assignment]  # Django's own cannot be changed; nobody changes this one
        asked.method = "GET"
        try:
            return self.get_changelist_instance(asked)
        except IncorrectLookupParameters:
            return None

    def live_answer(self, request: HttpRequest, caller: Caller) -> JsonResponse:
        """`?shown=` are ids, `?newest=` the largest of them, `?position=` that of the journal when they were read.

        While nothing is written anywhere, one look at the journal answers.
        """
        query = request.GET.copy()
        shown, newest, position = (query.pop(name, [""])[0] for name in OWN)
        now = str(journal.newest())
        if now == position:
            return JsonResponse({"position": now})
        cl, ids = self._list(request, query), shown.split(",")[: self.list_per_page]
        if cl is None:
            return JsonResponse({"position": now})
        from unfold.templatetags.unfold_list import results  # it wants the theme, which only pages load

        found = {row.pk: row for row in cl.result_list}
        rows = {
            result.instance.pk: "<tr>" + format_html_join("", "{}", ((cell,) for cell in result)) + "</tr>"
            for result in results(cl)
            if result.instance.pk in ids
        }
        missing = [pk for pk in ids if pk and pk not in found]
        there = (
            set(visible(self.kind, caller).filter(pk__in=missing).values_list("pk", flat=True)) if missing else set()
        )
        return JsonResponse(
            {
                "position": now,
                "rows": rows,
                "gone": [pk for pk in missing if pk not in there],
                "newer": sum(pk > newest for pk in found),
            }
        )
