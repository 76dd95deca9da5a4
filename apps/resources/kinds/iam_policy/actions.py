"""Giving access and taking it away. A policy is the same one whoever makes it: its tuple is what names it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from django.db import IntegrityError
from django.db.models import QuerySet

from apps.resources.caller import SYSTEM, Caller
from apps.resources.errors import AlreadyExists
from apps.resources.json_value import Json
from apps.resources.kind import Draft
from apps.resources.kinds.iam_policy.kind import tuple_columns
from apps.resources.kinds.iam_policy.model import IamPolicy
from apps.resources.registry import IAM_POLICY, ORGANIZATION
from apps.resources.roles import ACCOUNT, PLATFORM
from apps.resources.storage.lookup import organization_id, visible
from apps.resources.storage.transaction import repeatable, write_transaction
from apps.resources.storage.tuples import Thing
from apps.resources.wire.codec import draft_from_json
from apps.resources.writes import actions


def policy_draft(spec: dict[str, Json]) -> Draft[IamPolicy]:
    """Checked. Raises InvalidInput; paths begin with `spec.`."""
    return draft_from_json(IAM_POLICY, {"spec": spec}, SYSTEM)


def grant(draft: Draft[IamPolicy], caller: Caller) -> bytes:
    """Store a policy unless it is there; its envelope, serialized."""
    if (found := find_policy(draft)) is not None:
        return bytes(found.snapshot)
    with suppress(AlreadyExists, IntegrityError):  # somebody else may give the same between our look and our write
        return actions.create(draft, _who_sees_all(caller)).snapshot
    return bytes(_all_like(draft.spec or {}).get().snapshot)


def revoke(draft: Draft[IamPolicy], caller: Caller) -> bytes | None:
    """Delete a policy, and answer it as it was; None where it is not there. Raises LastOwner."""
    found = find_policy(draft)
    return None if found is None else actions.delete(IAM_POLICY, found.pk, _who_sees_all(caller))


@repeatable
def revoke_all(thing: Thing, relation: str, caller: Caller) -> None:
    """Delete the policies on a resource, those of one relation where it is given. Nobody need own it after that."""
    with write_transaction():
        rows = visible(IAM_POLICY, SYSTEM).filter(resource_kind=thing.kind, resource_id=thing.id).order_by("pk")
        if relation:
            rows = rows.filter(relation=relation)
        for policy_id in rows.values_list("pk", flat=True):
            actions.delete(IAM_POLICY, policy_id, _who_sees_all(caller), may_leave_ownerless=True)


def find_policy(draft: Draft[IamPolicy]) -> IamPolicy | None:
    return _all_like(draft.spec or {}).first()


def ensure_owner(organization: str, account_id: str) -> None:
    """Have an account own the organization with this slug, unless it does.

    Asked at every start, so it looks before it makes a draft: the rules that drafts are checked by take 0.2 s to load.
    """
    resource = {"kind": ORGANIZATION.word, "id": organization_id(organization)}
    principal = {"kind": ACCOUNT, "id": account_id}
    spec = {"principal": principal, "resource": resource, "relation": "owner"}
    if not _all_like(spec).exists():
        grant(policy_draft(spec), SYSTEM)


def is_on_platform(spec: dict[str, Json]) -> bool:
    """Whether a policy links something to the one platform."""
    columns = tuple_columns(spec)
    return (columns["principal_kind"], columns["principal_id"]) == PLATFORM


def _all_like(spec: dict[str, Json]) -> QuerySet[IamPolicy]:
    return visible(IAM_POLICY, SYSTEM).filter(**tuple_columns(spec))


def _who_sees_all(caller: Caller) -> Caller:
    """Whether they may do it was asked about the resource, at the gate: the policy itself is in nobody's way."""
    return replace(caller, sight=None, permit=None)
