"""Runs of agents: how soon they begin, how many end per second, and what following them costs."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import any_pb2
from stigmer_proto.agentic.agent.v1 import api_pb2 as agent_pb2
from stigmer_proto.agentic.agentexecution.v1 import api_pb2, enum_pb2, io_pb2
from stigmer_proto.controlplane.v1 import executions_pb2

from benchmarks.measuring import Home, percentile, temporary_home
from benchmarks.server import agent
from benchmarks.table import Figure, Scale

RUN = "/ai.stigmer.agentic.agentexecution.v1.AgentExecution"
AGENT = "/ai.stigmer.agentic.agent.v1.Agent"
ANSWERS = """\
turns:
  - {text: "First I look. "}
  - {text: "Then I look again. "}
  - {text: "Now I know."}
"""
SLOW = """\
turns:
  - {text: "This takes long.", chunk_delay_seconds: 60}
"""
QUEUED = 500
FOLLOWERS = 200


class Client:
    def __init__(self, home: Home) -> None:
        channel = grpc.insecure_channel(home.endpoint)
        self.apply = _call(channel, f"{AGENT}CommandController/apply", agent_pb2.Agent)
        self.create = _call(channel, f"{RUN}CommandController/create", api_pb2.AgentExecution)
        self.get = _call(channel, f"{RUN}QueryController/get", api_pb2.AgentExecution)
        self.cancel = _call(channel, "/ai.stigmer.controlplane.v1.ExecutionController/cancel", any_pb2.Any)
        self._follow = channel.unary_stream(
            "/ai.stigmer.controlplane.v1.ExecutionController/follow",
            executions_pb2.FollowRequest.SerializeToString,
            executions_pb2.ExecutionEvents.FromString,
        )
        self.subscribe = channel.unary_stream(
            f"{RUN}QueryController/subscribe",
            io_pb2.AgentExecutionId.SerializeToString,
            api_pb2.AgentExecution.FromString,
        )

    def follow(self, execution_id: str) -> Iterator[executions_pb2.ExecutionEvent]:
        """The events of a run, as they come."""
        for answer in self._follow(executions_pb2.FollowRequest(execution_id=execution_id)):
            yield from answer.events


def _call(channel: grpc.Channel, method: str, answer: Any) -> Callable[[Any], Any]:  # Any: one message type per method
    return channel.unary_unary(method, lambda message: message.SerializeToString(), answer.FromString)


def figures() -> list[Figure]:
    with temporary_home() as home:
        home.start()
        client = Client(home)
        answers = home.path / "answers.yaml"
        answers.write_text(ANSWERS)
        slow = home.path / "slow.yaml"
        slow.write_text(SLOW)
        model = f"scripted:{answers}"
        agent_id = client.apply(agent("runner")).metadata.id
        begins = [_begin_ms(client, agent_id, model) for _ in range(60)][10:]
        return [
            Figure("create to first event: p50", statistics.median(begins), "ms", 50, Scale.PROCESS),
            Figure("create to first event: p99", percentile(begins, 0.99), "ms", 200, Scale.PROCESS),
            _queued(client, agent_id, model),
            *_followers(client, agent_id, model, f"scripted:{slow}"),
            _update_cost(home),
        ]


def _run(agent_id: str, model: str, message: str = "Go.") -> api_pb2.AgentExecution:
    run = api_pb2.AgentExecution(api_version="agentic.stigmer.ai/v1", kind="AgentExecution")
    run.metadata.SetInParent()
    run.spec.agent_id, run.spec.message = agent_id, message
    run.spec.execution_config.model_name = model
    return run


def _begin_ms(client: Client, agent_id: str, model: str) -> float:
    """From the call that creates a run to the first event that its runner wrote."""
    started = time.perf_counter()
    created = client.create(_run(agent_id, model))
    for event in client.follow(created.metadata.id):
        if event.WhichOneof("change") != "phase" or event.phase.phase != "EXECUTION_PENDING":
            began = (time.perf_counter() - started) * 1000
            break
    _wait_for_end(client, created.metadata.id)
    return began


def _wait_for_end(client: Client, execution_id: str) -> None:
    for _ in client.follow(execution_id):
        pass


def _queued(client: Client, agent_id: str, model: str) -> Figure:
    started = time.perf_counter()
    with ThreadPoolExecutor(8) as pool:
        ids = [run.metadata.id for run in pool.map(lambda _: client.create(_run(agent_id, model)), range(QUEUED))]
    for execution_id in reversed(ids):
        _wait_for_end(client, execution_id)
    seconds = time.perf_counter() - started
    failed = sum(client.get(io_pb2.AgentExecutionId(value=i)).status.phase != enum_pb2.EXECUTION_COMPLETED for i in ids)
    if failed:
        raise RuntimeError(f"{failed} of {QUEUED} runs did not complete")
    return Figure(f"{QUEUED} queued runs", QUEUED / seconds, "runs/s", 30, Scale.PROCESS, is_rate=True)


def _followers(client: Client, agent_id: str, model: str, slow: str) -> list[Figure]:
    """A change made in another process (the runner), seen by a follower; alone and among 200."""
    alone = [_seen_ms(client, agent_id, model) for _ in range(20)]
    parked = [client.create(_run(agent_id, slow)).metadata.id for _ in range(2)]
    calls = [client.subscribe(io_pb2.AgentExecutionId(value=parked[n % 2])) for n in range(FOLLOWERS)]
    for call in calls:
        next(iter(call))
    crowded = [_seen_ms(client, agent_id, model) for _ in range(20)]
    for execution_id in parked:
        client.cancel(executions_pb2.CancelRunRequest(execution_id=execution_id))
    for call in calls:
        for _ in call:
            pass
    return [
        Figure("change seen by a follower: p50", statistics.median(alone), "ms", 50, Scale.PROCESS),
        Figure(f"the same beside {FOLLOWERS} followers: p50", statistics.median(crowded), "ms"),
    ]


def _seen_ms(client: Client, agent_id: str, model: str) -> float:
    """From an event's own time, written by the runner, to its arrival here. Both clocks are this machine's."""
    created = client.create(_run(agent_id, model))
    events = client.follow(created.metadata.id)
    told = (event for event in events if event.WhichOneof("change") in {"message", "ended"})
    return float(statistics.median((time.time() - event.at.ToNanoseconds() / 1e9) * 1000 for event in told))


def _update_cost(home: Home) -> Figure:
    """What appending to a run costs after 10,000 messages, compared with 10: measured inside the database."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.update_cost"],
        env={**home.environment, "STIGMER_HOME": str(home.path / "update-cost")},
        check=True,
        capture_output=True,
        text=True,
        cwd=Path(__file__).resolve().parent.parent,
    )
    return Figure("cost of an update at 10,000 messages / at 10", float(done.stdout), "times", 1.2)
