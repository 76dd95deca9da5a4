"""What a write needs to find in the database: organizations, parents, references, free ids."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from apps.resources.base import OwnerScope, Resource
from apps.resources.caller import Caller
from apps.resources.errors import InvalidInput, Violation
from apps.resources.identity import is_id
from apps.resources.kind import Draft, Identity, Kind, Parent, SpecReference
from apps.resources.registry import BY_NAME
from apps.resources.storage.lookup import Reference, existing_organizations, find_by_reference, rows_by_id


def check(kind: Kind, drafts: Sequence[Draft], caller: Caller) -> None:
    """Raise InvalidInput with everything that does not resolve; note warnings in the drafts."""
    violations = [
        *_organization_violations(drafts),
        *_id_violations(kind, drafts, caller),
        *(_parent_violations(kind.parent, drafts, caller) if kind.parent else ()),
        *(violation for draft in drafts for violation in _reference_violations(kind, draft, caller)),
    ]
    if violations:
        raise InvalidInput(violations)


def _organization_violations(drafts: Sequence[Draft]) -> Iterator[Violation]:
    wanted = {draft.metadata.org for draft in drafts} - {""}
    known = existing_organizations(wanted)
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
            yield Violation(path, f"{parent.kind} {ids[draft]!r} does not exist")
        draft.parent = row
    for draft in drafts:
        row = draft.parent
        if row is not None and parent.same_org and row.org != draft.metadata.org:
            path = f"{draft.place}spec.{parent.spec_field}"
            yield Violation(path, f"{parent.kind} {row.slug!r} belongs to {_owner(row)}")


def _reference_violations(kind: Kind, draft: Draft, caller: Caller) -> Iterator[Violation]:
    for reference in kind.references_in(draft.spec or {}):
        problem = _unresolved(reference, caller)
        if not problem:
            continue
        if reference.field.kind in BY_NAME:
            yield Violation(f"{draft.place}{reference.path}", problem)
        else:
            # The kind itself is not there yet: accepted, so that projects written for it deploy.
            warning = f"{reference.path}: {problem}"
            draft.warnings += [warning] if warning not in draft.warnings else []


def _unresolved(reference: SpecReference, caller: Caller) -> str:
    wanted, noun = Reference.from_spec(reference.value), reference.field.kind.lower()
    kind = BY_NAME.get(reference.field.kind)
    if kind is None:
        return f"{noun} {wanted.slug!r} cannot be resolved: this version has no {noun}s"
    if not wanted.slug or find_by_reference(kind, wanted, caller) is None:
        return f"{noun} {wanted.slug!r} does not exist"
    return ""
