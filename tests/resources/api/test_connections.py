"""Calls keep the connection of their thread, unless something went wrong on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import DEFAULT_DB_ALIAS, connections
from django_grpc_framework.signals import grpc_request_finished, grpc_request_started

from stigmer_site.database import keep_connections

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def kept() -> Iterator[None]:
    signals = (grpc_request_started, grpc_request_finished)
    before = [list(signal.receivers) for signal in signals]
    keep_connections()
    yield
    for signal, receivers in zip(signals, before, strict=True):
        signal.receivers = receivers
        signal.sender_receivers_cache.clear()


def test_a_call_begins_without_asking_the_connection() -> None:
    assert not grpc_request_started.has_listeners()


def test_a_connection_outlives_a_call() -> None:
    database = connections[DEFAULT_DB_ALIAS]
    database.ensure_connection()
    database.close_at = 0  # django would think it too old
    grpc_request_finished.send(sender=None)
    assert database.connection is not None


@pytest.mark.parametrize("has_failed", [False, True])
def test_a_connection_that_failed_is_dropped(monkeypatch: pytest.MonkeyPatch, *, has_failed: bool) -> None:
    database, closed = connections[DEFAULT_DB_ALIAS], []
    database.ensure_connection()
    monkeypatch.setattr(database, "is_usable", lambda: False)
    monkeypatch.setattr(database, "close", lambda: closed.append(True))
    monkeypatch.setattr(database, "errors_occurred", has_failed)
    grpc_request_finished.send(sender=None)
    assert bool(closed) is has_failed
