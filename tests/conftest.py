"""What every suite may ask for: one real server for the session, and a client of it."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.suites.api_unit import ApiUnit, StartUnit
from tests.suites.client import Api
from tests.suites.idle_runs import IdleUnit


def pytest_configure() -> None:
    """Who starts the suite with `nohup`, or in the background of a script, has it and its children ignore signals."""
    usual: dict[signal.Signals, Any] = {
        signal.SIGHUP: signal.SIG_DFL,
        signal.SIGINT: signal.default_int_handler,
        signal.SIGQUIT: signal.SIG_DFL,
    }  # Any: as signal takes them
    for number, handler in usual.items():
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, handler)


@pytest.fixture(scope="session")
def unit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiUnit]:
    """A running server that all tests share: they use names of their own and must not stop it."""
    with ApiUnit(tmp_path_factory.mktemp("unit")) as started:
        started.wait_until_ready()
        yield started


@pytest.fixture(scope="session")
def api(unit: ApiUnit) -> Iterator[Api]:
    with Api(unit.endpoint) as client:
        yield client


@pytest.fixture(scope="session")
def idle_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A server on which nobody works on runs: they wait for what the test does."""
    with IdleUnit(tmp_path_factory.mktemp("idle")) as unit:
        unit.wait_until_ready()
        with Api(unit.endpoint) as client:
            yield client


@pytest.fixture
def unit_client_with_large_answers(unit: ApiUnit) -> Iterator[Api]:
    """A client that takes answers as large as the server sends them."""
    with Api(unit.endpoint, options=[("grpc.max_receive_message_length", 10 * 1024 * 1024)]) as client:
        yield client


@pytest.fixture
def start_unit(tmp_path: Path) -> Iterator[StartUnit]:
    """Starts servers of this test alone: `start_unit()` is ready, `start_unit(wait=False)` may still fail."""
    started: list[ApiUnit] = []

    def start(name: str = "own", *, wait: bool = True, **options: object) -> ApiUnit:
        started.append(ApiUnit(tmp_path / name, **options))  # type: ignore[arg-type]  # handed on as they are
        if wait:
            started[-1].wait_until_ready()
        return started[-1]

    yield start
    for unit in started:
        unit.close()
