"""A unary method called by its name: its messages are described by the service itself, through reflection."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import DecodeError
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from apps.processes.addresses import Address, parse_address
from apps.shared.reach import AddressRefused, Reach
from apps.workflows.calls import CallAborted, CallFailed, Watch
from apps.workflows.values import Json

CONNECT_SECONDS: Final = 10.0
LARGEST_MESSAGE: Final = 10 * 2**20
_OPTIONS: Final = (
    ("grpc.max_receive_message_length", LARGEST_MESSAGE),
    ("grpc.max_send_message_length", LARGEST_MESSAGE),
    ("grpc.enable_retries", 0),
)
Message = Any  # of a class made from its description


def call_method(
    target: str,
    service: str,
    method: str,
    request: Mapping[str, Json],
    *,
    metadata: Mapping[str, str],
    is_tls: bool,
    seconds: float,
    watch: Watch,
    reach: Reach | None = None,
) -> Json:
    """The answer as JSON, by the names of the contract, values left out included. Sent once.

    Raises CallFailed with a word of the effect's, CallAborted.
    """
    way = _Way(target) if reach is None else _checked(target, reach)
    call = _Call(way, is_tls, time.monotonic() + seconds)
    with watch(call.abort):
        try:
            found = call.described(service, method)
            return call.sent(found, request, tuple((name.lower(), value) for name, value in metadata.items()))
        except (CallFailed, ValueError):
            # A channel that was closed raises ValueError.
            if call.is_aborted:
                raise CallAborted from None
            raise
        finally:
            call.channel.close()


class _Way(NamedTuple):
    """What gRPC is told to connect to, and how."""

    target: str
    options: tuple[tuple[str, Any], ...] = ()  # Any: as gRPC has them


def _checked(target: str, reach: Reach) -> _Way:
    """The addresses themselves, none of them a name or a path that gRPC would look up, nor a proxy on the way.

    Raises CallFailed (forbidden, unreachable, refused).
    """
    try:
        place = parse_address(target)
        found = reach.addresses(place.host, place.port)
    except AddressRefused as error:
        raise CallFailed("forbidden", str(error)) from None
    except ValueError as error:
        raise CallFailed("refused", str(error)) from None
    except OSError as error:
        raise CallFailed("unreachable", error.strerror or str(error)) from None
    scheme = "ipv6" if ":" in found[0] else "ipv4"
    same = [str(Address(each, place.port)) for each in found if (":" in each) == (":" in found[0])]
    return _Way(f"{scheme}:{','.join(same)}", (("grpc.default_authority", target), ("grpc.enable_http_proxy", 0)))


class _Call:
    """A channel of its own, and what its failures mean."""

    def __init__(self, way: _Way, is_tls: bool, deadline: float) -> None:
        options = _OPTIONS + way.options
        self.channel = (
            grpc.secure_channel(way.target, grpc.ssl_channel_credentials(_authorities()), options=options)
            if is_tls
            else grpc.insecure_channel(way.target, options=options)
        )
        self.deadline, self.is_aborted = deadline, False

    def abort(self) -> None:
        self.is_aborted = True
        self.channel.close()

    @property
    def rest(self) -> float:
        """Seconds that are left."""
        return max(0.01, self.deadline - time.monotonic())

    def described(self, service: str, method: str) -> MethodDescriptor:
        """Raises CallFailed (unreachable, refused, timeout), and nothing of the request has been sent then."""
        try:
            grpc.channel_ready_future(self.channel).result(timeout=min(CONNECT_SECONDS, self.rest))
        except grpc.FutureTimeoutError:
            raise CallFailed("unreachable", "no connection") from None
        try:
            pool = self._pool(service)
            found = pool.FindServiceByName(service).methods_by_name.get(method)
        except grpc.RpcError as error:
            code = error.code()
            raise CallFailed("refused", f"its reflection answers {code.name}") from None
        except (KeyError, TypeError):
            raise CallFailed("refused", f"has no service {service}, by its reflection") from None
        if found is None:
            raise CallFailed("refused", f"service {service} has no method {method}")
        if found.client_streaming or found.server_streaming:
            raise CallFailed("refused", f"method {method} streams, which a task cannot")
        return found

    def sent(self, method: MethodDescriptor, given: Mapping[str, Json], metadata: tuple[tuple[str, str], ...]) -> Json:
        request = message_factory.GetMessageClass(method.input_type)()
        try:
            json_format.ParseDict(dict(given), request, descriptor_pool=method.input_type.file.pool)
        except json_format.ParseError as error:
            raise CallFailed("refused", f"the request does not fit {method.input_type.full_name}: {error}") from None
        ask = self.channel.unary_unary(
            f"/{method.containing_service.full_name}/{method.name}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=bytes,
        )
        try:
            content = ask(request, timeout=self.rest, metadata=metadata)
        except grpc.RpcError as error:
            raise _failure(error) from None
        answer = message_factory.GetMessageClass(method.output_type)()
        try:
            answer.ParseFromString(content)
            return _as_json(answer, method)
        except (DecodeError, json_format.Error, TypeError, ValueError) as error:
            raise CallFailed("unreadable", f"no JSON says its answer: {error}") from None

    def _pool(self, service: str) -> descriptor_pool.DescriptorPool:
        """The service's file and all that it is made of. Raises RpcError, KeyError, TypeError."""
        files: dict[str, descriptor_pb2.FileDescriptorProto] = {}
        wanted = [reflection_pb2.ServerReflectionRequest(file_containing_symbol=service)]
        while wanted:
            for content in self._reflected(wanted):
                file = descriptor_pb2.FileDescriptorProto.FromString(content)
                files[file.name] = file
            missing = sorted({name for file in files.values() for name in file.dependency} - {*files})
            wanted = [reflection_pb2.ServerReflectionRequest(file_by_filename=name) for name in missing]
        pool = descriptor_pool.DescriptorPool()
        for file in _parents_first(files):
            pool.Add(file)
        return pool

    def _reflected(self, wanted: Iterable[Message]) -> list[bytes]:
        stub = reflection_pb2_grpc.ServerReflectionStub(self.channel)
        found: list[bytes] = []
        for answer in stub.ServerReflectionInfo(iter(wanted), timeout=self.rest):
            if answer.WhichOneof("message_response") != "file_descriptor_response":
                raise KeyError(answer.error_response.error_message)
            found += answer.file_descriptor_response.file_descriptor_proto
        return found


