"""Followers have room for so many, and whoever finds none is told."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from django.db import DEFAULT_DB_ALIAS, connections
from stigmer_proto.controlplane.v1 import executions_pb2

from apps.resources.api.streams import MOST_STREAMS, StreamRoom
from apps.resources.errors import TooManyStreams
from apps.resources.storage.connections import MOST_KEPT
from tests.factories import make_agent
from tests.suites.api_unit import StartUnit
from tests.suites.client import EXTENSION, Api, Refused
from tests.support.daemon import wait_until


def test_a_follower_too_many_is_told_and_finds_room_once_another_has_left(start_unit: StartUnit) -> None:
    with Api(start_unit().endpoint) as api:
        runs = api.of("AgentExecution")
        spec = {"agent_id": make_agent(api).metadata.id, "message": "Wait."}
        request = executions_pb2.FollowRequest(execution_id=runs.create(runs.envelope(spec, owner_scope=0)).metadata.id)
        method = f"{EXTENSION}.ExecutionController.follow"
        streams = [api.stream(method, request) for _ in range(MOST_STREAMS)]
        assert all(next(stream).events for stream in streams)

        with pytest.raises(grpc.RpcError) as caught:
            next(api.stream(method, request))
        refused = Refused.from_error(caught.value)
        assert (refused.code, refused.reason) == (
            grpc.StatusCode.RESOURCE_EXHAUSTED,
            "stigmer.server.too_many_streams",
        )
        assert runs.get(request.execution_id).status.phase == 1, "calls that are no streams are answered"

        streams[0].cancel()

        def is_served() -> bool:
            try:
                return bool(next(api.stream(method, request)).events)
            except grpc.RpcError:
                return False

        wait_until(is_served, "there is room again")
        for stream in streams:
            stream.cancel()


@pytest.mark.django_db(transaction=True)
def test_the_connection_of_a_stream_goes_to_the_next() -> None:
    room, used = StreamRoom(most=1), []

    def stream() -> None:
        with room.place():
            connections[DEFAULT_DB_ALIAS].ensure_connection()
            used.append(connections[DEFAULT_DB_ALIAS].connection)
            with pytest.raises(TooManyStreams), room.place():
                raise AssertionError("there is no room")
        assert connections[DEFAULT_DB_ALIAS].connection is None, "this thread has none any more"

    for _ in range(2):
        in_thread(stream)
    assert used[0] is used[1]


@pytest.mark.django_db(transaction=True)
def test_no_stream_gets_a_connection_that_failed_and_few_are_kept() -> None:
    def fail() -> None:
        with StreamRoom().place():
            database = connections[DEFAULT_DB_ALIAS]
            database.ensure_connection()
            database.errors_occurred = True
        assert database.connection is None, "it was closed"

    in_thread(fail)
    together, rooms = threading.Barrier(MOST_KEPT + 2), StreamRoom()

    def stream() -> bool:
        with rooms.place():
            database = connections[DEFAULT_DB_ALIAS]
            database.ensure_connection()
            together.wait(30)
        return database.connection is not None

    with ThreadPoolExecutor(MOST_KEPT + 2) as threads:
        kept = [thread.result() for thread in [threads.submit(stream) for _ in range(MOST_KEPT + 2)]]
    assert sum(kept) == MOST_KEPT


def in_thread(act: Callable[[], None]) -> None:
    """Raises as `act`."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(act).result()
