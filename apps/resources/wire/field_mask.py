"""Parts of envelopes: those that a FieldMask names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from google.protobuf.field_mask_pb2 import FieldMask

from apps.resources.errors import InvalidInput, Violation
from apps.resources.kind import Kind
from apps.resources.wire.codec import encode_head, message_class

HEAD_COLUMNS = (
    "id",
    "name",
    "slug",
    "org",
    "owner_scope",
    "labels",
    "annotations",
    "tags",
    "version_id",
    "version_message",
    "previous_version_id",
)
HEAD = frozenset({"api_version", "kind", "metadata"})


class Parts:
    """What is to be answered of each envelope; all of it where the mask names nothing."""

    def __init__(self, kind: Kind, mask: FieldMask) -> None:
        """Raises InvalidInput for paths that lead to no field."""
        self.kind, self._mask = kind, FieldMask(paths=mask.paths)
        descriptor: Any = message_class(kind).DESCRIPTOR  # Any: of either runtime
        unknown = [path for path in mask.paths if not FieldMask(paths=[path]).IsValidForDescriptor(descriptor)]
        if unknown:
            raise InvalidInput(Violation("read_mask", f"{path!r} is no field of {kind.name}") for path in unknown)

    @property
    def are_all(self) -> bool:
        return not self._mask.paths

    @property
    def are_in_head(self) -> bool:
        """Whether columns have all of it: the envelope, which can be large, need not be read."""
        return bool(self._mask.paths) and {path.partition(".")[0] for path in self._mask.paths} <= HEAD

    def of(self, snapshot: bytes) -> bytes:
        """Those of a serialized envelope."""
        return snapshot if self.are_all else self._masked(message_class(self.kind).FromString(snapshot))

    def of_head(self, values: Sequence[Any]) -> bytes:  # Any: what columns hold
        """Those of the envelope whose HEAD_COLUMNS these are."""
        row = self.kind.model(**dict(zip(HEAD_COLUMNS, values, strict=True)))
        return self._masked(encode_head(self.kind, row))

    def _masked(self, envelope: Any) -> bytes:  # Any: each kind has a class of its own
        part = message_class(self.kind)()
        self._mask.MergeMessage(envelope, part)
        return part.SerializeToString()
