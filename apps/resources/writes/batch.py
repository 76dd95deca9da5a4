"""Turning drafts into rows and revisions, stored in bulk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Generic

from django.db import IntegrityError
from django.utils import timezone

from apps.resources.base import Resource, Revision, StoredReference
from apps.resources.caller import SYSTEM, Caller
from apps.resources.errors import AlreadyExists, InvalidInput, Violation
from apps.resources.identity import new_id
from apps.resources.json_value import Json
from apps.resources.kind import Action, Draft, Identity, Kind, Row
from apps.resources.secrets import vault
from apps.resources.storage.journal import note
from apps.resources.storage.lookup import rows_by_id, rows_by_identity
from apps.resources.storage.statements import delete_rows, insert_rows, insert_values, new_row, update_rows
from apps.resources.storage.terms import store_terms
from apps.resources.wire.codec import encode, payload_of, with_spec_fields
from apps.resources.writes.diff import FieldChange, changes, is_same
from apps.resources.writes.outcome import Outcome
from apps.shared.annotations import GENERATED_AT
from apps.shared.masking import MASK

VERSION_PREFIX = "ver"
Values = dict[str, Any]  # Any: what columns hold
UPDATED_COLUMNS = [
    "name",
    "labels",
    "annotations",
    "tags",
    "spec",
    "secrets",
    "status",
    "version",
    "version_id",
    "previous_version_id",
    "version_message",
    "updated_by",
    "updated_at",
    "event",
    "status_updated_by",
    "status_updated_at",
    "status_event",
    "snapshot",
]


class IdentityTaken(Exception):
    """Some identity or id among `rows` is stored already. The transaction is lost; what to say is found outside it."""

    def __init__(self, kind: Kind, rows: Sequence[Resource]) -> None:
        self.kind, self.rows = kind, rows
        super().__init__(kind.name)

    def explained(self) -> BaseException:
        """AlreadyExists for the first that is stored; the database's own error when none is."""
        # As SYSTEM: a name is taken whoever sees by what.
        identities = [Identity(row.owner_scope, row.org, row.slug) for row in self.rows]
        stored = rows_by_identity(self.kind, identities, SYSTEM)
        stored_ids = rows_by_id(self.kind, [row.pk for row in self.rows], SYSTEM)
        for row in [*stored.values(), *stored_ids.values()]:
            return AlreadyExists(self.kind.name, row.slug, row.pk)
        return self.__cause__ or self


