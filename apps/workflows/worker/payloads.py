"""What stands in Temporal's database: encrypted, and small. Large values go into files that the history refers to."""

from __future__ import annotations

import copy
import os
import shutil
import uuid
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from temporalio.api.common.v1 import Payload
from temporalio.converter import (
    ActivitySerializationContext,
    DataConverter,
    DefaultFailureConverterWithEncodedAttributes,
    PayloadCodec,
    SerializationContext,
    WithSerializationContext,
    WorkflowSerializationContext,
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
        payload_codec=SealingCodec(folder), failure_converter_class=DefaultFailureConverterWithEncodedAttributes
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
