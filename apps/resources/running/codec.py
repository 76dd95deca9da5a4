"""What there is to know of runs beyond their executions, on the wire."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from stigmer_proto.controlplane.v1 import runs_pb2

from apps.resources.api.services import moment_in
from apps.resources.caller import Caller
from apps.resources.errors import InvalidInput, NotFound
from apps.resources.executions.listing import input_of
from apps.resources.executions.model import Execution, Phase
from apps.resources.executions.retries import can_be_retried, try_of
from apps.resources.executions.usage import BY, Spent, UsageFilter, parts_in, spent_by, spent_in, sum_up
from apps.resources.registry import AGENT, execution_kind_of
from apps.resources.running.names import names_of, owners_of_agents, wanted_targets
from apps.resources.running.retry import retried_by
from apps.resources.storage.inventory import project_of
from apps.resources.storage.lookup import get_row, visible
from apps.shared.annotations import RERUN_OF, RETRY_FROM, RETRY_OF

Request = Any  # generated classes
SHOWN: Final = 500
"""Characters of an input or an error in a list."""
CENTS_OF_CENTS: Final = Decimal("0.000001")
"""What a cost is rounded to."""


def entries_of(rows: list[Execution], caller: Caller, *, with_cost: bool) -> list[runs_pb2.RunEntry]:
    """As lists show them."""
    names = names_of(rows, caller)
    spent = spent_by([row.pk for row in rows if row.tokens]) if with_cost else {}
    return [_entry(row, names.get(row.target_id, row.target_id), spent.get(row.pk)) for row in rows]


def details_of(execution_id: str, caller: Caller) -> runs_pb2.RunDetails:
    """Raises NotFound."""
    kind = execution_kind_of(execution_id)
    if kind is None:
        raise NotFound("execution", execution_id)
    row = get_row(kind, execution_id, caller)
    project = project_of(row.target_id, caller) if row.target_id else None
    sums = spent_in(parts_in(execution_id, caller))
    return runs_pb2.RunDetails(
        run=entries_of([row], caller, with_cost=True)[0],
        attempt=row.attempt,
        project=project.name if project else "",
        rerun_of=row.annotations.get(RERUN_OF, ""),
        usage=_most_first(sums.spent),
        price_problem=sums.prices.problem,
        retry_of=row.annotations.get(RETRY_OF, ""),
        retry_from=row.annotations.get(RETRY_FROM, ""),
        retried_by=retried_by(row, caller),
        try_number=try_of(row),
        can_be_retried=can_be_retried(row),
    )


def usage_of(request: Request, caller: Caller) -> runs_pb2.UsageResponse:
    """Raises InvalidInput, NotFound."""
    by = request.by or "agent"
    if by not in BY:
        raise InvalidInput.at("by", f"must be one of {', '.join(BY)}, got {request.by!r}")
    _, targets = wanted_targets(request.agent, "", request.project, request.org, caller)
    wanted = UsageFilter(
        org=request.org,
        target_ids=targets,
        model=request.model,
        since=moment_in(request, "since"),
        until=moment_in(request, "until"),
    )
    owners = owners_of_agents(caller) if by == "project" else {}
    sums = sum_up(
        wanted,
        "agent" if by == "project" else by,
        caller,
        utc_offset=request.utc_offset_seconds,
        key_of=(lambda agent: owners.get(agent, "")) if by == "project" else str,
    )
    spent = _by_slug(sums.spent, caller) if by == "agent" else sums.spent
    return runs_pb2.UsageResponse(
        entries=[_usage(*each) for each in sorted(spent.items())] if by == "day" else _most_first(spent),
        total=_usage("", sums.total),
        unpriced_models=sums.unpriced_models,
        price_source=sums.prices.source,
        price_file=sums.prices.file,
        price_problem=sums.prices.problem,
    )


def _by_slug(spent: Mapping[str, Spent], caller: Caller) -> dict[str, Spent]:
    """By the names of agents; those of several organizations, or gone, keep their ids where names would be doubled."""
    slugs = dict(visible(AGENT, caller).filter(pk__in=[*spent]).values_list("pk", "slug"))
    several = {slug for slug in slugs.values() if [*slugs.values()].count(slug) > 1}
    return {pk if (slug := slugs.get(pk, pk)) in several else slug: each for pk, each in spent.items()}


def _most_first(spent: Mapping[str, Spent]) -> list[runs_pb2.UsageEntry]:
    def key(each: tuple[str, Spent]) -> tuple[Decimal, int, str]:
        return -(each[1].cost or Decimal(0)), -(each[1].read + each[1].written), each[0]

    return [_usage(*each) for each in sorted(spent.items(), key=key)]


def _usage(key: str, spent: Spent) -> runs_pb2.UsageEntry:
    return runs_pb2.UsageEntry(
        key=key,
        runs=spent.runs,
        input_tokens=spent.read,
        output_tokens=spent.written,
        cost=_cost(spent),
        unpriced_tokens=spent.unpriced,
    )


def _cost(spent: Spent | None) -> str:
    if spent is None or spent.cost is None:
        return ""
    return format(spent.cost.quantize(CENTS_OF_CENTS).normalize(), "f")


def _entry(row: Execution, name: str, spent: Spent | None) -> runs_pb2.RunEntry:
    spec, given = row.spec or {}, input_of(row)
    message = spec.get("message") or spec.get("trigger_message") or ""
    entry = runs_pb2.RunEntry(
        id=row.pk,
        kind=type(row).__name__,
        name=name,
        phase=Phase(row.phase).wire_name,
        waiting=row.waiting,
        input=(message or (json.dumps(given, ensure_ascii=False) if given else ""))[:SHOWN],
        error=row.error[:SHOWN],
        tokens=row.tokens or 0,
        labels=row.labels,
        cost=_cost(spent),
    )
    for field in ("created_at", "started_at", "completed_at"):
        if (at := getattr(row, field)) is not None:
            getattr(entry, field).FromDatetime(at)
    return entry
