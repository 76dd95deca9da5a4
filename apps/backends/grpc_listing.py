"""Lists of runs by the extension API, between plain data and the wire. Imported only by who lists runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stigmer_proto.controlplane.v1 import runs_pb2

from apps.backends.run_lists import RunEntry
from apps.backends.runs import Phase

if TYPE_CHECKING:
    from google.protobuf.timestamp_pb2 import Timestamp

    from apps.backends.run_lists import RunQuery

PREFIX = "EXECUTION_"


def encode(query: RunQuery, page_size: int, page_token: str) -> runs_pb2.ListRunsRequest:
    """The request for a page."""
    request = runs_pb2.ListRunsRequest(
        org=query.org,
        agent=query.agent,
        workflow=query.workflow,
        project=query.project,
        phase=f"{PREFIX}{query.phase.name}" if query.phase else "",
        text=query.text,
        error=query.error,
        input=query.input,
        labels=query.labels,
        sort=query.sort,
        with_cost=query.with_cost,
        page_size=page_size,
        page_token=page_token,
    )
    for field, at in (("since", query.since), ("until", query.until)):
        if at:
            getattr(request, field).FromMilliseconds(int(at * 1000))
    return request


def decode(entry: runs_pb2.RunEntry) -> RunEntry:
    """A RunEntry of its message."""
    return RunEntry(
        id=entry.id,
        kind=entry.kind,
        name=entry.name,
        phase=Phase[entry.phase.removeprefix(PREFIX)],
        waiting=entry.waiting,
        created_at=seconds(entry.created_at),
        started_at=seconds(entry.started_at),
        completed_at=seconds(entry.completed_at),
        input=entry.input,
        error=entry.error,
        tokens=entry.tokens,
        labels=dict(entry.labels),
        cost=entry.cost,
    )


def seconds(at: Timestamp) -> float:
    """From the epoch; 0 for a time that is not there."""
    return at.seconds + at.nanos / 1e9
