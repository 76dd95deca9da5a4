"""Which runs: of both kinds together, newest first, by what they are of, when, how they ended and their words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from heapq import merge
from itertools import islice
from typing import Any, Final

from django.core import signing
from django.db.models import Q, QuerySet

from apps.resources.caller import Caller
from apps.resources.errors import InvalidInput
from apps.resources.executions.kind import ExecutionKind
from apps.resources.executions.model import Execution, Phase
from apps.resources.executions.run_text import Wanted, find_runs
from apps.resources.json_value import Json
from apps.resources.registry import EXECUTION_KINDS, execution_kind_of
from apps.resources.storage.lookup import visible
from apps.resources.storage.paging import MAX_PAGE_SIZE
from apps.resources.storage.terms import newest_with_terms, terms_of, with_terms

UNREAD: Final = ("snapshot", "secrets", "status", "callback_token")
AT_ONCE: Final = 200
"""Runs found by their words that are looked at together."""
MOST_SORTED: Final = 10_000
"""Runs found by their words that are put in another order than that of time."""
DIGITS: Final = "0123456789abcdefghjkmnpqrstvwxyz"
SORTS: Final = {"": "", "started": "", "duration": "seconds", "tokens": "tokens"}


@dataclass(frozen=True)
class RunFilter:
    """What a run must meet; whatever is empty counts for nothing."""

    kinds: tuple[ExecutionKind, ...] = EXECUTION_KINDS
    org: str = ""
    target_ids: Sequence[str] | None = None
    """Agents and workflows."""
    phase: Phase | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""
    error: str = ""
    input: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    also: Callable[[ExecutionKind, QuerySet[Any]], QuerySet[Any]] | None = None
    """What a page asks beyond that: fewer rows of a kind, or less of each."""

    @property
    def has_words(self) -> bool:
        return any(each.has_words for each in self.words)

    @property
    def words(self) -> list[Wanted]:
        """What the index of words is asked for."""
        inputs = [Wanted(f"{name} {value}") for name, value in self.input.items()]
        return [Wanted(self.text), Wanted(self.error, in_error=True), *inputs]

    def terms(self, kind: ExecutionKind) -> list[str]:
        """Its labels, as the index of them has them."""
        return terms_of(kind, (), self.labels) if self.labels else []

    def fits(self, row: Execution) -> bool:
        """What no index knows: the values of the input."""
        given = input_of(row) if self.input else {}  # pages read none of it otherwise
        values = (_is_value(given.get(name), value) for name, value in self.input.items() if name in given)
        return self.input.keys() <= given.keys() and all(values)


@dataclass(frozen=True)
class RunPage:
    rows: list[Execution]
    next_token: str = ""


def list_runs(
    wanted: RunFilter, caller: Caller, *, size: int, token: str = "", sort: str = "", ascending: bool = False
) -> RunPage:
    """A page, newest first; with `sort` in that order, without those that have none. Raises InvalidInput.

    `ascending` turns either order around.
    """
    if not 1 <= size <= MAX_PAGE_SIZE:
        raise InvalidInput.at("page_size", f"must be 1 to {MAX_PAGE_SIZE}, got {size}")
    if sort not in SORTS:
        raise InvalidInput.at("sort", f"must be started, duration or tokens, got {sort!r}")
    if SORTS[sort] or (ascending and wanted.has_words):
        column = SORTS[sort] or "created_at"
        some = [*islice(_sorted(wanted, caller, column, _place_of(token), ascending=ascending), size + 1)]
        last = " ".join(map(str, _place(column, some[size - 1]))) if len(some) > size else ""
        return RunPage(some[:size], _signer().sign(last) if last else "")
    after = _opened(token)
    if wanted.has_words:
        found = _by_words(wanted, caller, after)
    else:
        found = _by_time(wanted, caller, after, size, ascending=ascending)
    page = list(islice(found, size + 1))
    next_token = _signer().sign(page[size - 1][0]) if len(page) > size else ""
    return RunPage([row for _, row in page[:size]], next_token)


def input_of(row: Execution) -> dict[str, Json]:
    """The input of a workflow's run; of former versions, as text."""
    given: dict[str, Json] = getattr(row, "input", None) or (row.spec or {}).get("trigger_metadata") or {}
    return given


def _is_value(value: Json, written: str) -> bool:
    return value == written if isinstance(value, str) else str(value).lower() == written.lower()


def rows_of(kind: ExecutionKind, wanted: RunFilter, caller: Caller) -> QuerySet[Any]:
    """Those of one kind that meet what a database answers by itself: all but words and inputs."""
    rows = with_terms(visible(kind, caller).defer(*UNREAD), wanted.terms(kind))
    if wanted.org:
        rows = rows.filter(org=wanted.org)
    if wanted.target_ids is not None:
        rows = rows.filter(target_id__in=wanted.target_ids)
    if wanted.phase is not None:
        rows = rows.filter(phase=wanted.phase)
    if wanted.since is not None:
        rows = rows.filter(pk__gte=f"{kind.prefix}-{_first_of(wanted.since)}")
    if wanted.until is not None:
        rows = rows.filter(pk__lt=f"{kind.prefix}-{_first_of(wanted.until)}")
    return rows if wanted.also is None else wanted.also(kind, rows)


