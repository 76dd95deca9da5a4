"""What runs have cost, and what else is to be known of them, by the extension API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stigmer_proto.controlplane.v1 import runs_pb2

from apps.backends import grpc_listing
from apps.backends.usage import RunDetails, UsageEntry, UsageReport

if TYPE_CHECKING:
    from apps.backends.grpc_backend import GrpcBackend
    from apps.backends.usage import UsageQuery


class GrpcUsage:
    """Both raise NotFound, and Unsupported where the server is older."""

    def __init__(self, backend: GrpcBackend) -> None:
        self._backend = backend

    def describe(self, execution_id: str) -> RunDetails:
        """Of one run."""
        request = runs_pb2.DescribeRunRequest(execution_id=execution_id)
        answer = self._backend.call("RunController/describe", request, runs_pb2.RunDetails)
        return RunDetails(
            run=grpc_listing.decode(answer.run),
            attempt=answer.attempt,
            project=answer.project,
            rerun_of=answer.rerun_of,
            usage=tuple(map(entry, answer.usage)),
            price_problem=answer.price_problem,
            retry_of=answer.retry_of,
            retry_from=answer.retry_from,
            retried_by=answer.retried_by,
            try_number=answer.try_number or 1,
            can_be_retried=answer.can_be_retried,
        )

    def report(self, query: UsageQuery) -> UsageReport:
        """Sums over runs that have ended."""
        request = runs_pb2.UsageRequest(
            by=query.by,
            org=query.org,
            agent=query.agent,
            project=query.project,
            model=query.model,
            utc_offset_seconds=query.utc_offset_seconds,
        )
        for field, at in (("since", query.since), ("until", query.until)):
            if at:
                getattr(request, field).FromMilliseconds(int(at * 1000))
        # Looking prices up for the first time takes a slow machine some seconds.
        answer = self._backend.call("RunController/usage", request, runs_pb2.UsageResponse, seconds=90.0)
        return UsageReport(
            entries=tuple(map(entry, answer.entries)),
            total=entry(answer.total),
            unpriced_models=tuple(answer.unpriced_models),
            price_source=answer.price_source,
            price_file=answer.price_file,
            price_problem=answer.price_problem,
        )


def entry(told: runs_pb2.UsageEntry) -> UsageEntry:
    """A UsageEntry of its message."""
    return UsageEntry(
        key=told.key,
        runs=told.runs,
        input_tokens=told.input_tokens,
        output_tokens=told.output_tokens,
        cost=told.cost,
        unpriced_tokens=told.unpriced_tokens,
    )
