"""How the api unit ends: gracefully when asked, and without losing anything when it is not."""

from __future__ import annotations

import signal
import socket
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.factories import AGENT_SPEC, make_agent
from tests.suites.api_unit import ApiUnit, StartUnit
from tests.suites.client import Api, Refused, opened, unique
from tests.support.daemon import wait_until


def test_term_lets_a_call_that_is_under_way_end_well(start_unit: StartUnit) -> None:
    unit = start_unit()
    with Api(unit.endpoint) as api, writing(unit.data_dir / "stigmer.db") as other_writer:
        agents = api.of("Agent")
        api.info()
        wanted = agents.envelope(AGENT_SPEC, name=unique("late"))
        call = api.start(f"{agents.kind.package}.AgentCommandController.create", wanted)
        api.info()  # answered on the same connection: the call before it has arrived, and waits for the other writer
        unit.signal(signal.SIGTERM)
        wait_until(lambda: not listens(unit.port), "new connections are refused")
        assert not call.done()
        other_writer.rollback()
        assert call.result().spec == wanted.spec
    assert unit.wait() == 0
    assert "Traceback" not in unit.log


@contextmanager
def writing(database: Path) -> Iterator[sqlite3.Connection]:
    """Another process in the middle of a write: everybody else has to wait until it rolls back."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield connection


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_server_stops_at_once(start_unit: StartUnit, number: signal.Signals) -> None:
    unit = start_unit()
    unit.signal(number)
    assert unit.wait(5) == 0


def test_it_stops_when_the_daemon_is_gone(start_unit: StartUnit) -> None:
    unit = start_unit()
    unit.hang_up()
    assert unit.wait(5) == 0
    assert "the daemon is gone" in unit.log


def test_the_port_is_free_again_at_once(start_unit: StartUnit) -> None:
    unit = start_unit()
    with Api(unit.endpoint) as api:
        agent = make_agent(api)
    unit.signal(signal.SIGTERM)
    unit.restart()
    with Api(unit.endpoint) as api:
        assert api.of("Agent").get(agent.metadata.id) == agent


def test_kill_in_the_middle_of_writes_loses_nothing_that_was_acknowledged(start_unit: StartUnit) -> None:
    unit = start_unit()
    for _ in range(3):
        acknowledged = write_until_killed(unit)
        unit.restart()
        with Api(unit.endpoint) as api:
            stored = everything(api, "Agent")
            assert all(stored[agent.metadata.id] == agent for agent in acknowledged)
            nothing_is_stored_by_half(api, list(stored.values()))
            agents, pair = api.of("Agent"), unique("again")
            assert api.batch(agents.envelope(AGENT_SPEC, name=f"{half}-of-{pair}") for half in ("a", "b"))


def nothing_is_stored_by_half(api: Api, agents: list[Any]) -> None:
    """Both agents of each call are there or neither, each with its instance and its first revision."""
    halves = Counter(agent.metadata.slug.partition("-of-")[2] for agent in agents)
    assert set(halves.values()) == {2}
    instances = everything(api, "AgentInstance")
    assert len(instances) == len(agents)
    for agent in agents:
        assert instances[agent.status.default_instance_id].spec.agent_id == agent.metadata.id
        assert api.of("Agent").find(agent.metadata.slug, version=agent.metadata.version.id) == agent


def write_until_killed(unit: ApiUnit) -> list[Any]:
    """Agents whose writes were answered before the server was killed; each call writes two."""
    acknowledged: list[Any] = []
    enough = threading.Event()

    def write() -> None:
        with Api(unit.endpoint) as api:
            agents = api.of("Agent")
            while True:
                pair = unique("pair")
                batch = [agents.envelope(AGENT_SPEC, name=f"{half}-of-{pair}") for half in ("a", "b")]
                try:
                    acknowledged.extend(opened(result.resource) for result in api.batch(batch))
                except Refused:
                    return
                if len(acknowledged) > 40:
                    enough.set()

    with ThreadPoolExecutor(4) as pool:
        writers = [pool.submit(write) for _ in range(4)]
        assert enough.wait(60)
        unit.signal(signal.SIGKILL)
        for writer in writers:
            writer.result()
    return acknowledged


def everything(api: Api, kind: str) -> dict[str, Any]:
    """Every resource of a kind by its id."""
    found: dict[str, Any] = {}
    token = ""
    while True:
        page = api.page(kind, page_size=100, page_token=token)
        found |= {(each := opened(entry)).metadata.id: each for entry in page.entries}
        token = page.next_page_token
        if not token:
            return found


def test_a_port_that_is_taken_is_refused_by_the_name_of_its_holder(start_unit: StartUnit) -> None:
    first = start_unit("first")
    told = start_unit("second", port=first.port, wait=False).wait_until_failed()
    assert told["permanent"] is False
    assert f"another stigmer server (pid {first.pid})" in told["failed"]
    assert str(first.port) in told["failed"]
    assert "stigmer config set backend.local.endpoint" in told["hint"]
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        told = start_unit("third", port=other.getsockname()[1], wait=False).wait_until_failed()
    assert "(pid " in told["failed"]
    assert "another stigmer server" not in told["failed"]
