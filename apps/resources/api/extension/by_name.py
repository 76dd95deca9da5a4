"""Envelopes as they can be applied elsewhere: slugs in their specs where ids of other resources stand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from apps.resources.caller import Caller
from apps.resources.kind import IdField, Kind
from apps.resources.registry import BY_NAME
from apps.resources.storage.lookup import Reference, chunks, resolve, visible
from apps.resources.wire.codec import Envelope, message_class


def by_name(kind: Kind, snapshots: Sequence[bytes], caller: Caller) -> list[bytes]:
    """Serialized envelopes of `kind`. An id stays where no slug would lead back to it."""
    if not kind.id_fields:
        return [*snapshots]
    envelopes = [message_class(kind).FromString(snapshot) for snapshot in snapshots]
    for field in kind.id_fields:
        _name(field, envelopes, caller)
    return [envelope.SerializeToString() for envelope in envelopes]


def _name(field: IdField, envelopes: Iterable[Envelope], caller: Caller) -> None:
    """Write slugs into this field of the envelopes."""
    kind = BY_NAME[field.kind]
    ids = {getattr(envelope.spec, field.spec_field) for envelope in envelopes} - {""}
    slugs: dict[str, str] = {}
    for some in chunks(sorted(ids)):
        slugs.update(visible(kind, caller).filter(pk__in=some).values_list("pk", "slug"))
    wanted = {
        (slug, envelope.metadata.org): Reference(slug, org=envelope.metadata.org)
        for envelope in envelopes
        if (slug := slugs.get(getattr(envelope.spec, field.spec_field)))
    }
    found = resolve(kind, wanted.values(), caller)
    for envelope in envelopes:
        resource_id = getattr(envelope.spec, field.spec_field)
        reference = wanted.get((slugs.get(resource_id, ""), envelope.metadata.org))
        if reference in found and found[reference].id == resource_id:
            setattr(envelope.spec, field.spec_field, reference.slug)
