"""The server as others meet it: health, reflection, addresses, errors."""

from __future__ import annotations

import importlib
import ipaddress
import pkgutil
import socket

import grpc
import psutil
import pytest
import stigmer_proto
from google.protobuf import descriptor_pool
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from apps.resources.registry import KINDS
from tests.suites.api_unit import ApiUnit, StartUnit
from tests.suites.client import EXTENSION, Api, Refused, unique

HEALTH = "grpc.health.v1.Health.Check"
FACTS = ("BatchController", "ResourceController", "ServerController")


@pytest.fixture(scope="module")
def service_names(api: Api) -> set[str]:
    """What reflection lists."""
    request = reflection_pb2.ServerReflectionRequest(list_services="*")
    stub = reflection_pb2_grpc.ServerReflectionStub(api.channel)
    (answer,) = stub.ServerReflectionInfo(iter([request]))
    return {service.name for service in answer.list_services_response.service}


def test_reflection_lists_every_service(service_names: set[str]) -> None:
    ours = {f"{kind.package}.{kind.name}{side}Controller" for kind in KINDS for side in ("Command", "Query")}
    assert ours | {f"{EXTENSION}.{name}" for name in FACTS} <= service_names
    assert "grpc.health.v1.Health" in service_names


def test_reflection_knows_the_messages_of_a_service(api: Api) -> None:
    request = reflection_pb2.ServerReflectionRequest(
        file_containing_symbol="ai.stigmer.agentic.agent.v1.AgentQueryController"
    )
    stub = reflection_pb2_grpc.ServerReflectionStub(api.channel)
    (answer,) = stub.ServerReflectionInfo(iter([request]))
    files = [FileDescriptorProto.FromString(each) for each in answer.file_descriptor_response.file_descriptor_proto]
    assert "ai/stigmer/agentic/agent/v1/query.proto" in {file.name for file in files}


def test_reflection_can_be_switched_off(start_unit: StartUnit) -> None:
    unit = start_unit(env={"STIGMER_GRPC_REFLECTION": "false"})
    with Api(unit.endpoint) as api:
        stub = reflection_pb2_grpc.ServerReflectionStub(api.channel)
        with pytest.raises(grpc.RpcError) as caught:
            list(stub.ServerReflectionInfo(iter([reflection_pb2.ServerReflectionRequest(list_services="*")])))
        assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
        assert api.info().version


def test_every_service_is_healthy_by_name(api: Api, service_names: set[str]) -> None:
    for name in ("", *sorted(each for each in service_names if each.startswith("ai.stigmer."))):
        answer = api.call(HEALTH, health_pb2.HealthCheckRequest(service=name))
        assert answer.status == health_pb2.HealthCheckResponse.SERVING, name


def test_the_health_of_an_unknown_service_is_not_found(api: Api) -> None:
    with pytest.raises(Refused) as caught:
        api.call(HEALTH, health_pb2.HealthCheckRequest(service="ai.stigmer.Nothing"))
    assert caught.value.code is grpc.StatusCode.NOT_FOUND


def test_only_loopback_is_bound(unit: ApiUnit) -> None:
    listening = {
        ipaddress.ip_address(connection.laddr.ip.removeprefix("::ffff:"))
        for connection in psutil.Process(unit.pid).net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
    }
    assert listening
    assert all(address.is_loopback for address in listening)


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
def test_both_loopbacks_answer_where_the_machine_has_them(unit: ApiUnit, host: str) -> None:
    if host == "[::1]" and not has_ipv6():
        host = "localhost"
    with Api(f"{host}:{unit.port}") as api:
        assert api.info().version


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


def test_more_violations_than_a_client_takes_are_counted(unit: ApiUnit, api: Api) -> None:
    agents = api.of("Agent")
    servers = [{"name": f"server-{number}", "stdio": {}} for number in range(1000)]
    bad = agents.envelope({"instructions": "Be helpful, please.", "mcp_servers": servers}, name=unique("bad"))
    with pytest.raises(Refused) as caught:
        agents.create(bad)
    assert len(caught.value.violations) == 1000
    plain = grpc.insecure_channel(unit.endpoint)
    with plain:
        call = plain.unary_unary(
            f"/{agents.kind.package}.AgentCommandController/create",
            request_serializer=type(bad).SerializeToString,
            response_deserializer=type(bad).FromString,
        )
        with pytest.raises(grpc.RpcError) as error:
            call(bad, timeout=10)
    refused = Refused.from_error(error.value)
    assert refused.code is grpc.StatusCode.INVALID_ARGUMENT
    assert 10 < len(refused.violations) < 1000
    assert int(refused.facts["violations_left_out"]) == 1000 - len(refused.violations)


def test_an_unknown_method_is_unimplemented(api: Api) -> None:
    path = "/ai.stigmer.agentic.agent.v1.AgentCommandController/explode"
    call = api.channel.unary_unary(path, request_serializer=bytes, response_deserializer=bytes)
    with pytest.raises(grpc.RpcError) as caught:
        call(b"", timeout=10)
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_bytes_that_are_no_message_are_invalid_whatever_the_rpc(
    unit: ApiUnit, api: Api, service_names: set[str]
) -> None:
    for module in pkgutil.walk_packages(stigmer_proto.__path__, "stigmer_proto."):
        importlib.import_module(module.name)  # declares its services
    called = []
    for service in sorted(name for name in service_names if name.startswith("ai.stigmer.")):
        for rpc in descriptor_pool.Default().FindServiceByName(service).methods:
            path, wanted = f"/{service}/{rpc.name}", rpc.input_type.full_name
            kind_of_call = api.channel.unary_stream if rpc.server_streaming else api.channel.unary_unary
            with pytest.raises(grpc.RpcError) as caught:
                list(kind_of_call(path, bytes, bytes)(b"\xff\xff\xff", timeout=10))
            refused = Refused.from_error(caught.value)
            assert refused.code is grpc.StatusCode.INVALID_ARGUMENT, path
            assert refused.message == f"the request is damaged: it cannot be read as {wanted}"
            assert refused.reason == "stigmer.request.invalid"
            called.append((service, rpc.server_streaming))
    assert len(called) > 40
    assert {streams for _, streams in called} == {True, False}
    assert api.info().version
    assert unit.process.poll() is None
