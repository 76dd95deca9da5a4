"""What must hold of everything that is stored, whatever was asked of the server: read from its database, row by row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from django.db import connection

from apps.resources.base import Resource, Revision, StoredReference
from apps.resources.executions.kind import ExecutionKind
from apps.resources.executions.model import Execution, ExecutionEvent, Phase, RunSignal, RunText, StepRecord
from apps.resources.journal import ResourceChange
from apps.resources.kind import Kind
from apps.resources.project import InventoryEntry
from apps.resources.registry import EXECUTION_KINDS, KINDS
from apps.resources.storage.terms import terms_of
from apps.resources.term import ResourceTerm
from apps.resources.wire.codec import message_class
from apps.resources.wire.json_form import to_json

Rows = dict[str, tuple[Kind, Resource]]
"""Every resource, by its id."""


def complaints() -> list[str]:
    """What is not as it should be in the database of this process."""
    rows: Rows = {row.pk: (kind, row) for kind in KINDS for row in kind.model.objects.all()}
    checks = (_file, _envelopes, _revisions, _terms, _references, _inventory, _journal, _runs)
    return [complaint for check in checks for complaint in check(rows)]


def envelope(kind: Kind, row: Resource) -> Any:  # Any: each kind has a class of its own
    return message_class(kind).FromString(bytes(row.snapshot))


def _file(rows: Rows) -> Iterator[str]:
    """The database's own word; PostgreSQL lets nothing in that breaks a key."""
    del rows
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for statement in ("PRAGMA integrity_check", "PRAGMA foreign_key_check"):
                cursor.execute(statement)
                found = cursor.fetchall()
                if found not in ([], [("ok",)]):
                    yield f"{statement}: {found}"


def _envelopes(rows: Rows) -> Iterator[str]:
    """What is answered says what the columns say."""
    for kind, row in rows.values():
        stored = envelope(kind, row)
        metadata = stored.metadata
        answered = (metadata.id, metadata.slug, metadata.org, metadata.name, metadata.owner_scope, metadata.version.id)
        columns = (row.pk, row.slug, row.org, row.name, row.owner_scope, row.version_id)
        if answered != columns:
            yield f"{kind.name} {row.pk}: its envelope says {answered}, its columns {columns}"
        carried = (dict(metadata.labels), list(metadata.tags), dict(metadata.annotations))
        if carried != (row.labels, row.tags, row.annotations):
            yield f"{kind.name} {row.pk}: its envelope carries {carried}"
        spec = to_json(stored.spec, "spec") if stored.HasField("spec") else None
        if spec != row.spec:
            yield f"{kind.name} {row.pk}: its envelope has the spec {spec}, its column {row.spec}"


def _revisions(rows: Rows) -> Iterator[str]:
    """Numbered without gaps; the last one is what is stored, or its end."""
    found: dict[str, list[Revision]] = defaultdict(list)
    for revision in Revision.objects.order_by("resource_id", "number"):
        found[revision.resource_id].append(revision)
    for resource_id, revisions in found.items():
        numbers, last = [each.number for each in revisions], revisions[-1]
        if numbers != list(range(1, len(numbers) + 1)):
            yield f"{last.kind} {resource_id}: revisions {numbers}"
        if resource_id in rows:
            row = rows[resource_id][1]
            if (last.number, last.version_id) != (row.version, row.version_id):
                yield f"{last.kind} {resource_id}: its last revision is {last.number}, it is version {row.version}"
        elif last.event != "deleted":
            yield f"{last.kind} {resource_id}: is gone, its last revision is {last.event}"
    yield from (f"{kind.name} {pk}: has no revision" for pk, (kind, _) in rows.items() if pk not in found)


def _terms(rows: Rows) -> Iterator[str]:
    due = {(term, pk) for pk, (kind, row) in rows.items() for term in terms_of(kind, row.tags, row.labels)}
    stored = set(ResourceTerm.objects.values_list("term", "resource_id"))
    yield from (f"{pk}: its tag or label is missing in the index" for _, pk in due - stored)
    yield from (f"{pk}: the index knows of a tag or label that it does not carry" for _, pk in stored - due)


def _references(rows: Rows) -> Iterator[str]:
    for source, kind in StoredReference.objects.values_list("source_id", "source_kind"):
        if source not in rows or rows[source][0].name != kind:
            yield f"{kind} {source}: is gone, and counted as a user"


def _inventory(rows: Rows) -> Iterator[str]:
    for pk, kind in InventoryEntry.objects.values_list("resource_id", "kind"):
        if pk not in rows or rows[pk][0].name != kind:
            yield f"{kind} {pk}: is gone, and a project owns it"


def _journal(rows: Rows) -> Iterator[str]:
    noted = ResourceChange.objects.exclude(event="began").order_by("transaction", "id")
    last: dict[str, str] = dict(noted.values_list("resource_id", "event"))
    for pk, (kind, _) in rows.items():
        if last.get(pk, "deleted") == "deleted":
            yield f"{kind.name} {pk}: is there, those who watch heard last of it: {last.get(pk, 'nothing')}"
    yield from (f"{pk}: is gone, and was not said to be" for pk in last.keys() - rows.keys() if last[pk] != "deleted")


def _runs(rows: Rows) -> Iterator[str]:
    """What belongs to runs belongs to one that is there, and adds up to it."""
    runs: dict[str, Execution] = {pk: row for pk, (_, row) in rows.items() if isinstance(row, Execution)}
    events: dict[str, list[ExecutionEvent]] = defaultdict(list)
    for event in ExecutionEvent.objects.order_by("execution_id", "number"):
        events[event.execution_id].append(event)
    for pk, row in runs.items():
        numbers = [event.number for event in events[pk]]
        if not numbers or numbers != list(range(1, len(numbers) + 1)):
            yield f"{pk}: its events are numbered {numbers}"
        if Phase(row.phase).is_terminal and envelope(_kind_of(row), row).status.phase != row.phase:
            yield f"{pk}: has ended as {row.phase}, its envelope does not say so"
    texts = set(RunText.objects.values_list("execution_id", flat=True))
    yield from (f"{pk}: its words are not kept" for pk in runs.keys() - texts)
    work = (_ids(each.objects.values_list("execution_id", flat=True)) for each in (StepRecord, RunSignal))
    left = {*texts, *events}.union(*work) - runs.keys()
    yield from (f"{pk}: is gone, and something of it is left" for pk in left)


def _kind_of(row: Execution) -> ExecutionKind:
    return next(kind for kind in EXECUTION_KINDS if isinstance(row, kind.model))


def _ids(found: Iterable[str]) -> set[str]:
    return set(found)
