"""Brokers, and cables to them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cloud.cable import Cable
from tests.support.brokers import BROKERS, session_broker
from tests.support.temporal import temporal_binary, temporal_server

__all__ = ["temporal_binary", "temporal_server"]


@pytest.fixture(params=BROKERS)
def broker(request: pytest.FixtureRequest) -> str:
    """The URL of a broker, of each kind in turn. Other tests use it, too: queues have names of their own."""
    return session_broker(request.param)


@pytest.fixture
def cable(broker: str) -> Iterator[Cable]:
    with Cable(broker) as made:
        yield made
