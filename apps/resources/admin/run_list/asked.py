"""What the address of a list of runs asks for, read as `stigmer executions list` reads its options."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast, Substr
from django.http import QueryDict

from apps.resources.admin.about import SHOWN as SHOWN_OF_INPUT
from apps.resources.admin.about import with_about
from apps.resources.admin.relations import ancestors
from apps.resources.caller import Caller
from apps.resources.errors import NotFound
from apps.resources.executions.kind import ExecutionKind
from apps.resources.executions.listing import RunFilter
from apps.resources.executions.model import Phase, Waiting
from apps.resources.registry import AGENT, AGENT_EXECUTION, WORKFLOW
from apps.resources.running.names import get_named, wanted_targets
from apps.resources.storage.inventory import visible_projects

SHOWN: Final = 240
"""Characters of an error in a list."""
TYPED: Final = ("q", "phase", "of", "project", "since", "until", "input", "error", "label", "org")
ASKED: Final = (*TYPED, "o", "after")
IGNORED: Final = ("p", "_changelist_filters", "_facets")
PAUSED: Final = "paused"
SORTS: Final = ("started", "duration", "tokens")
COLUMNS: Final = (
    *("id", "name", "slug", "org", "phase", "waiting", "labels", "target_id", "tokens", "seconds"),
    *("created_at", "started_at", "completed_at", "cancel_requested_at"),
)
UNITS: Final = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
LONGEST_AGO: Final = 100_000
Narrowing = Callable[[ExecutionKind, QuerySet[Any]], QuerySet[Any]]


@dataclass(frozen=True)
class Asked:
    """`given` is what was typed, by parameter; `problems` are sentences about what of it has no meaning."""

    wanted: RunFilter
    given: Mapping[str, str]
    problems: Sequence[str] = ()
    sort: str = "started"
    ascending: bool = False
    after: str = ""

    @property
    def is_narrowed(self) -> bool:
        return any(name not in {"o", "after"} for name in self.given)

    @property
    def is_by_time(self) -> bool:
        return self.sort == "started"

    def query(self, **other: str) -> str:
        """The same as the query of an address, with other values; one that is empty is left out."""
        made = QueryDict(mutable=True)
        for name, value in {**self.given, **other}.items():
            if value:
                made[name] = value
        return made.urlencode()


def read(kind: ExecutionKind, data: QueryDict, caller: Caller, *, whole: bool = False) -> Asked:
    """Rows come as lists show them, or as a `whole`. Raises DisallowedModelAdminLookup for what narrows no list."""
    paths = {path: above for above, path in ancestors(kind)}
    for name in data:
        if name not in {*ASKED, *IGNORED, *paths}:
            raise DisallowedModelAdminLookup(f"Filtering by {name} not allowed")
    typed = {name: str(data.get(name, "")).strip() for name in (*ASKED, *paths)}
    given = {name: value for name, value in typed.items() if value}
    problems: list[str] = []
    sort = given.get("o", "-started")
    if sort.removeprefix("-") not in SORTS:
        problems.append(f"Runs are not sorted by {sort}: {', '.join(SORTS)}.")
        sort = "-started"
    return Asked(
        wanted=_Reading(kind, given, caller, problems, whole).wanted(paths),
        given=given,
        problems=problems,
        sort=sort.removeprefix("-"),
        ascending=not sort.startswith("-"),
        after=given.get("after", ""),
    )


@dataclass
class _Reading:
    kind: ExecutionKind
    given: Mapping[str, str]
    caller: Caller
    problems: list[str]
    whole: bool

    def wanted(self, paths: Mapping[str, Any]) -> RunFilter:
        given, under = self.given, {path: self.given[path] for path in paths if path in self.given}
        phase, conditions = self._phase()
        targets = self._targets([under.pop(path) for path in [*under] if paths[path] in (AGENT, WORKFLOW)])
        text = given.get("q", "")
        if re.fullmatch(f"{self.kind.prefix}-[0-9a-z]{{26}}", text):
            conditions, text = {**conditions, "pk": text}, ""
        inputs = dict(self._pairs("input"))
        return RunFilter(
            kinds=(self.kind,),
            org=given.get("org", ""),
            target_ids=targets,
            phase=phase,
            since=self._moment("since"),
            until=self._moment("until"),
            text=text,
            error=given.get("error", ""),
            input=inputs,
            labels=dict(self._pairs("label")),
            also=narrowing({**under, **conditions}, reads_input=bool(inputs), whole=self.whole),
        )

    def _phase(self) -> tuple[Phase | None, dict[str, str]]:
        """By its number, as links have it, or by its name; and what else a row must meet."""
        said = self.given.get("phase", "").lower()
        if said == PAUSED:
            return Phase.IN_PROGRESS, {"waiting": Waiting.PAUSED}
        for phase in Phase:
            if said in {str(phase.value), phase.label, phase.label.replace(" ", "_")}:
                return phase, {}
        if said:
            self.problems.append(f"There is no phase {said}.")
        return None, {}

    def _targets(self, above: Sequence[str]) -> list[str] | None:
        """Ids of what the runs are of, by all that was said of it; None for whatever."""
        found: list[set[str]] = [set(above)] if above else []
        of, chosen, org = self.given.get("of"), self.given.get("project"), self.given.get("org", "")
        if of:
            kind = AGENT if self.kind is AGENT_EXECUTION else WORKFLOW
            try:
                found.append({get_named(kind, of, org or self.caller.org, self.caller).pk})
            except NotFound:
                self.problems.append(f"There is no {kind.model._meta.verbose_name} {of}.")
        if chosen:
            projects = visible_projects(self.caller)
            by = {"pk": chosen} if chosen.isdecimal() else {"name": chosen}
            project = projects.filter(**by).first()
            if project is None:
                self.problems.append(f"There is no project {chosen}.")
            else:
                found.append(set(wanted_targets("", "", project.name, project.org, self.caller)[1] or ()))
        return sorted(set.intersection(*found)) if found else None

    def _pairs(self, parameter: str) -> Iterator[tuple[str, str]]:
        """`name=value`, several with commas between them."""
        for part in filter(None, (each.strip() for each in self.given.get(parameter, "").split(","))):
            name, equals, value = part.partition("=")
            if name.removesuffix(":") and equals:
                yield name.removesuffix(":").strip(), value.strip()
            else:
                self.problems.append(f"{part} is no {parameter}: write name=value.")

    def _moment(self, name: str) -> datetime | None:
        said = self.given.get(name, "")
        found = moment_said(said) if said else None
        if said and found is None:
            self.problems.append(f"{said} is no time: write 30m, 24h, 7d, or 2026-11-30 14:00.")
        return found


def moment_said(text: str) -> datetime | None:
    """`24h` ago, or a date with or without a time, in the zone of this machine where it names none; None for others."""
    ago = re.fullmatch(r"(\d{1,6}) ?([mhdw])", text)
    if ago and int(ago[1]) <= LONGEST_AGO:
        return datetime.now(UTC) - int(ago[1]) * UNITS[ago[2]]
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def narrowing(conditions: Mapping[str, Any], *, reads_input: bool = False, whole: bool = False) -> Narrowing:
    def also(kind: ExecutionKind, rows: QuerySet[Any]) -> QuerySet[Any]:
        """With `about`, `given` and `said`, cut by the database: inputs and errors may be large."""
        if whole:
            return rows.filter(**conditions)
        has_input = kind is not AGENT_EXECUTION
        cut = {"said": Substr("error", 1, SHOWN)}
        if has_input:
            cut["given"] = Substr(Cast("input", TextField()), 1, SHOWN_OF_INPUT)
        named = with_about(kind, rows).annotate(**cut)
        read = ("input", "spec") if reads_input and has_input else ("spec",) if reads_input else ()
        found: QuerySet[Any] = named.filter(**conditions).only(*COLUMNS, *read)
        return found

    return also
