"""Prints how much more lists of runs cost among 1,000,000 than among 1,000, as JSON by name. A process of its own."""

from __future__ import annotations

import json
import os
import statistics
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stigmer_site.settings")

import django

django.setup()

from django.conf import settings
from django.core.management import call_command
from django.db import connection, models

from apps.resources.caller import LOCAL
from apps.resources.executions.listing import RunFilter, list_runs
from apps.resources.executions.model import Phase, RunText
from apps.resources.kinds.workflow_execution.model import WorkflowExecution
from apps.resources.registry import BY_NAME, WORKFLOW_EXECUTION
from apps.resources.storage.terms import terms_of
from apps.resources.term import ResourceTerm
from apps.resources.wire.codec import draft_from_json
from apps.resources.writes import actions
from benchmarks.measuring import milliseconds

FEW, MANY = 1_000, 1_000_000
SIZE, ROUNDS = 50, 40
KINDS = (WORKFLOW_EXECUTION,)
LABEL = {"team": "shop"}
SPEC = {
    "document": {"dsl": "1.0.0", "namespace": "local", "name": "w", "version": "1.0.0"},
    "tasks": [{"name": "t", "kind": "WORKFLOW_TASK_KIND_SET", "task_config": {"variables": {"x": "1"}}}],
}


def main() -> None:
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    call_command("migrate", verbosity=0)
    actions.ensure_organization("local", "")
    envelope = {"metadata": {"name": "model", "owner_scope": "organization"}, "spec": SPEC}
    workflow = actions.apply([draft_from_json(BY_NAME["Workflow"], envelope, LOCAL)], LOCAL)[0].row
    now = datetime.now(UTC)
    instance = workflow.status["default_instance_id"]
    values = {"target_id": workflow.pk, "phase": Phase.COMPLETED, "org": "local", "created_at": now, "updated_at": now}
    model = WorkflowExecution(
        id="model", slug="model", instance_id=instance, status_updated_at=now, version=1, **values
    )
    model.save(force_insert=True)
    _fill(0, FEW)
    few = _measured(workflow.pk)
    _fill(FEW, MANY)
    print(json.dumps({name: cost / few[name] for name, cost in _measured(workflow.pk).items()}))


def _measured(workflow_id: str) -> dict[str, float]:
    """Milliseconds of a page: of the runs with a word that 50 have, and by what lists are filtered by."""
    wanted = {
        "a word": RunFilter(KINDS, text="shop000003"),
        "phase and workflow": RunFilter(KINDS, org="local", target_ids=[workflow_id], phase=Phase.FAILED),
        "a label": RunFilter(KINDS, org="local", labels=LABEL),
    }
    return {name: statistics.median(_times(each)) for name, each in wanted.items()}


def _times(wanted: RunFilter) -> Iterator[float]:
    if len(list_runs(wanted, LOCAL, size=SIZE).rows) != SIZE:
        raise RuntimeError(f"no full page of {wanted}")
    for _ in range(ROUNDS):
        yield milliseconds(lambda: list_runs(wanted, LOCAL, size=SIZE))


def _fill(start: int, end: int) -> None:
    """Runs like the one that is called `model`: every tenth failed, every twentieth with a label."""
    [term] = terms_of(WORKFLOW_EXECUTION, (), LABEL)
    numbers = f"WITH RECURSIVE numbers(i) AS (SELECT {start} UNION ALL SELECT i + 1 FROM numbers WHERE i + 1 < {end})"
    key = "printf('wex-%026d', i)"
    phase = f"CASE i % 10 WHEN 0 THEN {Phase.FAILED} ELSE model.phase END"
    _insert(numbers, WorkflowExecution, {"id": key, "slug": "'run-' || i", "phase": phase}, "model")
    text = {"id": "i + 1", "execution_id": key, "name": "'run'", "input": "''", "output": "''", "error": "''"}
    _insert(numbers, RunText, text | {"message": f"printf('order of shop%06d', i / {SIZE})"})
    _insert(numbers, ResourceTerm, {"id": "i + 1", "term": f"'{term}'", "resource_id": key}, where="i % 20 = 0")


def _insert(
    numbers: str, into: type[models.Model], own: Mapping[str, str], model: str = "", where: str = "true"
) -> None:
    """A row for each number. What is not among the expressions `own` is as the row `model` has it."""
    columns = [str(field.column) for field in into._meta.concrete_fields]
    values = ", ".join(own.get(column, f"model.{column}") for column in columns)
    table = into._meta.db_table
    source = f"numbers JOIN {table} AS model ON model.slug = '{model}'" if model else "numbers"
    names = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} ({names}) {numbers} SELECT {values} FROM {source} WHERE {where}")


if __name__ == "__main__":
    main()
