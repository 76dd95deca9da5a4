"""What stands in Temporal's database: encrypted, and small. Large values go into files that the history refers to."""

from __future__ import annotations

import copy
import os
import shutil
import uuid
import zlib
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, Self, get_type_hints

from temporalio.api.common.v1 import Payload
from temporalio.converter import (
    ActivitySerializationContext,
    CompositePayloadConverter,
    DataConverter,
    DefaultFailureConverterWithEncodedAttributes,
    DefaultPayloadConverter,
    JSONPlainPayloadConverter,
    JSONTypeConverter,
    PayloadCodec,
    SerializationContext,
    WithSerializationContext,
    WorkflowSerializationContext,
    value_to_type,
)

from apps.resources.secrets import vault
from apps.workflows.worker.contracts import UNSEALED

ENCODING = b"binary/stigmer-2"
IN_FILE = "stigmer-blob"
LARGEST_INLINE = 16 * 1024
"""Bytes as stored. A history holds at most 50 MB: thousands of these, only hundreds of larger ones."""
SMALLEST_PACKED = 4 * 1024
"""Bytes from which on compressing is worth its time."""
PLAIN, PACKED = b"\0", b"\1"
_SHARED = "shared"


class SealingCodec(PayloadCodec, WithSerializationContext):
    """Compresses, encrypts with the vault's keys, and puts what is still large into a file of the run."""

    def __init__(self, folder: Path, run: str = _SHARED) -> None:
        self.folder, self.run = folder, run

    def with_context(self, context: SerializationContext) -> SealingCodec:
        if isinstance(context, WorkflowSerializationContext | ActivitySerializationContext) and context.workflow_id:
            return SealingCodec(self.folder, context.workflow_id)
        return self

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [self._seal(payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [self._open(payload) for payload in payloads]

    def _seal(self, payload: Payload) -> Payload:
        if UNSEALED in payload.metadata:
            kept = {name: value for name, value in payload.metadata.items() if name != UNSEALED}
            return Payload(metadata=kept, data=payload.data)
        whole = payload.SerializeToString()
        is_small = len(whole) < SMALLEST_PACKED
        data = vault.seal_bytes(PLAIN + whole if is_small else PACKED + zlib.compress(whole, 1))
        metadata = {"encoding": ENCODING}
        if len(data) > LARGEST_INLINE:
            name = f"{self.run}/{uuid.uuid4().hex}"
            _write(self.folder / name, data)
            metadata[IN_FILE] = name.encode()
            data = b""
        return Payload(metadata=metadata, data=data)

    def _open(self, payload: Payload) -> Payload:
        if payload.metadata.get("encoding") != ENCODING:
            return payload
        name = payload.metadata.get(IN_FILE, b"").decode()
        data = (self.folder / name).read_bytes() if name else payload.data
        opened = vault.unseal_bytes(data)
        return Payload.FromString(zlib.decompress(opened[1:]) if opened.startswith(PACKED) else opened[1:])


class QuickTypes(JSONTypeConverter):
    """Our dataclasses, made as Temporal makes them, which asks for the types of their fields with each payload anew."""

    def to_typed_value(self, hint: type, value: Any) -> Any:  # Any: as Temporal has them
        types = _types_of(hint)
        if types is None or type(value) is not dict:
            return self.Unhandled
        known = {name: kind for name, kind in types.items() if name in value}
        return hint(**{name: _typed(kind, value[name]) for name, kind in known.items()})


def _typed(kind: Any, value: Any) -> Any:  # Any: as above
    is_so = kind is Any or (type(value) is kind and kind in _AS_THEY_ARE)
    return value if is_so else value_to_type(kind, value)


_AS_THEY_ARE = frozenset({str, int, bool})


@cache
def _types_of(hint: Any) -> dict[str, Any] | None:  # Any: what annotations are
    """Of the fields of a dataclass, by their names; None for what is none."""
    if not (isinstance(hint, type) and is_dataclass(hint)):
        return None
    types = get_type_hints(hint)
    return {each.name: types[each.name] for each in fields(hint)}


class QuickPayloadConverter(CompositePayloadConverter):
    """Temporal's own, with QuickTypes."""

    def __init__(self) -> None:
        own = (
            JSONPlainPayloadConverter(custom_type_converters=[QuickTypes()])
            if isinstance(each, JSONPlainPayloadConverter)
            else each
            for each in DefaultPayloadConverter.default_encoding_payload_converters
        )
        super().__init__(*own)


class SealingConverter(DataConverter):
    """Temporal's own, which is asked for a twin for every payload: ours makes none of its parts anew."""

    def with_context(self, context: SerializationContext) -> Self:
        if not isinstance(self.payload_codec, SealingCodec):
            return super().with_context(context)
        twin = copy.copy(self)
        object.__setattr__(twin, "payload_codec", self.payload_codec.with_context(context))
        return twin


def sealing_converter(folder: Path) -> DataConverter:
    """The data converter of every client and worker; errors are sealed, too."""
    return SealingConverter(
        payload_converter_class=QuickPayloadConverter,
        payload_codec=SealingCodec(folder),
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )


def forget(folder: Path, run: str) -> None:
    """Delete the files of a run that Temporal has closed."""
    shutil.rmtree(folder / run, ignore_errors=True)


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.rename(path)
