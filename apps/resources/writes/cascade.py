"""What goes when a resource is deleted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from django.db.models import Q, QuerySet

from apps.resources.base import Resource
from apps.resources.caller import SYSTEM, Caller
from apps.resources.errors import LastOwner, StillUsed
from apps.resources.kind import Kind, Row
from apps.resources.kinds.iam_policy.model import IamPolicy
from apps.resources.registry import API_KEY, BY_NAME, IAM_POLICY, IDENTITY_ACCOUNT, KINDS, ORGANIZATION, children_of
from apps.resources.roles import ACCOUNT
from apps.resources.storage.lookup import chunks, visible
from apps.resources.storage.usage import users_of
from apps.resources.writes.batch import WriteBatch
from apps.resources.writes.default_instances import FIELD

OWNER = "owner"
Doomed = list[tuple[Kind, list[Resource]]]


def collect(roots: Iterable[tuple[Kind, Sequence[Resource]]]) -> Doomed:
    """The rows of `roots` and everything that belongs to them, by kind, in an order in which it can be deleted.

    All of them are locked: nobody gives them another revision meanwhile. As SYSTEM: what belongs to it goes with it,
    also what its owner may not see.
    """
    found: dict[Kind, dict[str, Resource]] = {}
    for kind, rows in roots:
        for owner, owned in (*_owned(kind, rows), (kind, rows)):
            found.setdefault(owner, {}).update((row.pk, row) for row in owned)
    for kind, rows in _access([(kind, list(rows.values())) for kind, rows in found.items()]):
        found.setdefault(kind, {}).update((row.pk, row) for row in rows)
    return [(kind, list(found[kind].values())) for kind in reversed(KINDS) if kind in found]


def refuse_used(kind: Kind, row: Resource, caller: Caller, *, hint: str = "") -> None:
    """Raise StillUsed where others refer to what is kept while it is used. Those that `caller` sees are named."""
    if kind.is_kept_while_used and users_of(kind, row, SYSTEM, most=1):
        users = [(user.noun, each.slug) for user, each in users_of(kind, row, caller)]
        raise StillUsed(kind.name, row.slug, users, hint=hint)


def live_among(doomed: Doomed) -> list[tuple[Kind, list[str]]]:
    """The ids of the runs under way, by kind."""
    return [(owner, ids) for owner, rows in doomed if (ids := [row.pk for row in rows if row.is_under_way])]


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


def _locked(kind: Kind[Row]) -> QuerySet[Row]:
    return visible(kind, SYSTEM).select_for_update().order_by("pk")


def _owned(kind: Kind, rows: Sequence[Resource]) -> Iterator[tuple[Kind, Sequence[Resource]]]:
    if kind.owns_by_org:
        slugs = [row.slug for row in rows]
        yield from ((other, list(_locked(other).filter(org__in=slugs))) for other in KINDS)
    else:
        yield from _descendants(kind, rows)


def refuse_ownerless(doomed: Doomed) -> None:
    """Raise LastOwner when an organization that stays would lose the last account that owns it."""
    gone = {row.pk for _, rows in doomed for row in rows}
    policies = [row for _, rows in doomed for row in rows if isinstance(row, IamPolicy)]
    owned = {each.resource_id for each in policies if (each.resource_kind, each.relation) == (ORGANIZATION.word, OWNER)}
    for organization_id in sorted(owned - gone):
        owners = _locked(IAM_POLICY).filter(
            resource_kind=ORGANIZATION.word, resource_id=organization_id, relation=OWNER, principal_kind=ACCOUNT
        )
        # Locked: of two owners who remove each other at once, one stays.
        if not {policy.pk for policy in owners} - gone:
            raise LastOwner(organization_id)


def _access(doomed: Doomed) -> Doomed:
    """What gave access to it, what it had access to, and what it proved itself with."""
    found: dict[Kind, dict[str, Resource]] = {IAM_POLICY: {}, API_KEY: {}}
    for kind, rows in doomed:
        for ids in chunks([row.pk for row in rows]):
            about = _locked(IAM_POLICY).filter(Q(resource_id__in=ids) | Q(principal_id__in=ids))
            found[IAM_POLICY].update((policy.pk, policy) for policy in about)
            if kind is IDENTITY_ACCOUNT:
                keys = _locked(API_KEY).filter(account_id__in=ids)
                found[API_KEY].update((key.pk, key) for key in keys)
    return [(kind, list(rows.values())) for kind, rows in found.items() if rows]


def _descendants(kind: Kind, rows: Sequence[Resource]) -> Iterator[tuple[Kind, list[Resource]]]:
    for child in children_of(kind):
        if child.parent is None:
            continue
        column = f"{child.parent.column}__in"
        found = (_locked(child).filter(**{column: ids}) for ids in chunks([row.pk for row in rows]))
        belonging = list(chain.from_iterable(found))
        if belonging:
            yield from _descendants(child, belonging)
            yield child, belonging
