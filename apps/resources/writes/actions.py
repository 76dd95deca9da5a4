"""Every write. RPC handlers, the admin and jobs call these functions; none saves a model itself.

Each is one short transaction: all of it or, on any error, nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TypeVar

from apps.resources.base import Resource
from apps.resources.caller import SYSTEM, Caller
from apps.resources.errors import AlreadyExists, InvalidInput, LiveExecutions, NotFound, StaleVersion, Violation
from apps.resources.kind import Action, Draft, Kind
from apps.resources.registry import KINDS, ORGANIZATION
from apps.resources.storage.lookup import get_row, rows_by_identity, visible
from apps.resources.storage.revisions import next_number
from apps.resources.storage.transaction import MOST_ATTEMPTS, repeatable, write_transaction
from apps.resources.wire.codec import draft_from_json
from apps.resources.writes import cascade, integrity
from apps.resources.writes.batch import IdentityTaken, WriteBatch, with_settled_fields, with_stored_spec
from apps.resources.writes.declared import with_kept_secrets
from apps.resources.writes.default_instances import give_default_instances
from apps.resources.writes.naming import with_ids
from apps.resources.writes.outcome import Outcome
from apps.resources.writes.ownership import give_to_creator
from apps.resources.writes.removal import demand_removal, remove
from apps.resources.writes.skill_artifacts import provide_artifacts

logger = logging.getLogger(__name__)

Answer = TypeVar("Answer")
ExistingRule = Callable[[WriteBatch, Resource, Draft], Outcome]
"""What to do with a draft whose identity is already stored."""


@repeatable
def create(draft: Draft, caller: Caller) -> Outcome:
    """Store a resource that does not exist yet, with its default instance if the kind has one.

    Raises AlreadyExists, InvalidInput for parents and references that do not resolve, Protected.
    """
    (draft,) = provide_artifacts([draft], caller)
    try:
        with write_transaction():
            return _write_group(draft.kind, [draft], caller, _refuse_existing)[0]
    except IdentityTaken as taken:
        raise taken.explained() from None


@repeatable
def update(draft: Draft, caller: Caller) -> Outcome:
    """Replace the resource with the draft's id or, without one, its slug.

    Id, slug, organization and scope stay, and the spec where the kind has a fixed one. Raises NotFound,
    StaleVersion when the draft carries a version id that is not the stored one, InvalidInput.
    """
    (draft,) = provide_artifacts([draft], caller)
    with write_transaction():
        row = _row_to_update(draft, caller)
        [draft] = with_ids(draft.kind, [draft], caller)
        if draft.kind.has_fixed_spec:
            draft = with_stored_spec(row, draft)
        draft = with_settled_fields(row, draft)
        integrity.check(draft.kind, [draft], caller, {draft.identity})
        batch = WriteBatch(draft.kind, caller)
        outcome = _update_row(batch, row, draft)
        give_default_instances(batch, [outcome])
        batch.save()
        return outcome


def apply(drafts: Sequence[Draft], caller: Caller, *, dry_run: bool = False) -> list[Outcome]:
    """Make what is stored equal to `drafts`: create, update or leave alone each; all or none.

    Outcomes come in the order of the drafts, which may refer to each other in any order. With
    `dry_run` everything is computed and checked and nothing kept. Raises as `create` and `update` do.
    """
    drafts = appliable(drafts, caller)
    return unless_taken(lambda: _apply(drafts, caller, dry_run=dry_run))


def unless_taken(write: Callable[[], Answer]) -> Answer:
    """What `write`, one transaction, answers. Raises AlreadyExists should identities be taken again and again.

    Another process may create a resource between our look and our write: then it is there to update.
    """
    for _ in range(MOST_ATTEMPTS - 1):
        with suppress(IdentityTaken):
            return write()
    try:
        return write()
    except IdentityTaken as taken:
        raise taken.explained() from None


def appliable(drafts: Sequence[Draft], caller: Caller) -> list[Draft]:
    """The drafts as they are applied. Raises InvalidInput for what is never applied, and for two of one resource."""
    _refuse_unappliable(drafts)
    _refuse_duplicates(drafts)
    return provide_artifacts(drafts, caller)


@repeatable
def delete(
    kind: Kind,
    resource_id: str,
    caller: Caller,
    *,
    force: bool = False,
    message: str = "",
    may_leave_ownerless: bool = False,
) -> bytes:
    """Delete a resource and everything that belongs to it; return its envelope as it was, serialized.

    Revisions stay. Raises NotFound, Protected, and, where `force` is not set, LiveExecutions when runs are under way
    and StillUsed when others refer to what is kept while it is used; LastOwner for access without which an
    organization has no owner, unless it `may_leave_ownerless`.
    """
    with write_transaction():
        row = get_row(kind, resource_id, caller)
        roots = [(kind, [row])]
        demand_removal(roots, caller)
        if kind.protection is not None:
            kind.protection.permit_deletion(row.slug, caller)
        if not force:
            cascade.refuse_used(kind, row, caller)
        doomed = cascade.collect(roots)
        live = [run for _, ids in cascade.live_among(doomed) for run in ids]
        if live and not force:
            raise LiveExecutions(kind.name, row.slug, live)
        if not may_leave_ownerless:
            cascade.refuse_ownerless(doomed)
        remove(roots, doomed, caller, message)
    logger.info("%s %s (%s): deleted by %s", kind.name, row.slug, row.pk, caller.actor)
    return bytes(row.snapshot)


def ensure_organization(slug: str, description: str) -> None:
    """Make the organization unless it is there: the one that local mode needs from its first start."""
    kind = ORGANIZATION
    if not visible(kind, SYSTEM).filter(slug=slug).exists():
        envelope = {"metadata": {"name": slug, "slug": slug}, "spec": {"description": description}}
        apply([draft_from_json(kind, envelope, SYSTEM)], SYSTEM)


@repeatable
def _apply(drafts: Sequence[Draft], caller: Caller, *, dry_run: bool) -> list[Outcome]:
    with write_transaction(keep=not dry_run):
        return write_all(drafts, caller)


def write_all(drafts: Sequence[Draft], caller: Caller) -> list[Outcome]:
    """Create, update or leave alone each, in the transaction under way. Raises IdentityTaken, too."""
    outcomes: dict[Draft, Outcome] = {}
    for kind in KINDS:  # parents first
        group = [draft for draft in drafts if draft.kind is kind]
        if group:
            outcomes.update(zip(group, _write_group(kind, group, caller, _update_if_changed), strict=True))
    return [outcomes[draft] for draft in drafts]


def _write_group(kind: Kind, drafts: list[Draft], caller: Caller, existing: ExistingRule) -> list[Outcome]:
    """Write drafts of one kind: create those that are missing, do `existing` with those that are there."""
    for draft in drafts:
        draft.parent = None  # found anew, should this be done again
    drafts = with_ids(kind, drafts, caller)
    stored = rows_by_identity(kind, (draft.identity for draft in drafts), caller)
    integrity.check(kind, drafts, caller, stored)
    batch = WriteBatch(kind, caller)
    outcomes = []
    for draft in drafts:
        row = stored.get(draft.identity)
        draft = with_kept_secrets(draft, row)  # noqa: PLW2901  # the one that is written
        if row is None:
            if kind.protection is not None:
                kind.protection.permit_creation(draft.metadata.slug, caller)
            outcomes.append(batch.create(draft, number=next_number(draft.metadata.id)))
        else:
            outcomes.append(existing(batch, row, draft))
    give_default_instances(batch, outcomes)
    batch.save()
    if kind is ORGANIZATION and caller.permit is not None:
        give_to_creator(outcomes, caller)
    return outcomes


def _refuse_existing(batch: WriteBatch, row: Resource, draft: Draft) -> Outcome:
    raise AlreadyExists(batch.kind.name, draft.metadata.slug, row.pk)


def _update_if_changed(batch: WriteBatch, row: Resource, draft: Draft) -> Outcome:
    if draft.metadata.id not in {"", row.pk}:
        raise InvalidInput.at(f"{draft.place}metadata.id", f"is {draft.metadata.id}, but the stored id is {row.pk}")
    if batch.is_unchanged(row, draft):
        if batch.caller.permit is not None:  # who may not change it may not apply it, whatever is stored
            batch.caller.permit.change(row, batch.kind, draft)
        return Outcome(draft, row, Action.UNCHANGED)
    return _update_row(batch, row, draft)


def refuse_stale(row: Resource, draft: Draft) -> None:
    """Raise StaleVersion where the draft carries a version id that is not the stored one."""
    if draft.metadata.version_id not in {"", row.version_id}:
        raise StaleVersion(draft.kind.name, row.slug, draft.metadata.version_id, row.version_id)


def _update_row(batch: WriteBatch, row: Resource, draft: Draft) -> Outcome:
    refuse_stale(row, draft)
    parent = batch.kind.parent
    if parent and draft.spec and draft.spec.get(parent.spec_field) != getattr(row, parent.column):
        cascade.forget_default_instance(batch.kind, row, batch.caller)
    return batch.update(row, draft)


def _row_to_update(draft: Draft, caller: Caller) -> Resource:
    if draft.metadata.id:
        row = get_row(draft.kind, draft.metadata.id, caller)
    else:
        found = rows_by_identity(draft.kind, [draft.identity], caller)
        if draft.identity not in found:
            raise NotFound(draft.kind.name, draft.metadata.slug)
        row = found[draft.identity]
    # What identifies a resource stays as it was created.
    draft.metadata.slug, draft.metadata.org, draft.metadata.owner_scope = row.slug, row.org, row.owner_scope
    return row


def _refuse_unappliable(drafts: Sequence[Draft]) -> None:
    violations = [
        Violation(f"{draft.place}kind", f"{draft.kind.plural} are created, never applied")
        for draft in drafts
        if not draft.kind.is_applied
    ]
    if violations:
        raise InvalidInput(violations)


def _refuse_duplicates(drafts: Sequence[Draft]) -> None:
    first: dict[object, str] = {}
    violations = []
    for draft in drafts:
        kind, metadata = draft.kind.name, draft.metadata
        marks: dict[str, object] = {
            "slug": (kind, draft.identity),
            **({"id": (kind, metadata.id)} if metadata.id else {}),
        }
        for name, mark in marks.items():
            if mark in first:
                place, also = f"{draft.place}metadata.{name}", first[mark].removesuffix(".")
                violations.append(Violation(place, f"{kind} {getattr(metadata, name)!r} is also {also}"))
            first.setdefault(mark, draft.place)
    if violations:
        raise InvalidInput(violations)
