"""Slugs where a spec holds ids, and references: looked for in the resource's organization, then on the platform."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from apps.resources.base import OwnerScope
from apps.resources.caller import Caller
from apps.resources.identity import is_id
from apps.resources.kind import Draft, Kind, Row
from apps.resources.registry import BY_NAME
from apps.resources.storage.lookup import NEWEST, Found, Reference, find_version, resolve
from apps.resources.wire.codec import with_spec_fields


def with_ids(kind: Kind[Row], drafts: Sequence[Draft[Row]], caller: Caller) -> list[Draft[Row]]:
    """`drafts`, with the ids of what they name by slug; a slug that names nothing stays, to be complained of.

    Those passed in stay as they are: a write that is done again may find other resources under the same slugs.
    """
    named = [_named(kind, draft) for draft in drafts]
    found = {name: _resolved(name, named, caller) for name in {field.kind for field in kind.id_fields}}
    return [_with_ids(draft, slugs, found) for draft, slugs in zip(drafts, named, strict=True)]


def resolve_all(references: Iterable[tuple[str, Reference]], caller: Caller) -> dict[tuple[str, Reference], Found]:
    """What these references, each with the name of its kind, lead to, as far as that is there."""
    wanted = sorted(references, key=lambda each: each[0])
    found: dict[tuple[str, Reference], Found] = {}
    for name, some in groupby(wanted, key=lambda each: each[0]):
        kind = BY_NAME[name]
        resolved = resolve(kind, (reference for _, reference in some), caller)
        for reference, row in resolved.items():
            if _has_version(kind, row, reference):
                found[name, reference] = row
    return found


def _has_version(kind: Kind, found: Found, reference: Reference) -> bool:
    """Only kinds with versions are asked for one; of the others a reference means what is there."""
    is_any = kind.versions is None or reference.version in NEWEST
    return is_any or bool(find_version(kind, found.id, reference.version))


def id_missing(kind: str, written: str, org: str) -> str:
    """What to say of an id, or of a slug in its place, that leads to nothing."""
    if is_id(written, BY_NAME[kind].prefix):
        return f"{kind} {written!r} does not exist"
    return missing(kind, Reference(written, org=org))


def missing(kind: str, reference: Reference) -> str:
    """What to say of a reference that leads to nothing: what was looked for, and where."""
    version = f" with the version {reference.version!r}" if reference.version not in NEWEST else ""
    return f"there is no {kind} {reference.slug!r}{version} {_where(reference)}"


def _where(reference: Reference) -> str:
    platform = "on the platform"
    if not reference.org or reference.owner_scope == OwnerScope.PLATFORM:
        return platform
    place = f"in organization {reference.org!r}"
    return place if reference.owner_scope else f"{place} or {platform}"


def _named(kind: Kind, draft: Draft) -> dict[str, Reference]:
    """The slugs that stand where the spec holds ids, by field."""
    spec = draft.spec or {}
    written = {field: spec.get(field.spec_field, "") for field in kind.id_fields}
    return {
        field.spec_field: Reference(value, org=draft.metadata.org)
        for field, value in written.items()
        if value and not is_id(value, BY_NAME[field.kind].prefix)
    }


def _resolved(name: str, named: Iterable[Mapping[str, Reference]], caller: Caller) -> dict[Reference, Found]:
    wanted = {reference for each in named for reference in each.values()}
    return resolve(BY_NAME[name], wanted, caller) if wanted else {}


def _with_ids(
    draft: Draft[Row], slugs: Mapping[str, Reference], found: Mapping[str, Mapping[Reference, Found]]
) -> Draft[Row]:
    kinds = {field.spec_field: field.kind for field in draft.kind.id_fields}
    ids = {
        field: found[kinds[field]][reference].id
        for field, reference in slugs.items()
        if reference in found[kinds[field]]
    }
    return with_spec_fields(draft, **ids) if ids else draft
