"""Taking rows away, with what is kept beside them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from django.db import transaction
from django.utils import timezone

from apps.resources.base import Resource, Revision
from apps.resources.caller import Caller
from apps.resources.kind import Kind
from apps.resources.ports import machine
from apps.resources.storage.inventory import delete_projects_of
from apps.resources.storage.journal import note
from apps.resources.storage.lookup import chunks
from apps.resources.storage.owned_rows import delete_beside
from apps.resources.storage.rows import delete_with_dependents
from apps.resources.storage.statements import insert_values
from apps.resources.writes import cascade
from apps.resources.writes.batch import deletion_of
from apps.resources.writes.cascade import Doomed

Roots = Sequence[tuple[Kind, Sequence[Resource]]]


def remove(roots: Roots, doomed: Doomed, caller: Caller, message: str) -> None:
    """Delete `doomed`, which `cascade.collect` found for `roots`, in the transaction under way.

    Revisions stay. Runs under way are interrupted once it is committed. Whether the caller may, `demand_removal` says.
    """
    gone = {row.pk for _, rows in doomed for row in rows}
    for kind, rows in roots:
        for row in rows:
            if kind.parent is not None and getattr(row, kind.parent.column) not in gone:
                cascade.forget_default_instance(kind, row, caller)
    now = timezone.now()
    for kind, rows in doomed:
        insert_values(Revision, [deletion_of(kind, row, message, caller, now) for row in rows])
        note(((kind.name, row.pk, "deleted") for row in rows), now)
        for ids in chunks([row.pk for row in rows]):
            delete_beside(kind, ids)
            delete_with_dependents(kind, ids)
        if kind.owns_by_org:
            for row in rows:
                delete_projects_of(row.slug)
    for kind, running in cascade.live_among(doomed):
        transaction.on_commit(partial(machine().interrupt, kind.name, running))


def demand_removal(roots: Roots, caller: Caller) -> None:
    """Raise as the caller's permit does, before anything else is said about what they want to delete."""
    if caller.permit is not None:
        for kind, rows in roots:
            for row in rows:
                caller.permit.removal(row, kind)
