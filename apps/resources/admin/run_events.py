"""What happened in a run as it was recorded, a page at a time, and single values of it by themselves."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_GET

from apps.resources.admin.base import Context
from apps.resources.admin.live.texts import preview
from apps.resources.admin.live.values import answer, event_value, output_of, part_value, recorded
from apps.resources.admin.resource import ResourceAdmin
from apps.resources.api.authentication import authenticate
from apps.resources.caller import Caller
from apps.resources.executions.kind import ExecutionKind
from apps.resources.executions.listing import input_of
from apps.resources.executions.model import Execution
from apps.resources.json_value import Json
from apps.resources.storage.lookup import visible

MAX_ID: Final = 2**63 - 1


def number_said(request: HttpRequest, name: str) -> int:
    """A number of the address; 0 for none, and for what is none."""
    said = request.GET.get(name, "")
    return min(int(said), MAX_ID) if said.isascii() and said.isdigit() else 0


class RunEvents(ResourceAdmin):
    """The page of all events, and addresses of values: without scripts, these are where the whole is to be read."""

    execution_kind: ExecutionKind

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(f"<path:object_id>/{name}/", self.admin_site.admin_view(view), name=self._url_name(name))
            for name, view in (("events", self.events_view), ("value", self.value_view))
        ]
        return [*own, *super().get_urls()]

    @method_decorator(require_GET)
    def events_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """`?after=` is the number of the last event of the page before."""
        row = self.get_object(request, object_id, None)
        if row is None:
            raise Http404
        after, caller = number_said(request, "after"), authenticate(request)
        events, has_more = recorded(self.execution_kind, object_id, after, caller)
        heading = self.head(request, row)
        context = {
            **self._page_context(request),
            "original": row,
            **heading,
            "title": f"Events · {heading['heading']}",
            "back_to": "Back to the run",
            "events": [{"event": each, "clock": f"{datetime.fromisoformat(each.at):%H:%M:%S}"} for each in events],
            "after": after,
            "next_after": events[-1].number if has_more else 0,
            "value_url": self._value_url(object_id),
        }
        return render(request, "resources/events.html", context)

    @method_decorator(require_GET)
    def value_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """An event, or with `?part=` one field of it; event 0 is what the run was given."""
        caller, kind = authenticate(request), self.execution_kind
        number, place, part = number_said(request, "event"), number_said(request, "place"), request.GET.get("part", "")
        try:
            if not number:
                value = self._given(object_id, caller)
            elif part:
                value = part_value(kind, object_id, number, place, part, caller)
            else:
                value = event_value(kind, object_id, number, caller)
        except LookupError:
            raise Http404 from None
        return answer(value, "-".join(filter(None, [object_id, str(number) if number else "input", part])))

    def values_context(self, row: Execution, caller: Caller) -> Context:
        """Input and output as far as the page of the run has them by itself."""
        given, at = input_of(row), self._value_url(row.pk)
        found: Context = {"input": {"text": preview(given), "address": at} if given else None, "output": {"event": 0}}
        number, output = output_of(self.execution_kind, row, caller)
        if number and output:
            address = f"{at}?event={number}&place=0&part=output"
            found["output"] = {"event": number, "text": preview(output), "address": address}
        return found

    def _given(self, execution_id: str, caller: Caller) -> Json:
        """Raises LookupError."""
        row: Any = visible(self.execution_kind, caller).filter(pk=execution_id).first()
        if row is None:
            raise LookupError(execution_id)
        return input_of(row)

    def _value_url(self, execution_id: str) -> str:
        return reverse(f"admin:{self._url_name('value')}", args=[execution_id])

    def _url_name(self, name: str) -> str:
        return f"resources_{self.opts.model_name}_{name}"
