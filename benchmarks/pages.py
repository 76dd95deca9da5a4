"""Pages of a list among few rows and among many, as a client waits for them.

Asked through the contract alone, so that any version's server can be asked.
"""

from __future__ import annotations

import statistics
from pathlib import Path

from stigmer_proto.controlplane.v1 import resources_pb2

from benchmarks.measuring import milliseconds, temporary_home
from benchmarks.server import Client, agents
from benchmarks.table import Figure, Scale

FEW, MANY = 1_000, 100_000


def figures(tree: Path | None = None) -> list[Figure]:
    """Of this checkout's server, or of that of the one at `tree`. Both pages are from the middle."""
    with temporary_home(tree) as home:
        home.start()
        client = Client(home)
        _fill(client, "few", FEW)
        few = _page_ms(client)
        _fill(client, "many", MANY - FEW)
        many = _page_ms(client)
        return [
            Figure(f"page of 50 at {FEW:,} rows", few, "ms", scale=Scale.CALL),
            Figure(f"page of 50 at {MANY:,} rows", many, "ms", scale=Scale.CALL),
            Figure(f"page of 50 at {MANY:,} rows / at {FEW:,}", many / few, "times", 1.3),
        ]


def _fill(client: Client, name: str, rows: int) -> None:
    for start in range(0, rows, 1000):
        client.batch(agents(f"{name}-{start}", min(1000, rows - start)))


def _page_ms(client: Client) -> float:
    first = client.list(resources_pb2.ListResourcesRequest(kind="Agent", org="local", page_size=50))
    second = resources_pb2.ListResourcesRequest(
        kind="Agent", org="local", page_size=50, page_token=first.next_page_token
    )
    return statistics.median(milliseconds(lambda: client.list(second)) for _ in range(1000))
