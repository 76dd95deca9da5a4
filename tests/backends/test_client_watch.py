"""Programs that deploy as a project and are told what happens, by `stigmer.Client` and `stigmer.AsyncClient`."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from stigmer import Agent, AsyncClient, Client, isolated
from stigmer.client import Conflict, NotFound, Unreachable, WatchEvent

from tests.suites.client import unique
from tests.support.daemon import temporary_installation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.daemon import Installation


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with temporary_installation(tmp_path_factory.mktemp("home"), STIGMER_UNITS="api") as made:
        assert made.run("server", "start").code == 0
        yield made


@pytest.fixture(scope="module")
def client(served: Installation) -> Iterator[Client]:
    with Client(endpoint=served.endpoint) as made:
        yield made


def an_agent(name: str = "", labels: dict[str, str] | None = None) -> Agent:
    with isolated():
        return Agent(name or unique("watched"), instructions="You answer in one word.", labels=labels)


def test_what_happens_is_told_in_its_order(client: Client) -> None:
    agent = an_agent()
    with client.watch("agents") as watch:
        [applied] = client.apply(agent)
        created = next(watch)
        assert (created.event, created.id) == (WatchEvent.CREATED, applied.id)
        assert created.resource is not None
        assert created.resource.slug == agent.slug
        with isolated():
            client.apply(Agent(agent.name, instructions="You answer in two words."))
        updated = next(watch)
        assert (updated.event, updated.id) == (WatchEvent.UPDATED, applied.id)
        client.apply(an_agent("another"), project="emptied")
        next(watch)
        [_] = client.apply(an_agent("yet-another"), project="emptied", prune=True)
        assert {next(watch).event, next(watch).event} == {WatchEvent.CREATED, WatchEvent.DELETED}


def test_a_watch_goes_on_where_another_one_stopped(client: Client) -> None:
    first, second = an_agent(), an_agent()
    with client.watch("agents") as watch:
        client.apply(first)
        next(watch)
        position = watch.position
    client.apply(second)
    with client.watch("agents", position=position) as watch:
        told = next(watch)
        assert told.resource is not None
        assert told.resource.slug == second.slug


def test_what_does_not_match_is_not_told(client: Client) -> None:
    wanted, other = an_agent(labels={"team": "north"}), an_agent(labels={"team": "south"})
    with client.watch("agents", labels={"team": "north"}) as watch:
        client.apply(other, wanted)
        told = next(watch)
        assert told.resource is not None
        assert told.resource.slug == wanted.slug
    with pytest.raises(NotFound):
        client.watch("agents", project=unique("nowhere"))


def test_closing_ends_the_loop_of_another_thread(client: Client) -> None:
    watch, told = client.watch("agents"), list[str]()
    reader = threading.Thread(target=lambda: told.extend(each.id for each in watch))
    reader.start()
    watch.close()
    reader.join(timeout=60)
    assert (reader.is_alive(), told) == (False, [])


def test_who_uses_a_client_that_is_closed_is_told_so(served: Installation) -> None:
    client = Client(endpoint=served.endpoint)
    watch = client.watch("agents")
    with ThreadPoolExecutor(1) as pool:
        told = pool.submit(next, watch)
        client.close()
        for use in (told.result, lambda: client.get("agent", "any"), lambda: client.watch("agents")):
            with pytest.raises(Unreachable, match="this client is closed"):
                use()
    client.close()


def test_a_watch_outlives_its_server(served: Installation, client: Client) -> None:
    agent = an_agent()
    with client.watch("agents") as watch:
        api = next(each for each in served.state()["components"] if each["name"] == "api")
        os.kill(api["pid"], signal.SIGKILL)
        deployed = served.run("get", "agents")  # answers when the next one serves
        assert deployed.code == 0, deployed.stderr
        client.apply(agent)
        while (told := next(watch)).resource is None or told.resource.slug != agent.slug:
            pass
        assert told.event is WatchEvent.CREATED


def test_changes_are_awaited(served: Installation) -> None:
    agent = an_agent()

    async def main() -> str:
        async with AsyncClient(endpoint=served.endpoint) as client, await client.watch("agents") as watch:
            await client.apply(agent)
            async for change in watch:
                return change.resource.slug if change.resource else ""
        raise AssertionError("a watch does not end")

    assert asyncio.run(main()) == agent.slug


def test_an_asynchronous_client_that_is_closed_says_so(served: Installation) -> None:
    async def main() -> None:
        async with AsyncClient(endpoint=served.endpoint) as client:
            pass
        with pytest.raises(Unreachable, match="this client is closed"):
            await client.get("agent", "any")
        await client.close()

    asyncio.run(main())


def test_a_project_owns_what_a_program_deploys(client: Client) -> None:
    first, second, name = an_agent(), an_agent(), unique("project")
    assert len(client.apply(first, second, project=name)) == 2
    with pytest.raises(Conflict, match=name):
        client.apply(first, project=unique("other"))
    kept = client.apply(first, project=name)
    assert [each.slug for each in kept.no_longer_declared] == [second.slug]
    assert client.get("agent", second.name).slug == second.slug
    planned = client.apply(first, project=name, prune=True, dry_run=True)
    assert ([each.slug for each in planned.deleted], client.get("agent", second.name).slug) == (
        [second.slug],
        second.slug,
    )
    pruned = client.apply(first, project=name, prune=True)
    assert [each.slug for each in pruned.deleted] == [second.slug]
    with pytest.raises(NotFound):
        client.get("agent", second.name)
    with pytest.raises(ValueError, match="name it"):
        client.apply(first, prune=True)