def _parents_first(
    files: Mapping[str, descriptor_pb2.FileDescriptorProto],
) -> list[descriptor_pb2.FileDescriptorProto]:
    """Each after those it is made of."""
    ordered: dict[str, descriptor_pb2.FileDescriptorProto] = {}

    def add(name: str, above: tuple[str, ...]) -> None:
        if name in ordered or name in above:
            return
        for needed in files[name].dependency:
            add(needed, (*above, name))
        ordered[name] = files[name]

    for name in files:
        add(name, ())
    return [*ordered.values()]


def _as_json(answer: Message, method: MethodDescriptor) -> Json:
    return json_format.MessageToDict(
        answer,
        preserving_proto_field_name=True,
        always_print_fields_with_no_presence=True,
        descriptor_pool=method.output_type.file.pool,
    )


def _failure(error: Any) -> CallFailed:  # Any: grpc's errors of calls are declared nowhere
    code, said = error.code(), error.details() or ""
    if code is grpc.StatusCode.DEADLINE_EXCEEDED:
        return CallFailed("timeout", "no answer")
    if code is grpc.StatusCode.UNAVAILABLE:
        return CallFailed("lost", said)
    return CallFailed("answered", f"{code.name}: {said}".removesuffix(": "))


def _authorities() -> bytes | None:
    """Those that the system trusts: grpc brings its own, which no company's are among."""
    file = ssl.get_default_verify_paths().cafile
    return Path(file).read_bytes() if file else None
