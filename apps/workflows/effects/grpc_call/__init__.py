"""One call of a gRPC method: call.py says what crosses, client.py knows the network.

Whether it is tried again is for the step to say.
"""

from __future__ import annotations

from typing import Final

from apps.workflows.effects.base import Act, Desk
from apps.workflows.effects.grpc_call.call import GrpcCall, GrpcReply

__all__ = ["EFFECT", "GrpcCall", "GrpcReply"]


def perform(call: GrpcCall, desk: Desk) -> GrpcReply:
    from apps.workflows.effects.grpc_call.client import call_method

    secrets = desk.secrets
    return GrpcReply(
        message=call_method(
            secrets.open_text(call.target),
            call.service,
            call.method,
            secrets.open(call.request),
            metadata={name: secrets.open_text(value) for name, value in call.metadata.items()},
            is_tls=call.is_tls,
            seconds=call.timeout_seconds,
            watch=desk.watch,
            reach=desk.reach,
        )
    )


EFFECT: Final = Act(activity="call_grpc", call=GrpcCall, reply=GrpcReply, perform=perform)
