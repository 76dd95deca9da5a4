"""What every list of a kind has: something done with many, files, views to come back to, what is new meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar

from django.contrib import messages
from django.forms.widgets import Script
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_GET, require_POST

from apps.resources.admin.base import AnyModelAdmin
from apps.resources.admin.forms import sentences
from apps.resources.admin.links import kind_said, list_url
from apps.resources.admin.list_kit.deeds import Chosen, Deed, perform
from apps.resources.admin.list_kit.files import FORMS, Record, as_file
from apps.resources.api.authentication import authenticate
from apps.resources.caller import Caller
from apps.resources.errors import StigmerError
from apps.resources.kind import Kind
from apps.resources.storage.saved_views import forget_view, save_view

LIST_SCRIPT = Script("resources/list.js", type="module")
PARTS = ("live", "export", "views")
Act = Callable[[str], object]


class ListPages(AnyModelAdmin):
    """Forms of the list send the ids of the rows that are ticked, or `all`, and the `filter` that they stand in."""

    kind: Kind
    ticked: ClassVar[str] = "run"
    """The name of the boxes."""

    # What a list has of its own

    def deeds(self, request: HttpRequest) -> Mapping[str, Deed]:
        raise NotImplementedError

    def choose(self, request: HttpRequest, deed: Deed, ids: Sequence[str], query: str | None) -> Chosen:
        """Of these rows, or of all that a query finds, the newest that the deed is for."""
        raise NotImplementedError

    def act(self, request: HttpRequest, deed: Deed) -> Act:
        """What is done with each. Raises StigmerError where what was typed for it makes no sense."""
        raise NotImplementedError

    def records(
        self, request: HttpRequest, ids: Sequence[str], query: str
    ) -> tuple[Sequence[str], Iterable[Record]] | None:
        """Names of columns, and rows; of these ids, or of all that the query finds. None where it makes no sense."""
        raise NotImplementedError

    def live_answer(self, request: HttpRequest, caller: Caller) -> JsonResponse:
        """JSON for the page's scripts."""
        raise NotImplementedError

    # What they share

    def get_urls(self) -> list[URLPattern]:
        views = {"live": self.live_view, "export": self.export_view, "views": self.views_view}
        own = [
            path(f"{name}/", self.admin_site.admin_view(views[name]), name=self._list_url_name(name)) for name in PARTS
        ]
        return [*own, *super().get_urls()]

    def list_urls(self) -> dict[str, str]:
        return {name: reverse(f"admin:{self._list_url_name(name)}") for name in PARTS}

    def counted(self, count: int) -> str:
        """`1 run`, `12 environments`."""
        return f"{count:,} {kind_said(self.kind.name) if count == 1 else self.kind.plural}"

    def plural(self) -> str:
        return self.kind.plural

    def do(self, request: HttpRequest) -> HttpResponse:
        """Say what will happen to those that were chosen; once that was answered, do it."""
        ids, query = request.POST.getlist(self.ticked), request.POST.get("filter", "")
        deed = self.deeds(request).get(request.POST.get("do", ""))
        back = HttpResponseRedirect(f"{list_url(self.kind)}?{query}")
        if deed is None or not (ids or request.POST.get("all")):
            messages.warning(request, f"Choose {self.plural()} first: tick them, or all that match.")
            return back
        try:
            act = self.act(request, deed)
        except StigmerError as error:
            messages.error(request, sentences(error))
            return back
        if request.POST.get("sure") == "yes":
            self._perform(request, deed, ids, act)
            return back
        chosen = self.choose(request, deed, ids, query if request.POST.get("all") else None)
        asking = f"{deed.verb} {self.counted(len(chosen.lines))}"
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "deed": deed,
            "chosen": chosen,
            "ticked": self.ticked,
            "typed": request.POST.get("typed", "") if deed.asks else "",
            "asking": asking,
            "title": f"{asking}?",
            "query": query,
            "back": back.url,
        }
        return render(request, "resources/list_sure.html", context)

    def _perform(self, request: HttpRequest, deed: Deed, ids: Sequence[str], act: Act) -> None:
        outcome = perform(ids, act)
        if outcome.done:
            messages.success(
                request, f"{self.counted(outcome.done)} {'is' if outcome.done == 1 else 'are'} {deed.done}."
            )
        for complaint in outcome.complaints:
            messages.error(request, complaint)

    @method_decorator(require_GET)
    def live_view(self, request: HttpRequest) -> JsonResponse:
        return self.live_answer(request, authenticate(request))

    @method_decorator(csrf_protect)
    @method_decorator(require_POST)
    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """The rows that were ticked, or all that the list shows."""
        query, form = request.POST.get("filter", ""), request.POST.get("format", "")
        ids = [] if request.POST.get("all") else request.POST.getlist(self.ticked)
        found = self.records(request, ids, query) if form in FORMS else None
        if found is None:
            return HttpResponseRedirect(f"{list_url(self.kind)}?{query}")
        columns, records = found
        return as_file(self.kind, form, columns, records)

    @method_decorator(csrf_protect)
    @method_decorator(require_POST)
    def views_view(self, request: HttpRequest) -> HttpResponse:
        """Put the list aside under a name, or forget one."""
        caller, page, query = authenticate(request), self.kind.name, request.POST.get("query", "")
        try:
            if name := request.POST.get("forget"):
                forget_view(page, name, caller)
            else:
                save_view(page, request.POST.get("name", ""), query, caller)
        except StigmerError as error:
            messages.error(request, sentences(error))
        return HttpResponseRedirect(f"{list_url(self.kind)}?{query}")

    def _list_url_name(self, name: str) -> Any:  # Any: as Django has it
        return f"resources_{self.opts.model_name}_{name}"
