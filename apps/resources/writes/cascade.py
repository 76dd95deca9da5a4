"""What goes when a resource is deleted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from apps.resources.base import Resource
from apps.resources.caller import SYSTEM, Caller
from apps.resources.errors import LiveExecutions
from apps.resources.kind import Kind
from apps.resources.registry import BY_NAME, KINDS, children_of
from apps.resources.storage.lookup import chunks, visible
from apps.resources.writes.batch import WriteBatch
from apps.resources.writes.default_instances import FIELD

Doomed = list[tuple[Kind, list[Resource]]]


def collect(kind: Kind, row: Resource) -> Doomed:
    """`row` and everything that belongs to it, by kind, in an order in which it can be deleted.

    As SYSTEM: what belongs to it goes with it, also what its owner may not see.
    """
    if kind.owns_by_org:
        owned = ((other, list(visible(other, SYSTEM).filter(org=row.slug))) for other in reversed(KINDS))
        return [(other, rows) for other, rows in owned if rows] + [(kind, [row])]
    return [*_descendants(kind, [row]), (kind, [row])]


def refuse_live(kind: Kind, row: Resource, doomed: Doomed, *, force: bool) -> list[tuple[Kind, list[str]]]:
    """The ids of the runs under way among `doomed`, by kind. Raises LiveExecutions unless `force` is set."""
    live = [(owner, ids) for owner, rows in doomed if (ids := [row.pk for row in rows if row.is_under_way])]
    if live and not force:
        raise LiveExecutions(kind.name, row.slug, [run for _, ids in live for run in ids])
    return live


def forget_default_instance(kind: Kind, row: Resource, caller: Caller) -> None:
    """Take the id of an instance that goes, or moves to another, out of its parent's status.

    The next apply of the parent makes a new one.
    """
    if kind.parent is None:
        return
    parent_kind = BY_NAME[kind.parent.kind]
    parent = visible(parent_kind, SYSTEM).select_for_update().get(pk=getattr(row, kind.parent.column))
    if parent.status.get(FIELD) == row.pk:
        parent.status = {key: value for key, value in parent.status.items() if key != FIELD}
        batch = WriteBatch(parent_kind, caller)
        batch.restate(parent)
        batch.save()


def _descendants(kind: Kind, rows: Sequence[Resource]) -> Iterator[tuple[Kind, list[Resource]]]:
    for child in children_of(kind):
        if child.parent is None:
            continue
        column = f"{child.parent.column}__in"
        found = (visible(child, SYSTEM).filter(**{column: ids}) for ids in chunks([row.pk for row in rows]))
        belonging = list(chain.from_iterable(found))
        if belonging:
            yield from _descendants(child, belonging)
            yield child, belonging
