"""The database's server is killed and comes back: what was acknowledged is there, and whoever used it goes on."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from stigmer_proto.controlplane.v1 import executions_pb2

from tests.factories import make_agent
from tests.suites.client import EXTENSION, Api, Refused
from tests.suites.idle_runs import IdleUnit
from tests.support.daemon import wait_until
from tests.support.databases import VARIABLE
from tests.support.postgres import Server

COMPLETED = 3


@pytest.fixture
def server() -> Iterator[Server]:
    """A server of this test alone, which waits for the disk at every commit."""
    with tempfile.TemporaryDirectory(prefix="stigmer-postgres-") as directory:
        own = Server(Path(directory), "fsync=on")
        own.start()
        yield own
        own.stop("immediate")


def test_a_server_that_is_killed_loses_nothing_and_is_found_again(server: Server, tmp_path: Path) -> None:
    environment = {VARIABLE: server.url(server.make_database("template0"))}
    with IdleUnit(tmp_path, env=environment) as unit:
        unit.wait_until_ready()
        with Api(unit.endpoint) as api:
            agents, runs = api.of("Agent"), api.of("AgentExecution")
            agent = make_agent(api)
            run = runs.create(runs.envelope({"agent_id": agent.metadata.id, "message": "Go."}, owner_scope=0))
            request = executions_pb2.FollowRequest(execution_id=run.metadata.id)
            following = api.stream(f"{EXTENSION}.ExecutionController.follow", request)
            assert len(next(following).events) == 1
            server.stop("immediate")
            with pytest.raises(Refused) as caught:
                agents.get(agent.metadata.id)
            assert caught.value.code is grpc.StatusCode.UNAVAILABLE
            assert caught.value.reason == "stigmer.storage.unreachable"
            assert "STIGMER_DATABASE_URL" in caught.value.facts["hint"]
            server.start()
            wait_until(lambda: is_answered(api, agent.metadata.id), "every thread has found the server again")
            assert agents.get(agent.metadata.id) == agent
            status = {"phase": COMPLETED}
            runs.command(
                "updateStatus", runs.request("Command", "updateStatus", execution_id=run.metadata.id, status=status)
            )
            events = [event for answer in following for event in answer.events]
            assert [event.id for event in events] == [2], "the follower was there all the time"


def is_answered(api: Api, agent_id: str) -> bool:
    """Whether twenty calls in a row are: more than there are threads that may have a broken connection."""
    try:
        for _ in range(20):
            api.of("Agent").get(agent_id)
    except Refused:
        return False
    return True
