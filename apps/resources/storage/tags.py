"""Filtering by tags, which are a JSON list on every database."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from django.db import connection
from django.db.models import BooleanField, QuerySet
from django.db.models.expressions import RawSQL

from apps.resources.base import Resource

Row = TypeVar("Row", bound=Resource)


def with_tags(rows: QuerySet[Row], tags: Iterable[str]) -> QuerySet[Row]:
    """The rows that carry every one of `tags`."""
    for tag in tags:
        rows = rows.filter(_has_tag(rows.model._meta.db_table, tag))
    return rows


def _has_tag(table: str, tag: str) -> Any:  # Any: Django's stubs do not know boolean raw expressions
    if connection.vendor == "postgresql":
        sql = f'"{table}"."tags" @> to_jsonb(%s::text)'  # the table's name is ours
    else:
        sql = f'EXISTS (SELECT 1 FROM json_each("{table}"."tags") WHERE json_each.value = %s)'  # noqa: S608  # as above
    return RawSQL(sql, [tag], output_field=BooleanField())  # noqa: S611  # the value is a parameter
