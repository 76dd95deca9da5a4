"""The instance that every agent and workflow has without asking, named `<slug>-default`."""

from __future__ import annotations

from collections.abc import Sequence

from apps.resources.base import Resource
from apps.resources.errors import AlreadyExists
from apps.resources.identity import DEFAULT_SUFFIX, new_id
from apps.resources.json_value import Json
from apps.resources.kind import Action, Draft, Identity, Kind, Metadata
from apps.resources.registry import BY_NAME
from apps.resources.storage.lookup import rows_by_identity
from apps.resources.wire.codec import trusted_draft
from apps.resources.writes.batch import WriteBatch
from apps.resources.writes.outcome import Outcome

FIELD = "default_instance_id"


def give_default_instances(batch: WriteBatch, outcomes: Sequence[Outcome]) -> None:
    """Make or adopt the default instance of every resource that has none, and note it in its status.

    Call it before `batch` is saved. Raises AlreadyExists when the name of a missing one is taken by an
    instance of another resource; for a new resource, saving the batch does.
    """
    if not batch.kind.default_instance:
        return
    instance_kind = BY_NAME[batch.kind.default_instance]
    without = [outcome for outcome in outcomes if FIELD not in outcome.row.status]
    # A new resource can have no instance yet; should another's bear the name, the key will say so.
    existing = [outcome.row for outcome in without if outcome.action is not Action.CREATED]
    stored = rows_by_identity(instance_kind, map(_identity, existing), batch.caller) if existing else {}
    for outcome in without:
        row = outcome.row
        instance = stored.get(_identity(row))
        if instance is None:
            draft = _draft(instance_kind, row)
            batch.add_child(draft)
            row.status = {**row.status, FIELD: draft.metadata.id}
        else:
            _refuse_foreign(instance_kind, instance, row)
            row.status = {**row.status, FIELD: instance.pk}
        if outcome.action is Action.UNCHANGED:
            batch.restate(row)


def _identity(row: Resource) -> Identity:
    return Identity(row.owner_scope, row.org, f"{row.slug}{DEFAULT_SUFFIX}")


def _draft(instance_kind: Kind, row: Resource) -> Draft:
    identity = _identity(row)
    metadata = Metadata(
        name=identity.slug,
        slug=identity.slug,
        id=new_id(instance_kind.prefix),
        org=identity.org,
        owner_scope=identity.owner_scope,
    )
    return trusted_draft(instance_kind, metadata, _spec(instance_kind, row))


def _spec(instance_kind: Kind, row: Resource) -> dict[str, Json]:
    return {instance_kind.parent.spec_field: row.pk} if instance_kind.parent else {}


def _refuse_foreign(instance_kind: Kind, instance: Resource, row: Resource) -> None:
    if not _spec(instance_kind, row).items() <= (instance.spec or {}).items():
        raise AlreadyExists(instance_kind.name, instance.slug, instance.pk)
