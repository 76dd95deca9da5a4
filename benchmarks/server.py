"""What the server does per second, and how long one call takes among many."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import grpc
from stigmer_proto.agentic.agent.v1 import api_pb2, io_pb2
from stigmer_proto.commons.apiresource import enum_pb2
from stigmer_proto.controlplane.v1 import batch_pb2, resources_pb2

from benchmarks.measuring import Home, milliseconds, percentile, temporary_home, together
from benchmarks.table import Figure, Scale

AGENT = "/ai.stigmer.agentic.agent.v1.Agent"
EXTENSION = "/ai.stigmer.controlplane.v1."
LARGE = [("grpc.max_send_message_length", 10 << 20), ("grpc.max_receive_message_length", 10 << 20)]
_names = (f"agent-{number}" for number in count())


class Client:
    """A channel of its own, as each process has."""

    def __init__(self, home: Home) -> None:
        options = [*LARGE, ("grpc.use_local_subchannel_pool", 1)]
        self.channel = grpc.insecure_channel(home.endpoint, options=options)
        self.apply = self._call(f"{AGENT}CommandController/apply", api_pb2.Agent)
        self.get = self._call(f"{AGENT}QueryController/get", api_pb2.Agent)
        self.batch = self._call(f"{EXTENSION}BatchController/apply", batch_pb2.BatchApplyResponse)
        self.list = self._call(f"{EXTENSION}ResourceController/list", resources_pb2.ListResourcesResponse)

    def _call(self, method: str, answer: Any) -> Callable[[Any], Any]:  # Any: one message type per method
        return self.channel.unary_unary(method, lambda message: message.SerializeToString(), answer.FromString)


def agent(name: str) -> api_pb2.Agent:
    made = api_pb2.Agent(api_version="agentic.stigmer.ai/v1", kind="Agent")
    made.metadata.name = name
    made.metadata.owner_scope = enum_pb2.organization
    made.spec.instructions = "Sort incoming tickets by urgency and answer those that are simple."
    return made


def figures() -> list[Figure]:
    with temporary_home() as home:
        home.start()
        client = Client(home)
        known = io_pb2.AgentId(value=client.apply(agent(next(_names))).metadata.id)
        return [
            Figure("get, 1 client", _rate(lambda: client.get(known), 2000), "/s", 800, Scale.CALL, is_rate=True),
            Figure(
                "apply (creates), 1 client",
                _rate(lambda: client.apply(agent(next(_names))), 1000),
                "/s",
                500,
                Scale.CALL,
                is_rate=True,
            ),
            *_crowd(home),
            _batch(client),
            _lookup_cost(home),
        ]


def _rate(act: Callable[[], object], calls: int) -> float:
    started = time.perf_counter()
    for _ in range(calls):
        act()
    return calls / (time.perf_counter() - started)


def _crowd(home: Home) -> list[Figure]:
    def work(number: int) -> list[float]:
        client = Client(home)
        return [milliseconds(lambda i=i: client.apply(agent(f"crowd-{number}-{i}"))) for i in range(60)]  # type: ignore[misc]  # the default binds the loop's value

    latencies, seconds = together(16, work)
    return [
        Figure("apply, 16 clients: p99", percentile(latencies, 0.99), "ms", 80, Scale.CALL),
        Figure("apply, 16 clients: rate", len(latencies) / seconds, "/s", is_rate=True),
    ]


def _batch(client: Client) -> Figure:
    def once(number: int) -> float:
        request = agents(f"batch-{number}", 1000)
        return milliseconds(lambda: client.batch(request))

    return Figure("batch apply of 1,000 agents", statistics.median(map(once, range(3))), "ms", 600, Scale.PROCESS)


def _lookup_cost(home: Home) -> Figure:
    """What looking a reference up costs among 1,000,000 rows, compared with 1,000: measured inside the database."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.lookup_cost"],
        env={**home.environment, "STIGMER_HOME": str(home.path / "lookup-cost")},
        check=True,
        capture_output=True,
        text=True,
        cwd=Path(__file__).resolve().parent.parent,
    )
    return Figure("reference at 1,000,000 rows / at 1,000", float(done.stdout), "times", 1.5)


def agents(name: str, size: int) -> batch_pb2.BatchApplyRequest:
    request = batch_pb2.BatchApplyRequest()
    for number in range(size):
        request.resources.add().Pack(agent(f"{name}-{number}"))
    return request
