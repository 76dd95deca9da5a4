"""Envelopes of rows as they go out: runs with what has happened in them, all or the parts that are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import QuerySet

from apps.resources.executions import reading
from apps.resources.executions.kind import ExecutionKind
from apps.resources.storage import paging
from apps.resources.storage.paging import Page
from apps.resources.wire.field_mask import HEAD_COLUMNS, Parts


class Envelopes:
    """Reads no more of a row than is asked for."""

    def __init__(self, parts: Parts) -> None:
        self.kind, self.parts = parts.kind, parts
        is_run = isinstance(self.kind, ExecutionKind)
        self.columns = HEAD_COLUMNS if parts.are_in_head else ("snapshot", "is_folded") if is_run else ("snapshot",)
        # Most pages are of envelopes as they are stored: nothing is to be asked for each of them.
        self._of = paging.as_stored if parts.are_all and not is_run else self.of

    def page(self, rows: QuerySet[Any], *, page_size: int, page_token: str, terms: Sequence[str] = ()) -> Page:
        """As `paging.list_page`."""
        return paging.list_page(
            self.kind,
            rows,
            page_size=page_size,
            page_token=page_token,
            terms=terms,
            columns=self.columns,
            envelope=self._of,
        )

    def page_of_all(self, org: str, *, page_size: int, page_token: str) -> Page:
        """As `paging.list_all`."""
        return paging.list_all(
            self.kind, org, page_size=page_size, page_token=page_token, columns=self.columns, envelope=self._of
        )

    def of_rows(self, rows: QuerySet[Any]) -> Iterator[tuple[str, bytes]]:
        """Ids and envelopes."""
        for pk, *values in rows.values_list("pk", *self.columns):
            yield pk, self._of(pk, *values)

    def of(self, resource_id: str, *values: Any) -> bytes:  # Any: what the columns hold
        """The envelope of a row with this id and these `columns`."""
        if self.parts.are_in_head:
            return self.parts.of_head(values)
        if isinstance(self.kind, ExecutionKind):
            snapshot, is_folded = values
            return self.parts.of(reading.folded(self.kind, resource_id, bytes(snapshot), is_folded=is_folded))
        return self.parts.of(bytes(values[0]))
