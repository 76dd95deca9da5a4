"""A draft of what somebody typed: metadata as plain data, the spec as YAML."""

from __future__ import annotations

from typing import Any, cast

from google.protobuf import json_format

from apps.resources.caller import Caller
from apps.resources.errors import InvalidInput, Violation
from apps.resources.json_value import Json
from apps.resources.kind import Draft, Kind, Row
from apps.resources.wire.codec import decode, message_class
from apps.resources.wire.scalars import read_message
from apps.yaml_text.messages import MessageReader
from apps.yaml_text.tree import Node

SPEC_DEPTH = 2
"""Of messages: the spec stands in the envelope."""


def draft_from_yaml(kind: Kind[Row], metadata: dict[str, Json], spec: Node | None, caller: Caller) -> Draft[Row]:
    """As `codec.decode`, of metadata with the contract's field names. None is an empty spec.

    Raises InvalidInput with everything in the spec that cannot be read, in the words of `stigmer apply -f`, else as
    `decode` does.
    """
    envelope = cast("Any", message_class(kind)(api_version=kind.api_version, kind=kind.name))  # each kind has its own
    json_format.ParseDict(metadata, envelope.metadata)
    envelope.spec.SetInParent()
    unreadable: list[Violation] = []
    reader = MessageReader(lambda _, path, complaint: unreadable.append(Violation(path, complaint)))
    if spec is not None:
        reader.fill(envelope.spec, spec, "spec", SPEC_DEPTH)
    if unreadable:
        raise InvalidInput(unreadable)
    return decode(kind, read_message(message_class(kind), envelope.SerializeToString()), caller)
