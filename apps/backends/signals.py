"""Signals to runs, for clients: sending them, and waiting for what they are answered with."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from apps.backends.grpc_backend import GrpcBackend
    from apps.backends.runs import Json

KEPT, TAKEN, UNUSED = "kept", "taken", "unused"
SIGNAL, UPDATE, QUERY = "SIGNAL", "UPDATE", "QUERY"
WAIT_SECONDS: Final = 20.0
"""So long one call waits for an answer; who wants more, asks again."""


@dataclass(frozen=True, slots=True)
class SignalFate:
    """What became of a signal by now: `kept`, `taken` by the task at the path `task`, or `unused` by a run that ended.

    `answer` is there once an update or a query is taken.
    """

    id: str
    number: int
    state: str
    task: str = ""
    answer: Json = None


def send(
    backend: GrpcBackend,
    execution_id: str,
    name: str,
    data: Json = None,
    *,
    key: str = "",
    kind: str = SIGNAL,
    wait_seconds: float = 0.0,
) -> SignalFate:
    """Send a signal, once, however often it is asked for with the same key.

    Raises NotFound, Invalid, and Conflict for a run that has ended or a key that was used for another signal.
    """
    from google.protobuf import json_format, struct_pb2
    from stigmer_proto.controlplane.v1 import executions_pb2

    from apps.backends.grpc_runs import plain_value, word

    request = executions_pb2.SignalRunRequest(
        execution_id=execution_id,
        name=name,
        data=json_format.ParseDict(data, struct_pb2.Value()),
        id=key or uuid.uuid4().hex,
        type=f"SIGNAL_TYPE_{kind}",
        wait_seconds=wait_seconds,
    )
    told = backend.call("ExecutionController/signal", request, executions_pb2.SignalRunResponse)
    state = word(executions_pb2.SignalState.DESCRIPTOR, "SIGNAL_STATE_", told.state)
    return SignalFate(told.id, told.number, state, told.task, plain_value(told.answer))


def ask(
    backend: GrpcBackend, execution_id: str, name: str, data: Json, *, key: str, kind: str, seconds: float | None
) -> SignalFate:
    """Send an update or a query, and wait until it is answered, the run has ended, or so many seconds are over."""
    until = None if seconds is None else time.monotonic() + seconds
    key = key or uuid.uuid4().hex
    while True:
        left = WAIT_SECONDS if until is None else min(WAIT_SECONDS, max(0.0, until - time.monotonic()))
        fate = send(backend, execution_id, name, data, key=key, kind=kind, wait_seconds=left)
        if fate.state != KEPT or (until is not None and time.monotonic() >= until):
            return fate
