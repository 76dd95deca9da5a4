"""A port that is taken: another one where nobody asked for it, who holds it where somebody did."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from apps.backends import kept_ports
from apps.backends.local import launch
from apps.backends.local.running import RunningDaemon
from apps.backends.local.supervisor.states import State
from apps.processes.addresses import parse_address
from tests.backends.kit.bench import Bench
from tests.backends.kit.place import Place
from tests.backends.kit.units import unit
from tests.support.ports import free_port

MakeBench = Callable[..., Bench]
WHERE = "where = json.loads(os.environ.get('STIGMER_SETTINGS', '{{}}')).get('{field}', {address!r})\n"
"""A unit learns its address from the settings that it is handed."""


@pytest.fixture
def taken() -> Iterator[str]:
    """An address where somebody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"


def listening(address: str, field: str = "endpoint", before: str = "") -> str:
    return WHERE.format(field=field, address=address) + before + "server = listen(where); say(ready=True); alone()"


def test_a_port_that_nobody_asked_for_makes_way(bench: MakeBench, taken: str, tmp_path: Path) -> None:
    made = bench(unit(listening(taken), address=taken, setting=kept_ports.API), movable=(kept_ports.API,))
    api = made.reaches("api", State.READY)
    assert api.spec.address != taken
    assert api.note == (
        f"port {parse_address(taken).port} is held by somebody: the API listens at {api.spec.address} from now on"
    )
    assert kept_ports.read_kept_ports(str(tmp_path)) == {kept_ports.API: api.spec.address}
    assert made.ports.settings.endpoint == api.spec.address


def test_a_port_that_somebody_asked_for_does_not(bench: MakeBench, taken: str, tmp_path: Path) -> None:
    made = bench(unit(listening(taken), address=taken, setting=kept_ports.API), movable=(kept_ports.ADMIN,))
    api = made.reaches("api", State.FAILED)
    assert (api.spec.address, api.note) == (taken, "")
    assert api.reason == f"port {parse_address(taken).port} is held by somebody"
    assert kept_ports.read_kept_ports(str(tmp_path)) == {}


def test_the_ports_of_our_other_units_are_not_taken(bench: MakeBench, taken: str) -> None:
    made = bench(unit(listening(taken), address=taken, setting=kept_ports.API), movable=(kept_ports.API,))
    next_one = f"127.0.0.1:{parse_address(taken).port + 1}"
    made.ports.settings = made.ports.settings._replace(web=next_one)
    assert made.reaches("api", State.READY).spec.address not in {taken, next_one}


def test_a_port_that_is_lost_between_the_look_and_the_try_makes_way(bench: MakeBench, tmp_path: Path) -> None:
    address = f"127.0.0.1:{free_port()}"
    wait = "open('looked', 'w')\nwhile not os.path.exists('go'): time.sleep(0.005)\n"
    specs = unit(listening(address, before=wait), address=address, setting=kept_ports.API)
    made = bench(specs, movable=(kept_ports.API,))
    made.until((tmp_path / "looked").exists, "it is about to take its port")
    host, port = parse_address(address)
    with socket.create_server((host, port)):
        (tmp_path / "go").touch()
        api = made.reaches("api", State.READY)
    assert api.spec.address != address
    assert api.starts == 2


def test_that_somebody_else_answers_there_makes_no_unit_ready(bench: MakeBench) -> None:
    address = f"127.0.0.1:{free_port()}"
    made = bench(unit("say(ready=True); alone()", address=address))
    made.until(lambda: made.supervisor.plans["api"].says_ready, "it says so")
    host, port = parse_address(address)
    with socket.create_server((host, port)):
        made.forward(1)
        made.forward(1)
        assert made["api"].state is State.STARTING


@pytest.fixture
def homes(tmp_path: Path, place: Place) -> Iterator[list[Place]]:
    """Three that all want the same two ports, as fresh homes do."""
    del place  # its daemons are scripted ones: these are, too
    api, web = f"localhost:{free_port()}", f"127.0.0.1:{free_port()}"
    made = []
    for name in ("one", "two", "three"):
        (tmp_path / name).mkdir()
        home = Place(tmp_path / name)
        home.settings = home.settings._replace(endpoint=api, web=web, movable=(kept_ports.API, kept_ports.ADMIN))
        home.use(
            unit(listening(api), address=api, essential=True, setting=kept_ports.API),
            unit(listening(web, "web"), "web", address=web, after=("api",), setting=kept_ports.ADMIN),
        )
        made.append(home)
    yield made
    for home in made:
        home.end()


def start_all(homes: list[Place]) -> list[RunningDaemon]:
    """At the same time."""
    started: list[RunningDaemon] = []
    threads = [
        threading.Thread(target=lambda home=home: started.append(home.start(wait_for=("api", "web")))) for home in homes
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return started


def test_homes_that_start_at_the_same_time_all_end_up_with_ports_of_their_own(homes: list[Place]) -> None:
    started = start_all(homes)
    assert len({daemon.endpoint for daemon in started}) == len({daemon.web for daemon in started}) == len(homes)
    for home in homes:
        running = launch.find_running(home.settings, ("api", "web"))
        assert running
        kept = kept_ports.read_kept_ports(home.settings.data_dir)
        assert kept.get(kept_ports.API, home.settings.endpoint) == running.endpoint


def test_whoever_has_another_port_is_told_which_and_why(homes: list[Place]) -> None:
    one, two, _ = homes
    first = one.start(wait_for=("api", "web"))
    second = two.start(wait_for=("api", "web"))
    assert (first.endpoint, first.web) == (one.settings.endpoint, one.settings.web)
    notes = [news.note for news in two.told if news.note]
    assert [note.partition(": ")[0].partition(" is held")[0] for note in notes] == [
        f"port {parse_address(first.endpoint).port}",
        f"port {parse_address(first.web).port}",
    ]
    assert notes[0].endswith(f"the API listens at {second.endpoint} from now on")
    assert notes[1].endswith(f"the admin listens at {second.web} from now on")
    assert not any(news.note for news in one.told)
