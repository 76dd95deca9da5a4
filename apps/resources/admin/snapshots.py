"""Stored envelopes as text that two versions of can be compared line by line."""

from __future__ import annotations

from apps.resources.admin.yaml_text import to_yaml
from apps.resources.base import Revision
from apps.resources.json_value import Json
from apps.resources.registry import BY_NAME
from apps.shared.annotations import GENERATED_AT
from apps.shared.message_json import in_order

SHOWN = ("name", "slug", "org", "labels", "tags", "annotations")


def snapshot_yaml(row: Revision) -> str:
    """What the user wanted then: metadata without ids and versions, and the spec, secrets masked."""
    # Generated messages and the validator come along with it: only pages of history need them.
    from apps.resources.wire.codec import given_status, message_class
    from apps.resources.wire.json_form import to_json
    from apps.schemas.manifest_form import as_written

    kind = BY_NAME.get(row.kind)
    if kind is None:
        return ""
    message = message_class(kind).FromString(bytes(row.snapshot))
    envelope = as_written(in_order(to_json(message), message.DESCRIPTOR, by_declaration=True), message.DESCRIPTOR)
    metadata = envelope.get("metadata", {})
    kept = {key: metadata[key] for key in SHOWN if key in metadata}
    if annotations := _counted(kept.pop("annotations", {})):
        kept["annotations"] = annotations
    return to_yaml({"metadata": kept, "spec": envelope.get("spec"), **given_status(kind, message)})


def _counted(annotations: dict[str, Json]) -> dict[str, Json]:
    return {key: value for key, value in annotations.items() if key != GENERATED_AT}
