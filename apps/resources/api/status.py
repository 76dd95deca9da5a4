"""Domain errors on the wire: one table, and the rich status that carries reason and violations."""

from __future__ import annotations

from typing import Any, NoReturn

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

from apps.resources import errors, run_errors, storage_errors
from apps.resources.errors import InvalidInput, StigmerError

DOMAIN = "stigmer.ai"
# A client drops an answer whose trailers are larger than it takes: 8 KiB for gRPC's C core unless told
# otherwise (less a third for base64), 16 MiB for Go, 1 MiB for ours, which says so in its requests.
DETAILS_BYTES = 5_000
LARGE_DETAILS_BYTES = 500_000
LARGE_DETAILS_KEY = "stigmer-large-errors"

CODES: dict[type[StigmerError], grpc.StatusCode] = {
    errors.InvalidInput: grpc.StatusCode.INVALID_ARGUMENT,
    errors.NotFound: grpc.StatusCode.NOT_FOUND,
    errors.RevisionNotFound: grpc.StatusCode.NOT_FOUND,
    errors.PositionGone: grpc.StatusCode.FAILED_PRECONDITION,
    errors.AlreadyExists: grpc.StatusCode.ALREADY_EXISTS,
    errors.StaleVersion: grpc.StatusCode.FAILED_PRECONDITION,
    errors.Protected: grpc.StatusCode.FAILED_PRECONDITION,
    errors.StillUsed: grpc.StatusCode.FAILED_PRECONDITION,
    errors.LiveExecutions: grpc.StatusCode.FAILED_PRECONDITION,
    errors.OwnedElsewhere: grpc.StatusCode.FAILED_PRECONDITION,
    errors.NeededElsewhere: grpc.StatusCode.FAILED_PRECONDITION,
    errors.StalePlan: grpc.StatusCode.FAILED_PRECONDITION,
    errors.ArtifactMissing: grpc.StatusCode.FAILED_PRECONDITION,
    errors.ArtifactTooLarge: grpc.StatusCode.FAILED_PRECONDITION,
    storage_errors.StorageFull: grpc.StatusCode.RESOURCE_EXHAUSTED,
    storage_errors.StorageQuota: grpc.StatusCode.RESOURCE_EXHAUSTED,
    storage_errors.StorageFileLimit: grpc.StatusCode.RESOURCE_EXHAUSTED,
    storage_errors.StorageReadOnly: grpc.StatusCode.FAILED_PRECONDITION,
    storage_errors.StorageBusy: grpc.StatusCode.UNAVAILABLE,
    storage_errors.StorageUnreachable: grpc.StatusCode.UNAVAILABLE,
    storage_errors.StorageCrowded: grpc.StatusCode.UNAVAILABLE,
    storage_errors.StorageOutOfMemory: grpc.StatusCode.RESOURCE_EXHAUSTED,
    storage_errors.MigrationsPending: grpc.StatusCode.UNAVAILABLE,
    storage_errors.StorageDamaged: grpc.StatusCode.DATA_LOSS,
    storage_errors.ServerStorageDamaged: grpc.StatusCode.DATA_LOSS,
    storage_errors.StorageEmptied: grpc.StatusCode.DATA_LOSS,
    errors.KeyFileDamaged: grpc.StatusCode.FAILED_PRECONDITION,
    errors.DatabaseTooNew: grpc.StatusCode.FAILED_PRECONDITION,
    run_errors.EngineUnavailable: grpc.StatusCode.UNAVAILABLE,
    run_errors.DocumentUnsupported: grpc.StatusCode.FAILED_PRECONDITION,
    run_errors.EnvironmentMissing: grpc.StatusCode.FAILED_PRECONDITION,
    run_errors.SkillMissing: grpc.StatusCode.FAILED_PRECONDITION,
    run_errors.SecretUnset: grpc.StatusCode.FAILED_PRECONDITION,
    run_errors.SecretUnreadable: grpc.StatusCode.FAILED_PRECONDITION,
    run_errors.NotRetryable: grpc.StatusCode.FAILED_PRECONDITION,
    run_errors.IllegalTransition: grpc.StatusCode.FAILED_PRECONDITION,
    run_errors.SignalDiffers: grpc.StatusCode.FAILED_PRECONDITION,
    run_errors.TooManySignals: grpc.StatusCode.RESOURCE_EXHAUSTED,
    run_errors.LeaseLost: grpc.StatusCode.FAILED_PRECONDITION,
    errors.TooManyStreams: grpc.StatusCode.RESOURCE_EXHAUSTED,
    errors.AddressInUse: grpc.StatusCode.UNAVAILABLE,
    errors.ForeignUser: grpc.StatusCode.PERMISSION_DENIED,
    errors.TokenRequired: grpc.StatusCode.UNAUTHENTICATED,
    errors.NotSignedIn: grpc.StatusCode.UNAUTHENTICATED,
    errors.ServerStopping: grpc.StatusCode.UNAVAILABLE,
    errors.PermissionDenied: grpc.StatusCode.PERMISSION_DENIED,
    errors.LastOwner: grpc.StatusCode.FAILED_PRECONDITION,
}


def abort(context: grpc.ServicerContext, error: StigmerError) -> NoReturn:
    """End the call with the status of `error`."""
    code = CODES[type(error)]
    status = status_pb2.Status(code=code.value[0], message=error.message)
    info = error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN)
    if error.hint:
        info.metadata["hint"] = error.hint
    if isinstance(error, InvalidInput):
        status.details.append(_bad_request(error, info, _budget(context)))
    status.details.insert(0, _packed(info))
    ending: Any = rpc_status.to_status(status)  # Any: it has no types
    kept: Any = getattr(context, "trailing_metadata", tuple)() or ()  # what the handler has told until now
    context.abort_with_status(ending._replace(trailing_metadata=(*ending.trailing_metadata, *kept)))
    raise AssertionError("abort_with_status raises")


def _budget(context: grpc.ServicerContext) -> int:
    """Bytes of error details that the client of this call can take."""
    sent = dict(context.invocation_metadata())
    is_large = LARGE_DETAILS_KEY in sent or "grpc-go" in str(sent.get("user-agent", ""))
    return LARGE_DETAILS_BYTES if is_large else DETAILS_BYTES


def _bad_request(error: InvalidInput, info: error_details_pb2.ErrorInfo, budget: int) -> AnyMessage:
    """Every violation, or as many as fit; then `info` says how many were left out."""
    request = error_details_pb2.BadRequest()
    size = 0
    for violation in error.violations:
        size += len(violation.path) + len(violation.description) + 8
        if size > budget:
            break
        request.field_violations.add(field=violation.path, description=violation.description)
    left_out = len(error.violations) - len(request.field_violations)
    if left_out:
        info.metadata["violations_left_out"] = str(left_out)
    return _packed(request)


def _packed(message: error_details_pb2.ErrorInfo | error_details_pb2.BadRequest) -> AnyMessage:
    packed = AnyMessage()
    packed.Pack(message)
    return packed
