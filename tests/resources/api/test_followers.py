"""Followers of runs, many of them and in other processes than those that write."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from stigmer_proto.controlplane.v1 import executions_pb2

from tests.factories import make_agent
from tests.suites.client import EXTENSION, Api, Envelope
from tests.suites.idle_runs import IdleUnit
from tests.support.databases import VARIABLE, Database, both_databases

pytestmark = both_databases
FOLLOWERS, RUNS = 200, 4
IN_PROGRESS, COMPLETED = 2, 3


@pytest.fixture
def two_servers(database: Database, tmp_path: Path) -> Iterator[tuple[Api, Api]]:
    """Of one database, without anything else in common."""
    environment = database.environment() or {VARIABLE: f"sqlite:///{tmp_path / 'shared.db'}"}
    with ExitStack() as stack:
        units = [stack.enter_context(IdleUnit(tmp_path / name, env=environment)) for name in ("one", "other")]
        for unit in units:
            unit.wait_until_ready()
        one, other = (stack.enter_context(Api(unit.endpoint)) for unit in units)
        yield one, other


def begun(api: Api) -> Envelope:
    runs = api.of("AgentExecution")
    return runs.create(runs.envelope({"agent_id": make_agent(api).metadata.id, "message": "Go."}, owner_scope=0))


def report(api: Api, run: Envelope, **status: Any) -> None:
    runs = api.of("AgentExecution")
    runs.command("updateStatus", runs.request("Command", "updateStatus", execution_id=run.metadata.id, status=status))


def numbers_until_the_end(api: Api, run: Envelope) -> list[int]:
    return [event.id for event in api.follow(run.metadata.id)]


def test_what_one_server_records_the_followers_of_another_get(two_servers: tuple[Api, Api]) -> None:
    one, other = two_servers
    run = begun(one)
    events = other.follow(run.metadata.id)
    assert next(events).phase.phase == "EXECUTION_PENDING"
    for number in range(5):
        report(one, run, phase=IN_PROGRESS, error=f"report {number}")
    report(one, run, phase=COMPLETED)
    rest = list(events)
    assert [event.id for event in rest] == list(range(2, 2 + len(rest)))
    assert rest[-1].phase.phase == "EXECUTION_COMPLETED"
    assert numbers_until_the_end(one, run) == numbers_until_the_end(other, run)


def test_two_hundred_followers_of_a_few_runs_each_get_everything_once(idle_api: Api) -> None:
    runs = [begun(idle_api) for _ in range(RUNS)]
    requests = [executions_pb2.FollowRequest(execution_id=runs[n % RUNS].metadata.id) for n in range(FOLLOWERS)]
    calls = [idle_api.stream(f"{EXTENSION}.ExecutionController.follow", request) for request in requests]
    firsts = [next(call) for call in calls]
    for run in runs:
        for number in range(3):
            report(idle_api, run, phase=IN_PROGRESS, error=f"report {number}")
        report(idle_api, run, phase=COMPLETED)
    with ThreadPoolExecutor(8) as pool:
        rests: list[list[Any]] = list(pool.map(list, calls))
    expected = [numbers_until_the_end(idle_api, run) for run in runs]
    for place, (first, rest) in enumerate(zip(firsts, rests, strict=True)):
        got = [event.id for answer in [first, *rest] for event in answer.events]
        assert got == expected[place % RUNS]
