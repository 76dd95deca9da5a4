"""What a write needs to find in the database: organizations, parents, references, free ids."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence

from apps.resources.base import OwnerScope, Resource
from apps.resources.caller import Caller
from apps.resources.errors import InvalidInput, Violation
from apps.resources.identity import is_id, slug_complaint
from apps.resources.kind import Draft, Identity, Kind, Parent
from apps.resources.registry import BY_NAME
from apps.resources.storage.lookup import Reference, existing_organizations, rows_by_id
from apps.resources.writes.naming import id_missing, missing, resolve_all
from apps.resources.writes.skill_artifacts import artifact_violations


def check(kind: Kind, drafts: Sequence[Draft], caller: Caller, stored: Container[Identity] = ()) -> None:
    """Raise InvalidInput with everything that does not resolve; note warnings in the drafts.

    What is `stored` already, and held by the transaction under way, has its organization: one goes with all it has.
    """
    violations = [
        *_organization_violations(kind, [draft for draft in drafts if draft.identity not in stored], caller),
        *_id_violations(kind, drafts, caller),
        *(artifact_violations(drafts, caller) if kind.versions else ()),
        *(_parent_violations(kind.parent, drafts, caller) if kind.parent else ()),
        *_reference_violations(kind, drafts, caller),
    ]
    if violations:
        raise InvalidInput(violations)


def _organization_violations(kind: Kind, drafts: Sequence[Draft], caller: Caller) -> Iterator[Violation]:
    wanted = {draft.metadata.org for draft in drafts} - {""}
    known = existing_organizations(wanted)
    if kind.is_known_from_elsewhere and caller.may_import:
        known = {org for org in wanted if not slug_complaint(org)}
    for draft in drafts:
        metadata = draft.metadata
        if metadata.org and metadata.org not in known:
            yield Violation(f"{draft.place}metadata.org", f"organization {metadata.org!r} does not exist")
        if metadata.owner_scope == OwnerScope.ORGANIZATION and not metadata.org:
            yield Violation(f"{draft.place}metadata.org", "is required for a resource of an organization")


def _id_violations(kind: Kind, drafts: Sequence[Draft], caller: Caller) -> Iterator[Violation]:
    """An id may be chosen only by a caller who may import; whether it is free, the key itself decides."""
    chosen = [draft for draft in drafts if draft.metadata.id]
    if not chosen:
        return
    stored = rows_by_id(kind, (draft.metadata.id for draft in chosen), caller)
    for draft in chosen:
        place, resource_id = f"{draft.place}metadata.id", draft.metadata.id
        row = stored.get(resource_id)
        if row is None and not (caller.may_import and is_id(resource_id, kind.prefix)):
            yield Violation(
                place, f"{resource_id!r} is not an id of a stored {kind.name}: leave it empty to create one"
            )
        elif row is not None and Identity(row.owner_scope, row.org, row.slug) != draft.identity:
            yield Violation(place, f"{resource_id} belongs to {kind.name} {row.slug!r} of {_owner(row)}")


def _owner(row: Resource) -> str:
    return f"organization {row.org!r}" if row.org else "the platform"


def _parent_violations(parent: Parent, drafts: Sequence[Draft], caller: Caller) -> Iterator[Violation]:
    unread = [draft for draft in drafts if draft.parent is None]
    ids = {draft: draft.spec.get(parent.spec_field, "") for draft in unread if draft.spec is not None}
    stored = rows_by_id(BY_NAME[parent.kind], ids.values(), caller) if ids else {}
    for draft in unread:
        path = f"{draft.place}spec.{parent.spec_field}"
        if draft not in ids:
            yield Violation(path, f"is required: the id of the {parent.kind} that this belongs to")
            continue
        row = stored.get(ids[draft])
        if row is None:
            yield Violation(path, id_missing(parent.kind, ids[draft], draft.metadata.org))
        draft.parent = row
    for draft in drafts:
        row = draft.parent
        if row is not None and parent.same_org and row.org != draft.metadata.org:
            path = f"{draft.place}spec.{parent.spec_field}"
            yield Violation(path, f"{parent.kind} {row.slug!r} belongs to {_owner(row)}")


def _reference_violations(kind: Kind, drafts: Sequence[Draft], caller: Caller) -> Iterator[Violation]:
    if not kind.references:
        return
    wanted = [
        (draft, reference.path, reference.field, Reference.from_spec(reference, draft.metadata.org))
        for draft in drafts
        for reference in kind.references_in(draft.spec or {})
    ]
    found = resolve_all({(field.kind, reference) for _, _, field, reference in wanted}, caller)
    for draft in drafts:
        draft.uses = frozenset()
    for draft, path, field, reference in wanted:
        if (field.kind, reference) in found:
            draft.uses |= {(field.kind, found[field.kind, reference].identity)}
            continue
        if field.may_be_missing:
            scope = reference.owner_scope or (OwnerScope.ORGANIZATION if reference.org else OwnerScope.PLATFORM)
            draft.uses |= {(field.kind, Identity(scope, reference.org, reference.slug))}
            continue
        if field.may_be_elsewhere and reference.is_elsewhere(draft.metadata.org):
            warning = f"{path}: {missing(field.kind, reference)}; push it before this is run"
            draft.warnings += [warning] if warning not in draft.warnings else []
        else:
            yield Violation(f"{draft.place}{path}", missing(field.kind, reference))