def _by_time(
    wanted: RunFilter, caller: Caller, after: str, size: int, *, ascending: bool
) -> Iterator[tuple[str, Execution]]:
    """By their ids, which begin with the time behind the prefix."""
    lists = [_of_kind(kind, wanted, caller, after, size, ascending=ascending) for kind in wanted.kinds]
    for row in merge(*lists, key=_moment, reverse=not ascending):
        yield _moment(row), row


def _of_kind(
    kind: ExecutionKind, wanted: RunFilter, caller: Caller, after: str, size: int, *, ascending: bool
) -> Iterator[Execution]:
    rows, terms = rows_of(kind, wanted, caller), wanted.terms(kind)
    beyond = "pk__gt" if ascending else "pk__lt"
    while True:
        bound = f"{kind.prefix}-{after}" if after else ""
        if terms and not ascending:
            some = newest_with_terms(rows, terms, size + 1, bound)
        else:
            some = rows.filter(**{beyond: bound}) if bound else rows
        page = list(some.order_by("pk" if ascending else "-pk")[: size + 1])
        yield from (row for row in page if wanted.fits(row))
        if len(page) <= size:
            return
        after = _moment(page[-1])


def _by_words(wanted: RunFilter, caller: Caller, after: str) -> Iterator[tuple[str, Execution]]:
    before = int(after) if after.isdigit() else None
    while True:
        found = find_runs(wanted.words, before=before, most=AT_ONCE)
        rows = _of_ids([execution_id for _, execution_id in found], wanted, caller)
        for number, execution_id in found:
            if execution_id in rows:
                yield str(number), rows[execution_id]
        if len(found) < AT_ONCE:
            return
        before = found[-1][0]


def _of_ids(ids: Sequence[str], wanted: RunFilter, caller: Caller) -> dict[str, Execution]:
    found: dict[str, Execution] = {}
    for kind in wanted.kinds:
        some = [each for each in ids if execution_kind_of(each) is kind]
        found |= {row.pk: row for row in rows_of(kind, wanted, caller).filter(pk__in=some) if wanted.fits(row)}
    return found


def _sorted(
    wanted: RunFilter, caller: Caller, column: str, after: tuple[float, str] | None, *, ascending: bool
) -> Iterator[Execution]:
    """By that column, those with the same by their ids; from behind the place that `after` tells (`_place`)."""
    place = partial(_place, column)
    if wanted.has_words:
        found = [row for row in runs_with_words(wanted, caller, MOST_SORTED) if getattr(row, column) is not None]
        ordered = sorted(found, key=place, reverse=not ascending)
        return (row for row in ordered if after is None or (place(row) > after if ascending else place(row) < after))
    lists = [_by_column(kind, wanted, caller, column, after, ascending=ascending) for kind in wanted.kinds]
    return merge(*lists, key=place, reverse=not ascending)


def _place(column: str, row: Execution) -> tuple[float, str]:
    value = getattr(row, column)
    return (value.timestamp() if isinstance(value, datetime) else value), _moment(row)


def _place_of(token: str) -> tuple[float, str] | None:
    """What a page token of a sorted list tells; None for the first page. Raises InvalidInput."""
    opened = _opened(token)
    value, _, moment = opened.partition(" ")
    if opened and not moment:
        raise InvalidInput.at("page_token", "is of a list that is sorted otherwise")
    return (float(value) if "." in value or "e" in value else int(value), moment) if opened else None


def runs_with_words(wanted: RunFilter, caller: Caller, most: int) -> list[Execution]:
    """The runs that fit among the newest `most` that have the words, in no order."""
    ids = [execution_id for _, execution_id in find_runs(wanted.words, before=None, most=most)]
    return [*_of_ids(ids, wanted, caller).values()]


def newest_runs(wanted: RunFilter, caller: Caller, most: int) -> list[Execution]:
    """The newest `most` runs that fit, whatever words they have."""
    return [row for _, row in islice(_by_time(wanted, caller, "", AT_ONCE, ascending=False), most)]


def _by_column(
    kind: ExecutionKind,
    wanted: RunFilter,
    caller: Caller,
    column: str,
    after: tuple[float, str] | None,
    *,
    ascending: bool,
) -> Iterator[Execution]:
    rows = rows_of(kind, wanted, caller).filter(**{f"{column}__isnull": False})
    if after is not None:
        value, beyond = after[0], "gt" if ascending else "lt"
        of_the_same = Q(**{column: value, f"pk__{beyond}": f"{kind.prefix}-{after[1]}"})
        # The first condition is what the index of the column needs to begin there.
        rows = rows.filter(of_the_same | Q(**{f"{column}__{beyond}": value}), **{f"{column}__{beyond}e": value})
    rows = rows.order_by(column, "pk") if ascending else rows.order_by(f"-{column}", "-pk")
    return (row for row in rows.iterator(AT_ONCE) if wanted.fits(row))


def _moment(row: Execution) -> str:
    return str(row.pk).partition("-")[2]


def _first_of(at: datetime) -> str:
    """The first id that may have been made at this time, without its prefix."""
    milliseconds = max(0, int(at.timestamp() * 1000))
    return "".join(DIGITS[milliseconds >> 5 * place & 31] for place in range(9, -1, -1)) + "0" * 16


def _opened(token: str) -> str:
    try:
        return _signer().unsign(token) if token else ""
    except signing.BadSignature:
        raise InvalidInput.at("page_token", "was not issued by this server for this list") from None


def _signer() -> signing.Signer:
    return signing.Signer(salt="page.runs")
