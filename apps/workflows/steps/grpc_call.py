"""GRPC_CALL: one call of a unary method, its answer as output."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from apps.workflows.calls import CallFailed
from apps.workflows.dataflow.base import Done
from apps.workflows.definition import Config
from apps.workflows.effects.grpc_call import GrpcCall
from apps.workflows.errors import GRPC_NAME, Problem, TaskFailed, forbidden
from apps.workflows.expressions import Template
from apps.workflows.reading import Reader
from apps.workflows.steps.base import ParseTasks
from apps.workflows.steps.context import TaskContext
from apps.workflows.steps.retries import Retry, delay_after, read_retry
from apps.workflows.values import Json

DEFAULT_TIMEOUT_SECONDS, LONGEST_TIMEOUT_SECONDS = 30, 300
UNKNOWN: Final = "nobody knows whether it was done: its effect is unknown"
_ADDRESS = re.compile(r"(?:(?P<scheme>grpcs?)://)?(?P<target>[^/\s]+:\d+)/(?P<service>[\w.]+)")
_STATUSES: Final = {
    "INVALID_ARGUMENT": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "ALREADY_EXISTS": 409,
    "ABORTED": 409,
    "FAILED_PRECONDITION": 400,
    "RESOURCE_EXHAUSTED": 429,
    "UNIMPLEMENTED": 501,
}
"""The nearest status of HTTP to each code of gRPC; 500 to any other."""


@dataclass(frozen=True)
class GrpcCallConfig(Config):
    service: Template
    method: str
    request: Json
    metadata: dict[str, Template]
    timeout_seconds: int
    retry: Retry | None = None


def parse(reader: Reader, _tasks: ParseTasks) -> GrpcCallConfig:
    fields = reader.fields("service", "method", "request", "metadata", "timeout_seconds", "retry")
    return GrpcCallConfig(
        service=fields["service"].template(),
        method=fields["method"].text(),
        request=fields["request"].object_data(),
        metadata=fields["metadata"].template_map(),
        timeout_seconds=fields["timeout_seconds"].integer(
            least=1, most=LONGEST_TIMEOUT_SECONDS, default=DEFAULT_TIMEOUT_SECONDS
        ),
        retry=read_retry(fields["retry"]),
    )


async def run(active: TaskContext, config: GrpcCallConfig) -> Done:
    """Only a connection that fails is tried again, by the run's policy: what was sent may have been done."""
    address = active.text(config.service)
    request = active.values(config.request) or {}
    metadata = {name: active.text(template) for name, template in config.metadata.items()}
    arguments = {"service": address, "method": config.method, "request": request, "metadata": metadata}
    active.begin({name: value for name, value in arguments.items() if value != {}})
    found = _ADDRESS.fullmatch(address)
    if found is None:
        raise TaskFailed(Problem("configuration", f"{address} is not host:port/package.Service", name=GRPC_NAME))
    while True:
        call = GrpcCall(
            path=active.path,
            attempt=active.attempt,
            timeout_seconds=config.timeout_seconds,
            target=found["target"],
            service=found["service"],
            method=config.method,
            request=request,
            metadata=metadata,
            is_tls=found["scheme"] == "grpcs",
        )
        try:
            return Done((await active.perform(call)).message)
        except CallFailed as failure:
            problem = _judge(call, failure)
            again = failure.reason == "unreachable"
        delay = delay_after(active, config.retry, problem, is_harmless=again)
        if delay is None:
            raise TaskFailed(problem)
        await active.again(problem, delay)


def _judge(call: GrpcCall, failure: CallFailed) -> Problem:
    detail = f"{call.service}/{call.method} on {call.target}: {failure}"
    match failure.reason:
        case "answered":
            status = _STATUSES.get(str(failure).partition(":")[0], 500)
            return Problem("communication", detail, status=status, name=GRPC_NAME)
        case "timeout":
            return Problem("timeout", f"{detail} within {call.timeout_seconds} s; {UNKNOWN}", name=GRPC_NAME)
        case "lost" | "unknown":
            return Problem("communication", f"{detail}; {UNKNOWN}", name=GRPC_NAME)
        case "forbidden":
            return forbidden(detail)
        case "refused":
            return Problem("configuration", detail)
        case _:
            return Problem("communication", detail, name=GRPC_NAME)
