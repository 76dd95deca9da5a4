"""Brokers, and cables to them; one server of many units, which all tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cloud.cable import Cable
from tests.cloud.units import Operator, ServedUnit, new_organization
from tests.suites.client import Api
from tests.support.brokers import BROKERS, session_broker
from tests.support.databases import PostgreSQL
from tests.support.llm import ModelHost
from tests.support.temporal import TemporalServer, temporal_binary, temporal_server

__all__ = ["temporal_binary", "temporal_server"]


@pytest.fixture(params=BROKERS)
def broker(request: pytest.FixtureRequest) -> str:
    """The URL of a broker, of each kind in turn. Other tests use it, too: queues have names of their own."""
    return session_broker(request.param)


@pytest.fixture
def cable(broker: str) -> Iterator[Cable]:
    with Cable(broker) as made:
        yield made


@pytest.fixture(scope="session")
def model_host() -> Iterator[ModelHost]:
    with ModelHost() as host:
        yield host


@pytest.fixture(scope="session")
def operator(
    tmp_path_factory: pytest.TempPathFactory, temporal_server: TemporalServer, model_host: ModelHost
) -> Iterator[Operator]:
    database = PostgreSQL()
    variables = {
        "DATABASE_URL": database.environment()["STIGMER_DATABASE_URL"],
        "BROKER_URL": session_broker("rabbitmq"),
        "TEMPORAL_ADDRESS": temporal_server.address,
        "STIGMER_LLM_PROVIDER": "openai",
        "STIGMER_LLM_MODEL": "stand-in",
        "STIGMER_LLM_BASE_URL": model_host.openai_url,
    }
    operator = Operator.of(tmp_path_factory.mktemp("operator"), variables)
    yield operator
    operator.end_all()
    database.close()


@pytest.fixture(scope="session")
def replicas(operator: Operator) -> tuple[ServedUnit, ServedUnit]:
    """Two of the API. Whoever ends one starts another."""
    one, other = operator.start("api"), operator.start("api")
    return one.wait_until_ready(), other.wait_until_ready()


@pytest.fixture(scope="session")
def key(operator: Operator) -> str:
    done = operator.run("create-admin", "jane@example.com")
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="session")
def org(replicas: tuple[ServedUnit, ServedUnit], key: str) -> str:
    """An organization of the administrator's."""
    with Api(replicas[0].endpoint, key=key) as api:
        return new_organization(api, "acme")
