"""gRPC failures told as errors of the Backend interface.

The server's reason decides the class. It stands in the rich details, decoded only when there are some, beside
the refused fields and the hint. Without a reason, or with one that is not known here (gRPC's own failures, a
newer server, one of another make), the status code decides: it is too coarse for more, as a full disk and a
message that is too large have the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import grpc

from apps.backends.base import (
    CallFailed,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    NotReady,
    ServerFault,
    ServerImpaired,
    TimedOut,
    TooLarge,
    Unauthenticated,
    Unreachable,
    Unsupported,
    Violation,
)

if TYPE_CHECKING:
    from collections.abc import Callable

DETAILS_KEY = "grpc-status-details-bin"


@dataclass(frozen=True, slots=True)
class Details:
    """What the rich details say; every part may be empty."""

    reason: str = ""
    hint: str = ""
    violations: tuple[Violation, ...] = ()
    left_out: int = 0


def translate(
    error: Any, endpoint: str, seconds: float, explain: Callable[[], CallFailed | None] | None = None
) -> CallFailed:
    """The error for an RPC that failed at `endpoint`, having had `seconds` to answer.

    `explain` looks why nobody seems to answer there, and answers None where that is all there is to say.
    """
    code, details = error.code(), read_details(error)
    kind = CLASS_OF_REASON.get(details.reason)
    if kind is None and code in GONE and not details.reason:
        is_away = explain is not None and code is grpc.StatusCode.UNAVAILABLE
        return (explain() if explain and is_away else None) or unreachable(endpoint)
    if kind is None and code is grpc.StatusCode.DEADLINE_EXCEEDED:
        return TimedOut(
            f"the server at {endpoint} did not answer within {seconds:.0f} seconds",
            hint="See what it is doing with `stigmer server logs`",
            reason=details.reason,
        )
    kind = kind or CLASS_OF_CODE.get(code, ServerFault)
    text = (error.details() or "").strip().rstrip(".") or f"the server answered {code.name}"
    hint = details.hint or HINT_OF.get(kind, "")
    if kind is Invalid:
        return Invalid(text, violations=details.violations, left_out=details.left_out, hint=hint, reason=details.reason)
    return kind(text, hint=hint, reason=details.reason)


# A server that stops ends the streams it has open.
GONE = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)

CLASS_OF_REASON: dict[str, Callable[..., CallFailed]] = {
    "stigmer.request.invalid": Invalid,
    "stigmer.resource.not_found": NotFound,
    "stigmer.revision.not_found": NotFound,
    "stigmer.watch.position_gone": Conflict,
    "stigmer.resource.already_exists": Conflict,
    "stigmer.resource.stale_version": Conflict,
    "stigmer.resource.protected": Conflict,
    "stigmer.resource.still_used": Conflict,
    "stigmer.resource.live_executions": Conflict,
    "stigmer.project.owned_elsewhere": Conflict,
    "stigmer.project.needed_elsewhere": Conflict,
    "stigmer.project.stale_plan": Conflict,
    "stigmer.skill.artifact_missing": Conflict,
    "stigmer.skill.artifact_too_large": TooLarge,
    "stigmer.execution.illegal_transition": Conflict,
    "stigmer.execution.signal_differs": Conflict,
    "stigmer.execution.too_many_signals": Conflict,
    "stigmer.execution.not_retryable": Conflict,
    "stigmer.execution.document_unsupported": Conflict,
    "stigmer.execution.lease_lost": Conflict,
    "stigmer.execution.environment_missing": Conflict,
    "stigmer.execution.skill_missing": Conflict,
    "stigmer.execution.secret_unset": Conflict,
    "stigmer.execution.secret_unreadable": ServerImpaired,
    "stigmer.execution.engine_unavailable": NotReady,
    "stigmer.storage.busy": NotReady,
    "stigmer.storage.unreachable": NotReady,
    "stigmer.storage.too_many_connections": NotReady,
    "stigmer.storage.out_of_memory": NotReady,
    "stigmer.storage.migrations_pending": NotReady,
    "stigmer.storage.full": ServerImpaired,
    "stigmer.storage.quota": ServerImpaired,
    "stigmer.storage.file_limit": ServerImpaired,
    "stigmer.storage.read_only": ServerImpaired,
    "stigmer.storage.damaged": ServerImpaired,
    "stigmer.storage.server_damaged": ServerImpaired,
    "stigmer.storage.emptied": ServerImpaired,
    "stigmer.storage.too_new": ServerImpaired,
    "stigmer.secrets.key_file_damaged": ServerImpaired,
    "stigmer.server.address_in_use": ServerImpaired,
    "stigmer.server.too_many_streams": NotReady,
    "stigmer.server.stopping": NotReady,
    "stigmer.caller.foreign_user": Forbidden,
    "stigmer.caller.token_required": Unauthenticated,
    "stigmer.caller.not_signed_in": Unauthenticated,
    "stigmer.permission.denied": Forbidden,
    "stigmer.permission.last_owner": Conflict,
}

CLASS_OF_CODE: dict[grpc.StatusCode, Callable[..., CallFailed]] = {
    grpc.StatusCode.INVALID_ARGUMENT: Invalid,
    grpc.StatusCode.NOT_FOUND: NotFound,
    grpc.StatusCode.ALREADY_EXISTS: Conflict,
    grpc.StatusCode.FAILED_PRECONDITION: Conflict,
    grpc.StatusCode.ABORTED: Conflict,
    grpc.StatusCode.UNAUTHENTICATED: Unauthenticated,
    grpc.StatusCode.PERMISSION_DENIED: Forbidden,
    grpc.StatusCode.UNIMPLEMENTED: Unsupported,
    grpc.StatusCode.RESOURCE_EXHAUSTED: TooLarge,
    grpc.StatusCode.UNAVAILABLE: Unreachable,
    grpc.StatusCode.OUT_OF_RANGE: Invalid,
}

HINT_OF: dict[Callable[..., CallFailed], str] = {
    ServerFault: "The server's log has the cause: `stigmer server logs -c api -n 50`",
    Unsupported: "The server is older than this program: `stigmer server restart`",
}


def unreachable(endpoint: str) -> Unreachable:
    """The error for an endpoint where nobody answers."""
    return Unreachable(
        f"nobody answers at {endpoint}",
        hint="See what runs with `stigmer server status`; start it with `stigmer server start`",
    )


def read_details(error: Any) -> Details:
    """The rich details of a failed call; empty when it carries none or they cannot be read."""
    metadata = error.trailing_metadata() or ()
    data = next((value for key, value in metadata if key == DETAILS_KEY), None)
    if not data:
        return Details()
    # Rare and not free: imported only when a server did send details.
    from google.protobuf.message import DecodeError
    from google.rpc import error_details_pb2, status_pb2

    reason, hint, violations, left_out = "", "", [], 0
    try:
        for detail in status_pb2.Status.FromString(data).details:
            if detail.Is(error_details_pb2.ErrorInfo.DESCRIPTOR):
                info = error_details_pb2.ErrorInfo.FromString(detail.value)
                reason, hint = info.reason, info.metadata.get("hint", "")
                left_out = int(info.metadata.get("violations_left_out", "0"))
            elif detail.Is(error_details_pb2.BadRequest.DESCRIPTOR):
                bad = error_details_pb2.BadRequest.FromString(detail.value)
                violations += [Violation(each.field, each.description) for each in bad.field_violations]
    except (DecodeError, ValueError):
        return Details()
    return Details(reason, hint, tuple(violations), left_out)
