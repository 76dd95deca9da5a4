"""What every suite may ask for: one real server for the session, and a client of it."""

from __future__ import annotations

import signal
from collections.abc import Generator, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from pytest_django import DjangoDbBlocker

from apps.resources.storage.connections import close_kept
from tests.suites.api_unit import ApiUnit, StartUnit
from tests.suites.client import Api
from tests.suites.idle_runs import IdleUnit
from tests.support import postgres
from tests.support.databases import DATABASES, MARK, Database, SQLite
from tests.support.machines import HandOver, handed_over


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", f"{MARK}(*vendors): on which databases the test runs")
    if not hasattr(config, "workerinput"):
        postgres.choose_directory()
    _have_usual_signals()
    _judge_no_speed()


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        postgres.forget_directory()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each test runs on SQLite, unless a mark says where."""
    mark = metafunc.definition.get_closest_marker(MARK)
    databases = mark.args if mark else [pytest.param(SQLite.vendor, id=pytest.HIDDEN_PARAM)]
    metafunc.parametrize("database", databases, indirect=True, scope="session")


@pytest.fixture(autouse=True, scope="session")
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """Where this test's resources are stored."""
    chosen = DATABASES[request.param]()
    yield chosen
    chosen.close()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, database: Database, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Django's own database is made once, whatever it is that a test uses."""
    with django_db_blocker.unblock(), database.in_this_process():
        django_db_blocker.block()
        yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What a test logs may hold half characters, which cannot be told from one process of the suite to another."""
    report = yield
    report.sections = [(title, text.encode(errors="backslashreplace").decode()) for title, text in report.sections]
    return report


def _judge_no_speed() -> None:
    """How long Hypothesis takes to make examples says how busy the machine is, not whether the code is right."""
    hypothesis.settings.register_profile(
        "any machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
    )
    hypothesis.settings.load_profile("any machine")


def _have_usual_signals() -> None:
    """Who starts the suite with `nohup`, or in the background of a script, has it and its children ignore signals."""
    usual: dict[signal.Signals, Any] = {
        signal.SIGHUP: signal.SIG_DFL,
        signal.SIGINT: signal.default_int_handler,
        signal.SIGQUIT: signal.SIG_DFL,
    }  # Any: as signal takes them
    for number, handler in usual.items():
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, handler)


@pytest.fixture(autouse=True)
def nothing_handed_on() -> Iterator[None]:
    """A connection that threads of a test gave back is for none of the next, which may have no database at all."""
    yield
    close_kept()


@pytest.fixture
def hand_over() -> Iterator[HandOver]:
    """`hand_over(launchers=...)`: this process has another machine until the test ends."""
    with ExitStack() as stack:
        yield lambda **changes: stack.enter_context(handed_over(**changes))


@pytest.fixture(scope="session")
def unit(tmp_path_factory: pytest.TempPathFactory, database: Database) -> Iterator[ApiUnit]:
    """A running server that all tests share: they use names of their own and must not stop it."""
    with ApiUnit(tmp_path_factory.mktemp("unit"), env=database.environment()) as started:
        started.wait_until_ready()
        yield started


@pytest.fixture(scope="session")
def api(unit: ApiUnit) -> Iterator[Api]:
    with Api(unit.endpoint) as client:
        yield client


@pytest.fixture(scope="session")
def idle_api(tmp_path_factory: pytest.TempPathFactory, database: Database) -> Iterator[Api]:
    """A server on which nobody works on runs: they wait for what the test does."""
    with IdleUnit(tmp_path_factory.mktemp("idle"), env=database.environment()) as unit:
        unit.wait_until_ready()
        with Api(unit.endpoint) as client:
            yield client


@pytest.fixture
def unit_client_with_large_answers(unit: ApiUnit) -> Iterator[Api]:
    """A client that takes answers as large as the server sends them."""
    with Api(unit.endpoint, options=[("grpc.max_receive_message_length", 10 * 1024 * 1024)]) as client:
        yield client


@pytest.fixture
def start_unit(tmp_path: Path, database: Database) -> Iterator[StartUnit]:
    """Starts servers of this test alone: `start_unit()` is ready, `start_unit(wait=False)` may still fail."""
    started: list[ApiUnit] = []

    def start(
        name: str = "own", *, wait: bool = True, env: Mapping[str, str] | None = None, **options: object
    ) -> ApiUnit:
        env = {**database.environment(), **(env or {})}
        started.append(ApiUnit(tmp_path / name, env=env, **options))  # type: ignore[arg-type]  # handed on as they are
        if wait:
            started[-1].wait_until_ready()
        return started[-1]

    yield start
    for unit in started:
        unit.close()
