"""What is asked of a gRPC method, and what it answers."""

# No `from __future__ import annotations`: Temporal asks for the types of fields with each payload that it reads, and
# would compile each from its text.

from dataclasses import dataclass, field
from typing import Literal

from apps.workflows.effects.base import Call, Reply
from apps.workflows.values import Json

GrpcReason = Literal["unreachable", "forbidden", "refused", "unreadable", "answered", "timeout", "lost", "unknown"]
"""Why there is no message.

unreachable: nothing was sent, for there is no connection. forbidden: nor was it, for this server calls that address for
nobody. refused: nor was it, for the service has no such method, or
the request does not fit it. answered: the service answered with a status of its own. timeout, lost: it was sent, and no
answer came. unknown: an earlier try began and nobody knows how it ended. unreadable: no JSON can say the answer.
"""


@dataclass(frozen=True, kw_only=True)
class GrpcReply(Reply):
    """The message that came back, as JSON with the names of the contract."""

    message: Json = None


@dataclass(frozen=True, kw_only=True)
class GrpcCall(Call[GrpcReply]):
    target: str
    """host:port."""
    service: str
    method: str
    request: dict[str, Json] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)
    is_tls: bool = False