class WriteBatch(Generic[Row]):
    """Writes to one kind's table within one transaction, collected and then stored together."""

    def __init__(self, kind: Kind[Row], caller: Caller, now: datetime | None = None) -> None:
        self.kind, self.caller, self.now = kind, caller, now or timezone.now()
        self.created: list[tuple[Row, bytes]] = []
        self.updated: list[tuple[Row, bytes]] = []
        self.restated: list[Row] = []
        self.relabelled: list[Row] = []
        """Those that are updated and carry other tags or labels than before."""
        self.children: list[Draft] = []
        self.uses: list[Values] = []
        self.referring: list[Row] = []
        """Those that are updated and referred to something before."""

    def create(self, draft: Draft[Row], *, number: int = 1) -> Outcome[Row]:
        """`number` is that of its first revision. Raises as the caller's permit does."""
        if self.caller.permit is not None:
            self.caller.permit.creation(draft)
        metadata = draft.metadata
        known = {
            "id": metadata.id or new_id(self.kind.prefix),
            "owner_scope": metadata.owner_scope,
            "org": metadata.org,
            "slug": metadata.slug,
            "version": number,
            "created_by": self.caller.actor,
            "created_at": self.now,
            # Set below, as for a change; as defaults each of them would be a look at the clock.
            "updated_at": self.now,
            "status_updated_at": self.now,
        }
        row = new_row(self.kind.model, known | self.kind.columns(draft))
        self._fill(row, draft, "created")
        self.created.append((row, draft.payload))
        return Outcome(draft, row, Action.CREATED)

    def update(self, row: Row, draft: Draft[Row]) -> Outcome[Row]:
        """Raises as the caller's permit does."""
        if self.caller.permit is not None:
            self.caller.permit.change(row, self.kind, draft)
        changed, carried = self._changes(row, draft), (row.tags, row.labels)
        if next(self.kind.references_in(row.spec or {}), None) is not None:
            self.referring.append(row)
        row.version += 1
        for column, value in self.kind.columns(draft).items():
            setattr(row, column, value)
        self._fill(row, draft, "updated")
        self.updated.append((row, draft.payload))
        if (row.tags, row.labels) != carried:
            self.relabelled.append(row)
        return Outcome(draft, row, Action.UPDATED, changed)

    def restate(self, row: Row) -> None:
        """Store a status that changed although the spec did not."""
        row.status_updated_by, row.status_updated_at, row.status_event = self.caller.actor, self.now, "updated"
        self.restated.append(row)

    def add_child(self, draft: Draft) -> None:
        """Also create `draft`, of a kind that belongs to this one, once the parents are stored."""
        self.children.append(draft)

    def is_unchanged(self, row: Resource, draft: Draft) -> bool:
        return not self._changes(row, draft)

    def save(self) -> None:
        """Encode and store everything collected. Raises IdentityTaken."""
        revisions = self._store()
        insert_values(Revision, revisions)
        noted = [(each["kind"], each["resource_id"], each["event"]) for each in revisions]
        note([*noted, *((self.kind.name, row.pk, "updated") for row in self.restated)], self.now)

    def _store(self) -> list[Values]:
        """Store all rows and return the revisions that they make."""
        for row, payload in [*self.created, *self.updated]:
            row.snapshot = encode(self.kind, row, payload)
        for row in self.restated:
            row.snapshot = encode(self.kind, row, payload_of(self.kind, bytes(row.snapshot)))
        # In one order, whoever writes: two that insert the same several would wait for each other for ever.
        created = sorted((row for row, _ in self.created), key=lambda row: (row.owner_scope, row.org, row.slug))
        try:
            insert_rows(created)
        except IntegrityError as error:
            raise IdentityTaken(self.kind, created) from error
        changed = [row for row, _ in self.updated] + self.restated
        if changed:
            of_parent = [self.kind.parent.column] if self.kind.parent else []
            update_rows(changed, (*UPDATED_COLUMNS, *self.kind.spec_columns, *of_parent))
        store_terms(self.kind, created, self.relabelled)
        self._store_versions()
        if self.kind.references:
            self._store_references()
        revisions = [
            revision_of(self.kind, row, row.event, row.version_message, self.caller, self.now)
            for row, _ in [*self.created, *self.updated]
        ]
        if self.children:
            batch = WriteBatch(self.children[0].kind, self.caller, self.now)
            for draft in self.children:
                batch.create(draft)
            revisions += batch._store()
        return revisions

    def _store_versions(self) -> None:
        """Have references find what was stored by the hash and the tag it has now."""
        if self.kind.versions is not None:
            rows = [row for row, _ in [*self.created, *self.updated]]
            insert_values(self.kind.versions, [version_of(self.kind, row) for row in rows])

    def _store_references(self) -> None:
        """What is updated refers to what it says now, and to nothing else."""
        if self.referring:
            delete_rows(StoredReference, "source_id", [row.pk for row in self.referring])
        insert_values(StoredReference, self.uses)

    def _fill(self, row: Resource, draft: Draft, event: str) -> None:
        """Take over what the caller decides and stamp the write."""
        metadata = draft.metadata
        self.uses += [_reference_of(self.kind, row, *used) for used in sorted(draft.uses, key=str)]
        row.name, row.labels, row.annotations, row.tags = (
            metadata.name,
            metadata.labels,
            metadata.annotations,
            metadata.tags,
        )
        row.secrets = _sealed(row, draft)
        row.spec = draft.spec
        row.status = {**row.status, **draft.status}
        row.previous_version_id, row.version_id = row.version_id, new_id(VERSION_PREFIX)
        row.version_message = metadata.version_message
        row.updated_by, row.updated_at, row.event = self.caller.actor, self.now, event
        row.status_updated_by, row.status_updated_at, row.status_event = self.caller.actor, self.now, event

    def _changes(self, row: Resource, draft: Draft) -> list[FieldChange]:
        found = list(changes(_comparable(row), _comparable(draft.metadata) | {"spec": draft.spec}))
        given = self.kind.given_status
        found += changes(_named(row.status, given), _named({**row.status, **draft.status}, given), "status")
        return found + [
            FieldChange(f"{path}.value", MASK, MASK)
            for path in draft.secrets
            if path in row.secrets and not _is_kept(row, draft, path)
        ]


