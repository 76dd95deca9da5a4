"""Between envelopes on the wire and the generic machinery: the only place where protobuf meets a row."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from functools import cache, lru_cache
from importlib import import_module
from typing import Any, cast

from google.protobuf import json_format
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import DecodeError, Message
from google.protobuf.timestamp_pb2 import Timestamp

from apps.resources.base import OwnerScope, Resource
from apps.resources.caller import Caller
from apps.resources.errors import InvalidInput, Violation, unsaid
from apps.resources.identity import MAX_NAME, new_id, slug_complaint
from apps.resources.json_value import Json
from apps.resources.kind import Draft, Identity, Kind, Metadata, Row, SpecReview
from apps.resources.registry import BY_MESSAGE, BY_NAME
from apps.resources.wire.json_form import fill, to_json
from apps.resources.wire.masking import bare_masks, declared_secrets, mask_secrets, put_masks
from apps.resources.wire.scalars import read_message
from apps.resources.wire.validation import contract_violations
from apps.shared.masking import MASK
from apps.shared.slugs import slug_of

Envelope = Any  # an envelope of any kind: api_version, kind, metadata, spec, status; each has its own class


@cache
def message_class(kind: Kind) -> type[Message]:
    module = import_module(f"stigmer_proto.{kind.package.removeprefix('ai.stigmer.')}.api_pb2")
    return cast("type[Message]", getattr(module, kind.name))


def decode(kind: Kind[Row], envelope: Envelope, caller: Caller) -> Draft[Row]:
    """What a caller wants, checked. Raises InvalidInput with every violation.

    Fills what the caller may leave out (slug, scope, organization) and drops what only we write
    (status, audit). The envelope passed in is not changed.
    """
    wanted = cast("Envelope", message_class(kind)())
    wanted.CopyFrom(envelope)
    given = _given_status(kind, wanted.status)
    wanted.ClearField("status")
    _fill_metadata(kind, wanted.metadata, caller)
    taken_columns = _take_columns(kind, wanted.spec)
    for name in kind.computed_fields:
        wanted.spec.ClearField(name)
    violations = [*_metadata_violations(wanted.metadata), *contract_violations(wanted, kind.excused_rules)]
    violations += kind.review_annotations(wanted.metadata.annotations)
    violations += [
        Violation(f"{place}.value", f'"{MASK}" keeps a stored secret, but is_secret is off: give the value')
        for place in bare_masks(wanted.spec, "spec")
    ]
    declared = declared_secrets(wanted.spec, "spec") if kind.declares_secrets else ()
    masked = mask_secrets(wanted.spec, "spec")
    spec = to_json(wanted.spec, "spec") if wanted.HasField("spec") else None
    review = kind.review(spec) if spec is not None else SpecReview()
    violations += unsaid(review.violations, violations)
    if violations:
        raise InvalidInput(violations)
    return Draft(
        kind=kind,
        metadata=_metadata(wanted.metadata),
        spec=spec,
        payload=wanted.spec.SerializeToString(),
        secrets=masked,
        declared_secrets=declared,
        status={**review.status, **given},
        taken_columns=taken_columns,
        warnings=review.warnings,
    )


def identity_of(kind: Kind, envelope: Envelope, caller: Caller) -> Identity:
    """What the resource of an envelope is found by, with what the caller may leave out filled as `decode` does."""
    metadata = type(envelope.metadata)()
    metadata.CopyFrom(envelope.metadata)
    _fill_metadata(kind, metadata, caller)
    return Identity(metadata.owner_scope, metadata.org, metadata.slug)


def draft_from_json(kind: Kind[Row], envelope: dict[str, Json], caller: Caller) -> Draft[Row]:
    """As `decode`, from the JSON form of an envelope (manifests, the admin)."""
    message = message_class(kind)()
    try:
        json_format.ParseDict({"api_version": kind.api_version, "kind": kind.name, **envelope}, message)
        # JSON may be nested deeper than a message that anybody can read back.
        message = read_message(message_class(kind), message.SerializeToString())
    except json_format.ParseError as error:
        raise InvalidInput.at("", str(error)) from error
    except DecodeError:
        raise InvalidInput.at("spec", "is nested too deeply") from None
    return decode(kind, message, caller)


def trusted_draft(kind: Kind[Row], metadata: Metadata, spec: dict[str, Json]) -> Draft[Row]:
    """A draft of our own making: nothing is checked, nothing in it is secret."""
    envelope = cast("Envelope", message_class(kind)())
    fill(envelope.spec, spec)
    return Draft(kind=kind, metadata=metadata, spec=spec, payload=envelope.spec.SerializeToString())


def with_spec_fields(draft: Draft[Row], **fields: str | bool | datetime | dict[str, str]) -> Draft[Row]:
    """The draft with these fields of its spec set: scalars, moments, and maps of texts."""
    envelope = cast(Envelope, message_class(draft.kind)())
    envelope.spec.ParseFromString(draft.payload)
    for name, value in fields.items():
        if isinstance(value, dict):
            envelope.spec.ClearField(name)
            getattr(envelope.spec, name).update(value)
        elif isinstance(value, datetime):
            getattr(envelope.spec, name).FromDatetime(value)
        else:
            setattr(envelope.spec, name, value)
    return replace(draft, spec=to_json(envelope.spec), payload=envelope.spec.SerializeToString())


def with_masks(draft: Draft[Row], places: Collection[str]) -> Draft[Row]:
    """The draft with the secrets at these paths kept as they are stored."""
    envelope = cast(Envelope, message_class(draft.kind)())
    envelope.spec.ParseFromString(draft.payload)
    put_masks(envelope.spec, "spec", places)
    secrets = draft.secrets | dict.fromkeys(places, MASK)
    return replace(draft, spec=to_json(envelope.spec), payload=envelope.spec.SerializeToString(), secrets=secrets)


def unpack(packed: AnyMessage, caller: Caller) -> Draft:
    """As `decode`, from an Any that holds the envelope of a kind this server knows."""
    kind = BY_MESSAGE.get(packed.TypeName())
    if kind is None:
        known = ", ".join(BY_NAME)
        raise InvalidInput.at("", f"{packed.TypeName() or 'empty'} is not a kind this server knows: {known}")
    try:
        message = read_message(message_class(kind), packed.value)
    except DecodeError:
        raise InvalidInput.at("", f"is damaged: it cannot be read as a {kind.name}") from None
    return decode(kind, message, caller)


def pack(kind: Kind, snapshot: bytes) -> AnyMessage:
    return AnyMessage(type_url=f"type.googleapis.com/{kind.message_name}", value=snapshot)


def encode(kind: Kind, row: Resource, payload: bytes) -> bytes:
    """The envelope of a row whose spec, as a serialized message, is `payload`.

    Where the kind keeps its status, it is that of the envelope which the row has had.
    """
    envelope = cast("Envelope", message_class(kind)(api_version=kind.api_version, kind=kind.name))
    _write_metadata(row, envelope.metadata)
    if row.spec is not None:
        envelope.spec.ParseFromString(payload)
    if kind.keeps_status and row.snapshot:
        envelope.status.CopyFrom(cast("Envelope", message_class(kind).FromString(bytes(row.snapshot))).status)
    elif status := kind.status_of(row):
        fill(envelope.status, status)
    _write_audits(row, envelope.status)
    return cast("bytes", envelope.SerializeToString())


def encode_head(kind: Kind, row: Resource) -> Envelope:
    """An envelope without spec and status."""
    envelope = cast("Envelope", message_class(kind)(api_version=kind.api_version, kind=kind.name))
    _write_metadata(row, envelope.metadata)
    return envelope


def id_of(kind: Kind, snapshot: bytes) -> str:
    return str(cast("Envelope", message_class(kind).FromString(snapshot)).metadata.id)


def payload_of(kind: Kind, snapshot: bytes) -> bytes:
    """The spec of a stored envelope, as a serialized message."""
    return cast("bytes", cast("Envelope", message_class(kind).FromString(snapshot)).spec.SerializeToString())


def given_status(kind: Kind, envelope: Envelope) -> dict[str, Json]:
    """What of the status of an envelope counts as written by callers, as `{status: ...}`; empty for most kinds."""
    found = _given_status(kind, envelope.status)
    return {"status": found} if found else {}


def _given_status(kind: Kind, status: Envelope) -> dict[str, Json]:
    return {name: value for name in kind.given_status if (value := getattr(status, name))}


def _take_columns(kind: Kind, spec: Envelope) -> dict[str, Json]:
    """Take out of a spec what is stored in columns and never shown; by column."""
    taken = {name: value for name in kind.taken_fields if (value := getattr(spec, name))}
    for name in taken:
        spec.ClearField(name)
    return taken


def _fill_metadata(kind: Kind, metadata: Envelope, caller: Caller) -> None:
    if kind.is_named_by_id and not (metadata.name or metadata.slug):
        metadata.name = new_id(kind.noun)
    metadata.name = metadata.name or metadata.slug
    metadata.slug = metadata.slug or slug_of(metadata.name)
    metadata.owner_scope = metadata.owner_scope or kind.default_scope
    if metadata.owner_scope == OwnerScope.PLATFORM or not kind.belongs_to_organization:
        metadata.org = ""  # one name for the whole platform, whichever organization the caller is in
    else:
        metadata.org = metadata.org or caller.org


def _metadata_violations(metadata: Envelope) -> list[Violation]:
    if not metadata.name:
        return [Violation("metadata.name", "is required")]
    found = []
    if len(metadata.name) > MAX_NAME:
        found.append(Violation("metadata.name", f"must have at most {MAX_NAME} characters, got {len(metadata.name)}"))
    if not metadata.name.isprintable():
        found.append(Violation("metadata.name", f"{metadata.name!r} holds characters that cannot be printed"))
    if not metadata.slug:
        found.append(
            Violation("metadata.name", f"{metadata.name!r} makes no slug: use letters or digits, or set metadata.slug")
        )
    elif complaint := slug_complaint(metadata.slug):
        is_made = metadata.slug == slug_of(metadata.name)
        way_out = "; the name makes this one: shorten it, or set metadata.slug" if is_made else ""
        found.append(Violation("metadata.slug", f"{complaint}{way_out}"))
    return found


def _metadata(metadata: Envelope) -> Metadata:
    return Metadata(
        name=metadata.name,
        slug=metadata.slug,
        id=metadata.id,
        org=metadata.org,
        owner_scope=metadata.owner_scope,
        labels=dict(metadata.labels),
        annotations=dict(metadata.annotations),
        tags=list(metadata.tags),
        version_id=metadata.version.id,
        version_message=metadata.version.message,
    )


def _write_metadata(row: Resource, metadata: Envelope) -> None:
    metadata.name, metadata.slug, metadata.id, metadata.org = row.name, row.slug, row.id, row.org
    metadata.owner_scope = row.owner_scope
    metadata.labels.update(row.labels)
    metadata.annotations.update(row.annotations)
    metadata.tags.extend(row.tags)
    metadata.version.id = row.version_id
    metadata.version.message = row.version_message
    metadata.version.previous_version_id = row.previous_version_id


def _write_audits(row: Resource, status: Envelope) -> None:
    spec_audit, status_audit = status.audit.spec_audit, status.audit.status_audit
    spec_audit.created_by.id = row.created_by
    spec_audit.created_at.CopyFrom(_timestamp(row.created_at))
    status_audit.CopyFrom(spec_audit)
    _write_audit(spec_audit, row.updated_by, row.updated_at, row.event)
    _write_audit(status_audit, row.status_updated_by, row.status_updated_at, row.status_event)


def _write_audit(audit: Envelope, actor: str, at: datetime, event: str) -> None:
    audit.updated_by.id = actor
    audit.updated_at.CopyFrom(_timestamp(at))
    audit.event = event


@lru_cache(maxsize=16)
def _timestamp(at: datetime) -> Timestamp:
    """One message for all who copy it: a write stamps much with the same moment."""
    stamp = Timestamp()
    stamp.FromDatetime(at)
    return stamp
