"""Prints how much more looking a reference up costs among 1,000,000 rows than among 1,000. A process of its own."""

from __future__ import annotations

import os
import statistics
from functools import partial

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stigmer_site.settings")

import django

django.setup()

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from apps.resources.caller import LOCAL
from apps.resources.registry import BY_NAME
from apps.resources.storage.lookup import Reference, resolve
from apps.resources.wire.codec import draft_from_json
from apps.resources.writes import actions
from benchmarks.measuring import milliseconds

FEW, MANY = 1_000, 1_000_000
LOOK_UPS = 300
ENVIRONMENT = BY_NAME["Environment"]


def main() -> None:
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    call_command("migrate", verbosity=0)
    actions.ensure_organization("local", "")
    envelope = {"metadata": {"name": "model", "owner_scope": "organization"}, "spec": {"description": "One of many."}}
    actions.apply([draft_from_json(ENVIRONMENT, envelope, LOCAL)], LOCAL)
    _fill(0, FEW)
    few = _look_up(FEW)
    _fill(FEW, MANY)
    print(_look_up(MANY) / few)


def _fill(start: int, end: int) -> None:
    """Rows like the one that is called `model`, with slugs by their numbers. A million take the database seconds."""
    own = {"id": "printf('env-%026d', i)", "slug": "'row-' || i"}
    columns = [str(field.column) for field in ENVIRONMENT.model._meta.concrete_fields]
    values = ", ".join(own.get(column, f"model.{column}") for column in columns)
    table = ENVIRONMENT.model._meta.db_table
    numbers = f"WITH RECURSIVE numbers(i) AS (SELECT {start} UNION ALL SELECT i + 1 FROM numbers WHERE i + 1 < {end})"
    source = f"{numbers} SELECT {values} FROM numbers, {table} AS model WHERE model.slug = 'model'"
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} ({', '.join(columns)}) {source}")


def _look_up(rows: int) -> float:
    """Milliseconds that one takes, each of another row."""
    step = 7919  # so that neighbours do not lie on one page
    references = [Reference(f"row-{number * step % rows}", org="local") for number in range(LOOK_UPS)]
    return statistics.median(milliseconds(partial(resolve, ENVIRONMENT, [each], LOCAL)) for each in references)


if __name__ == "__main__":
    main()
