"""The list of runs of one kind: what its template is given, and what its scripts ask for meanwhile."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from django.db.models import QuerySet
from django.http import HttpRequest, JsonResponse
from django.template.loader import render_to_string

from apps.resources.admin.base import Context
from apps.resources.admin.links import kind_said
from apps.resources.admin.list_kit.saved import views_of
from apps.resources.admin.relations import ancestors
from apps.resources.admin.run_list.asked import PAUSED, TYPED, Asked, narrowing, read
from apps.resources.admin.run_list.lines import Line, lines
from apps.resources.caller import Caller
from apps.resources.errors import InvalidInput
from apps.resources.executions.kind import ExecutionKind
from apps.resources.executions.listing import RunFilter, RunPage, list_runs, rows_of
from apps.resources.executions.model import Phase
from apps.resources.executions.totals import Totals, totals_of
from apps.resources.registry import AGENT, AGENT_EXECUTION, WORKFLOW
from apps.resources.storage.inventory import visible_projects
from apps.resources.storage.lookup import visible
from apps.shared.counts import counted

SIZE: Final = 50
MOST_NEWER: Final = 20
MOST_CHOICES: Final = 100
TIMES: Final = ("1h", "24h", "7d", "30d")
FOLDED: Final = ("of", "project", "until", "input", "error", "label", "org")
"""Filters that stand behind "More filters" until one of them is used."""
BUILT_IN: Final = (
    ("All", ""),
    ("In progress", "phase=2"),
    ("Paused", "phase=paused"),
    ("Failed in 24 h", "phase=4&since=24h"),
)
HEADS: Final = (("started", "Started"), ("duration", "Took"), ("tokens", "Tokens"))


@dataclass(frozen=True)
class Head:
    """Of a column that sorts; `order` is what `aria-sort` says."""

    title: str
    url: str
    order: str


def list_context(kind: ExecutionKind, request: HttpRequest, caller: Caller) -> Context:
    asked = read(kind, request.GET, caller)
    page, problems = _page(asked, caller)
    found = lines(kind, page.rows, caller)
    totals = Totals() if problems else totals_of(asked.wanted, caller)
    return {
        "title": titled(kind, totals),
        "kind": kind,
        "of_kind": _above(kind),
        "lines": found,
        "asked": asked,
        "problems": problems,
        "totals": said_totals(totals),
        "query": asked.query(after=""),
        "heads": [_head(asked, name, title) for name, title in HEADS],
        "views": views_of(kind, asked.query(after=""), BUILT_IN, caller),
        "filters": _filters(kind, asked, caller),
        "newest": page.rows[0].pk if page.rows and asked.is_by_time and not asked.ascending and not asked.after else "",
        "is_first_page": not asked.after,
        "older": asked.query(after=page.next_token) if page.next_token else "",
    }


def _page(asked: Asked, caller: Caller) -> tuple[RunPage, list[str]]:
    """Nothing where the address says what has no meaning: what it asks for is not what all the others are."""
    problems = [*asked.problems]
    if not problems:
        sort = "" if asked.is_by_time else asked.sort
        try:
            order = {"sort": sort, "ascending": asked.ascending}
            return list_runs(asked.wanted, caller, size=SIZE, token=asked.after, **order), []  # type: ignore[arg-type]
        except InvalidInput as error:
            problems = [error.message[:1].upper() + error.message[1:] + "."]
    return RunPage([]), problems


def titled(kind: ExecutionKind, totals: Totals) -> str:
    """With how they stand, for the tab of the browser."""
    if totals.live:
        return f"{totals.live:,} under way · {kind.title}"
    return f"{totals.failed:,} failed · {kind.title}" if totals.failed else kind.title


def said_totals(totals: Totals) -> str:
    """`1,204 runs · 12 failed · 3 under way · 48,120 tokens`."""
    rest = [
        f"{totals.failed:,} failed" if totals.failed else "",
        f"{totals.live:,} under way" if totals.live else "",
        counted(totals.tokens, "token") if totals.tokens else "",
    ]
    said = " · ".join(filter(None, rest))
    if totals.has_more:
        return f"More than {counted(totals.runs, 'run')}" + (f"; of the newest {totals.runs:,}: {said}" if said else "")
    return " · ".join(filter(None, [counted(totals.runs, "run"), said]))


def _head(asked: Asked, name: str, title: str) -> Head:
    """The first click shows the newest, longest or largest first, the next one turns it around."""
    is_sorted = asked.sort == name
    order = name if is_sorted and not asked.ascending else f"-{name}"
    url = asked.query(after="", o="" if order == "-started" else order)
    return Head(title, f"?{url}", ("ascending" if asked.ascending else "descending") if is_sorted else "none")


def _above(kind: ExecutionKind) -> str:
    """What runs of this kind are of, as people say it."""
    return kind_said((AGENT if kind is AGENT_EXECUTION else WORKFLOW).name)


def _filters(kind: ExecutionKind, asked: Asked, caller: Caller) -> Context:
    """What the form offers; `kept` goes along unseen, `chips` show what has no field."""
    above, given = AGENT if kind is AGENT_EXECUTION else WORKFLOW, asked.given
    paths = {path: of for of, path in ancestors(kind)}
    projects = visible_projects(caller).order_by("-pk").values_list("pk", "name")[:MOST_CHOICES]
    phases = [*((str(phase.value), phase.label) for phase in Phase), (PAUSED, "paused")]
    return {
        "phases": [(value, label, given.get("phase") == value) for value, label in phases],
        "times": TIMES,
        "names": visible(above, caller).order_by("-pk").values_list("slug", flat=True)[:MOST_CHOICES],
        "projects": [(str(pk), name, given.get("project") == str(pk)) for pk, name in projects],
        "is_open": any(name in given for name in FOLDED),
        "kept": [(name, value) for name, value in given.items() if name not in TYPED and name != "after"],
        "chips": [_chip(path, of, asked, caller) for path, of in paths.items() if path in given],
    }


def _chip(path: str, of: Any, asked: Asked, caller: Caller) -> tuple[str, str]:  # Any: a kind of some table
    """What somebody came here by, and the address without it."""
    chosen = asked.given[path]
    name = visible(of, caller).filter(pk=chosen).values_list("name", flat=True).first()
    return f"{kind_said(of.name)} {name or chosen}", f"?{asked.query(**{path: '', 'after': ''})}"


def live_answer(kind: ExecutionKind, request: HttpRequest, caller: Caller) -> JsonResponse:
    """JSON for the scripts of the page: `?shown=` are runs that were under way, `?newest=` is the first one shown."""
    data = request.GET.copy()
    shown, newest, wants_totals = (data.pop(name, [""])[0] for name in ("shown", "newest", "totals"))
    asked = read(kind, data, caller)
    answer: dict[str, Any] = {"rows": _fresh(kind, shown.split(",")[:SIZE], caller)}
    if asked.problems:
        return JsonResponse({**answer, "newer": 0})
    if asked.is_by_time and not asked.ascending:
        answer["newer"] = _newer(asked.wanted, newest, caller)
    if wants_totals:
        totals = totals_of(asked.wanted, caller)
        answer |= {"totals": said_totals(totals), "title": titled(kind, totals)}
    return JsonResponse(answer)


def _fresh(kind: ExecutionKind, ids: Iterable[str], caller: Caller) -> dict[str, str]:
    """Markup of the rows of these runs; those that are gone are left out."""
    wanted = RunFilter(kinds=(kind,), also=narrowing({"pk__in": [each for each in ids if each]}))
    return {each.pk: row_html(kind, each) for each in lines(kind, rows_of(kind, wanted, caller), caller)}


def row_html(kind: ExecutionKind, line: Line) -> str:
    return render_to_string("resources/run_line.html", {"line": line, "of_kind": _above(kind)})


def _newer(wanted: RunFilter, newest: str, caller: Caller) -> int:
    """How many runs came since; one more than MOST_NEWER stands for more."""
    before = wanted.also

    def also(kind: ExecutionKind, rows: QuerySet[Any]) -> QuerySet[Any]:
        found = rows if before is None else before(kind, rows)
        return found.filter(pk__gt=newest) if newest else found

    return len(list_runs(replace(wanted, also=also), caller, size=MOST_NEWER + 1).rows)
