"""Asking a server as tests of every kind do: refusals, writers at once, envelopes to change."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from google.protobuf.message import Message

from tests.suites.client import Envelope, KindApi, Refused

AT_ONCE = 8


def refusal(kinds: KindApi, verb: str, request: Message) -> Refused:
    """How the server refuses a request, which it must."""
    with pytest.raises(Refused) as caught:
        kinds.call(verb, request)
    assert "Traceback" not in caught.value.message
    assert caught.value.reason
    return caught.value


def code_of(kinds: KindApi, verb: str, request: Message) -> grpc.StatusCode:
    try:
        kinds.command(verb, request)
    except Refused as refused:
        return refused.code
    return grpc.StatusCode.OK


def at_once(work: Any, items: Any, *, threads: int = AT_ONCE) -> list[Any]:  # Any: whatever `work` takes and gives
    """`work` of every item, in so many threads."""
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, items))


def without_secrets(spec: Message) -> str:
    """A spec as text, in which a secret value is like any other."""
    return re.sub(r'value: "[^"]*"', "value", str(spec))


def copied(envelope: Envelope) -> Envelope:
    copy_of = type(envelope)()
    copy_of.CopyFrom(envelope)
    return copy_of


def identity(envelope: Envelope) -> tuple[str, str, str, int]:
    metadata = envelope.metadata
    return metadata.id, metadata.slug, metadata.org, metadata.owner_scope