def _reference_of(kind: Kind, row: Resource, used: str, identity: Identity) -> Values:
    """The values of a StoredReference."""
    return {"source_kind": kind.name, "source_id": row.pk, "kind": used, **identity._asdict()}


def revision_of(kind: Kind, row: Resource, event: str, message: str, caller: Caller, now: datetime) -> Values:
    """The values of a Revision."""
    return {
        "kind": kind.name,
        "resource_id": row.pk,
        "org": row.org,
        "slug": row.slug,
        "number": row.version,
        "version_id": row.version_id,
        "event": event,
        "message": message,
        "actor": caller.actor,
        "at": now,
        "snapshot": row.snapshot,
        "secrets": row.secrets,
        "of_running": kind.is_left_by_runs,
    }


def deletion_of(kind: Kind, row: Resource, message: str, caller: Caller, now: datetime) -> Values:
    """The values of the Revision that ends the life of a resource, whose row is locked."""
    return revision_of(kind, row, "deleted", message, caller, now) | {"number": row.version + 1}


def version_of(kind: Kind, row: Resource) -> Values:
    """The values of a row of the kind's `versions`."""
    return {
        f"{kind.noun}_id": row.pk,
        "number": row.version,
        "version_id": row.version_id,
        "version_hash": row.status["version_hash"],
        "tag": (row.spec or {}).get("tag", ""),
    }


def with_stored_spec(row: Resource, draft: Draft) -> Draft:
    """The draft with the spec that is stored, secrets included. What the draft leaves out counts as kept.

    Raises InvalidInput for every field of its spec that differs, and for every secret with another value.
    """
    stored = row.spec or {}
    changed = [f"spec.{name}" for name, value in (draft.spec or {}).items() if not is_same(stored.get(name), value)]
    changed += [f"{path}.value" for path in draft.secrets if path in row.secrets and not _is_kept(row, draft, path)]
    if changed:
        raise InvalidInput(Violation(f"{draft.place}{path}", "cannot change any more") for path in changed)
    return replace(
        draft,
        spec=row.spec,
        payload=payload_of(draft.kind, bytes(row.snapshot)),
        secrets=dict.fromkeys(row.secrets, MASK),
    )


def with_settled_fields(row: Resource, draft: Draft[Row]) -> Draft[Row]:
    """The draft with the fields that its kind computes, or settled when it was created, as they are stored.

    Raises InvalidInput for every settled field that differs.
    """
    kind, stored = draft.kind, row.spec or {}
    if draft.spec is None or not (kind.settled_fields or kind.computed_fields):
        return draft
    changed = [name for name in kind.settled_fields if draft.spec.get(name, stored.get(name)) != stored.get(name)]
    if changed:
        raise InvalidInput(Violation(f"{draft.place}spec.{name}", "cannot change any more") for name in changed)
    kept = {name: stored[name] for name in (*kind.settled_fields, *kind.computed_fields) if name in stored}
    return with_spec_fields(draft, **kept)


def _comparable(source: Any) -> dict[str, Json]:  # Any: a Metadata or a Resource, which share these names
    """What counts as a change, beside the spec of a draft."""
    counted = {key: value for key, value in source.annotations.items() if key != GENERATED_AT}
    metadata = {"name": source.name, "labels": source.labels, "annotations": counted, "tags": source.tags}
    return {"metadata": metadata, **({"spec": source.spec} if isinstance(source, Resource) else {})}


def _named(status: dict[str, Json], names: Sequence[str]) -> dict[str, Json]:
    return {name: status[name] for name in names if name in status}


def _is_kept(row: Resource, draft: Draft, path: str) -> bool:
    wanted = draft.secrets[path]
    return wanted == MASK or vault.same(row.secrets[path], wanted)


def _sealed(row: Resource, draft: Draft) -> dict[str, str]:
    """Ciphertexts by path; values that are kept keep their ciphertext, too."""
    violations = [
        Violation(f"{draft.place}{path}.value", f'"{MASK}" keeps a stored secret, but none is stored here')
        for path, wanted in draft.secrets.items()
        if wanted == MASK and path not in row.secrets
    ]
    if violations:
        raise InvalidInput(violations)
    return {
        path: row.secrets[path] if path in row.secrets and _is_kept(row, draft, path) else vault.seal(wanted)
        for path, wanted in draft.secrets.items()
    }
