"""Finding resources by their tags and labels, at a cost that does not depend on how many there are."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from django.db.models import Exists, OuterRef, QuerySet

from apps.resources.base import Resource
from apps.resources.kind import Kind
from apps.resources.storage.statements import delete_rows, insert_values
from apps.resources.term import ResourceTerm

Row = TypeVar("Row", bound=Resource)
LOOKED_AT = 1000
"""Rows of a term that are read at once at most, and counted to see which term is the rarest."""


def terms_of(kind: Kind, tags: Iterable[str], labels: Mapping[str, str]) -> list[str]:
    """The terms of a resource of this kind that carries these; texts of any length have one of 64 characters."""
    said = [("tag", tag, "") for tag in tags] + [("label", name, value) for name, value in labels.items()]
    return sorted({hashlib.sha256("\0".join((kind.name, *each)).encode()).hexdigest() for each in said})


def store_terms(kind: Kind, created: Sequence[Resource], updated: Sequence[Resource]) -> None:
    """Have resources found by what they carry now."""
    if updated:
        delete_terms([row.pk for row in updated])
    terms = [
        {"term": term, "resource_id": row.pk}
        for row in (*created, *updated)
        if row.tags or row.labels
        for term in terms_of(kind, row.tags, row.labels)
    ]
    if terms:
        insert_values(ResourceTerm, terms)


def delete_terms(resource_ids: Sequence[str]) -> None:
    """Of resources that are changed or gone, so many as fit into one statement."""
    delete_rows(ResourceTerm, "resource_id", resource_ids)


def with_terms(rows: QuerySet[Row], terms: Iterable[str]) -> QuerySet[Row]:
    """The rows that carry every one of `terms`: each row is looked up, and no term is gathered."""
    for term in terms:
        rows = rows.filter(_carries(term, "pk"))
    return rows


def _carries(term: str, id_column: str) -> Exists:
    """That what `id_column` names carries a term: one look into the key, however many resources do.

    A subquery of ids would be gathered whole first, and again for each statement that has it.
    """
    return Exists(ResourceTerm.objects.filter(term=term, resource_id=OuterRef(id_column)))


def newest_with_terms(rows: QuerySet[Any], terms: Sequence[str], most: int, before: str) -> QuerySet[Any]:
    """The newest `most` of `rows` that carry every one of `terms`; those before the id `before`, if there is one.

    Reads the resources of the rarest term in their order, as far as it must: a database asked for all of it at once
    gathers every resource of a term first, however many there are.
    """
    rarest = min(terms, key=_count) if len(terms) > 1 else terms[0]
    found: list[str] = []
    for ids in _pages(rarest, [term for term in terms if term != rarest], before, most):
        good = set(rows.filter(pk__in=ids).values_list("pk", flat=True))
        found += [pk for pk in ids if pk in good]
        if len(found) >= most:
            break
    return rows.filter(pk__in=found[:most])


def _count(term: str) -> int:
    return ResourceTerm.objects.filter(term=term)[:LOOKED_AT].count()


def _pages(term: str, others: Iterable[str], before: str, size: int) -> Iterator[list[str]]:
    """The resources that carry a term and all others, newest first, in pages that grow."""
    carrying = ResourceTerm.objects.filter(term=term)
    for other in others:
        carrying = carrying.filter(_carries(other, "resource_id"))
    rows = carrying.order_by("-resource_id").values_list("resource_id", flat=True)
    while True:
        page = list((rows.filter(resource_id__lt=before) if before else rows)[:size])
        if not page:
            return
        yield page
        before, size = page[-1], min(size * 2, LOOKED_AT)
