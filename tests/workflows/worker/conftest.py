"""One engine for all tests of the worker, and a service for their requests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.http import StandIn
from tests.support.temporal import TemporalServer, running_temporal, temporal_binary, temporal_server
from tests.workflows.worker.kit import Engine, running_engine

__all__ = ["temporal_binary", "temporal_server"]


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory, temporal_server: TemporalServer) -> Iterator[Engine]:
    """Shared: tests use workflows of their own and break nothing."""
    with running_engine(tmp_path_factory.mktemp("engine"), temporal_server) as engine:
        yield engine


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Engine]:
    """An engine of this test alone."""
    (tmp_path / "temporal").mkdir()
    with running_temporal(tmp_path / "temporal") as temporal, running_engine(tmp_path / "home", temporal) as engine:
        yield engine


@pytest.fixture
def service() -> Iterator[StandIn]:
    with StandIn() as stand_in:
        yield stand_in
