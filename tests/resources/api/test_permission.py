"""Every RPC stands behind one gate, which knows who asks and what the contract demands of them."""

from __future__ import annotations

from collections.abc import Iterator

import grpc
import pytest
from google.protobuf import descriptor_pool
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message

from apps.resources.api import server
from apps.resources.api.permission import Requirement, requirement_of
from apps.resources.api.rules import RULES
from apps.resources.caller import LOCAL, Caller
from apps.resources.errors import Protected
from stigmer_site.handlers import grpc_handlers
from tests.support.ports import free_port


class Refusing:
    """An Authorize that lets nobody pass and notes who came."""

    def __init__(self) -> None:
        self.asked: list[tuple[Caller, Requirement]] = []

    def __call__(self, caller: Caller, requirement: Requirement, request: Message) -> None:
        del request
        self.asked.append((caller, requirement))
        raise Protected("nobody passes")


@pytest.fixture(scope="module")
def gatekeeper() -> Refusing:
    return Refusing()


@pytest.fixture(scope="module")
def guarded(gatekeeper: Refusing) -> Iterator[server.RunningServer]:
    endpoint = f"127.0.0.1:{free_port()}"
    running = server.serve(endpoint, grpc_handlers, workers=1, with_reflection=False, authorize=gatekeeper)
    yield running
    running.stop()
    running.wait()


@pytest.fixture(scope="module")
def methods(guarded: server.RunningServer) -> list[MethodDescriptor]:
    """Every RPC that the site serves."""
    services = map(descriptor_pool.Default().FindServiceByName, guarded.wiring.names)
    return [method for service in services for method in service.methods]


def test_every_rpc_asks_at_its_gate_before_its_handler_runs(
    guarded: server.RunningServer, gatekeeper: Refusing, methods: list[MethodDescriptor]
) -> None:
    with grpc.insecure_channel(guarded.addresses[0]) as channel:
        for method in methods:
            gatekeeper.asked.clear()
            with pytest.raises(grpc.RpcError) as refused:
                call(channel, method)
            assert refused.value.details() == "nobody passes", method.full_name
            ((caller, requirement),) = gatekeeper.asked
            assert (caller, requirement.method) == (LOCAL, method.full_name)


def test_every_rpc_declares_who_may_call_it_or_has_a_rule(methods: list[MethodDescriptor]) -> None:
    undeclared = {f"{method.containing_service.name}.{method.name}" for method in methods if not is_declared(method)}
    assert undeclared == set(RULES)


def test_the_gate_has_what_the_contract_says(gatekeeper: Refusing, guarded: server.RunningServer) -> None:
    gatekeeper.asked.clear()
    service = descriptor_pool.Default().FindServiceByName(
        "ai.stigmer.agentic.agentexecution.v1.AgentExecutionQueryController"
    )
    with grpc.insecure_channel(guarded.addresses[0]) as channel:
        for name in ("subscribe", "list"):
            with pytest.raises(grpc.RpcError):
                call(channel, service.methods_by_name[name])
    subscribe, listing = (requirement for _, requirement in gatekeeper.asked)
    assert (subscribe.permission, subscribe.resource_kind, subscribe.field_path) == ("can_view", 41, "value")
    assert (listing.permission, listing.is_for_anybody, listing.is_public) == ("", True, False)


def is_declared(method: MethodDescriptor) -> bool:
    requirement = requirement_of(method)
    return bool(requirement.permission) or requirement.is_for_anybody or requirement.is_public


def call(channel: grpc.Channel, method: MethodDescriptor) -> None:
    path = f"/{method.containing_service.full_name}/{method.name}"
    if method.client_streaming:
        channel.stream_unary(path, None, None)(iter([b""]), timeout=30)
    elif method.server_streaming:
        list(channel.unary_stream(path, None, None)(b"", timeout=30))
    else:
        channel.unary_unary(path, None, None)(b"", timeout=30)
