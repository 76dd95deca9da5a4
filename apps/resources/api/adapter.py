"""The one seam to django-grpc-framework: our base service, and how its methods become handlers.

The framework gives a service object per call, its request signals and its settings hook. What it
lacks is added here: handlers made from the contract's descriptors, domain errors as statuses,
envelopes answered as the bytes they are stored as, streams on threads of their own.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import grpc
from django.db import DatabaseError
from django_grpc_framework import services
from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import DecodeError, Message

from apps.resources.api.authentication import Admit, admit_everybody
from apps.resources.api.permission import Authorize, Gate, Identify, let_pass, local_person
from apps.resources.api.status import abort
from apps.resources.api.streams import StreamRoom
from apps.resources.caller import Caller
from apps.resources.errors import InvalidInput, StigmerError
from apps.resources.storage.failures import storage_error
from apps.resources.wire.scalars import read_message

logger = logging.getLogger(__name__)

Handler = Callable[[Any, grpc.ServicerContext], Any]  # Any: each method has message types of its own


@dataclass(frozen=True)
class Parts:
    """What a client that streams sends: `first`, by which it is let in, and what comes after it."""

    first: Message
    more: Iterator[Message]

    def __iter__(self) -> Iterator[Any]:  # Any: as Handler
        yield self.first
        yield from self.more


class Service(services.Service):  # type: ignore[misc]  # the framework has no types
    """Base of every service, made for one call. `full_name` is the contract's; methods carry the names of its RPCs."""

    full_name: ClassVar[str]
    request: Any  # Any: the message type of the method being served
    context: grpc.ServicerContext
    gate: Gate | None = None
    caller: Caller

    def answer_call(self, request: Any, context: grpc.ServicerContext) -> Any:  # Any: as Handler
        """What Wiring calls for every RPC: nobody reaches a method around its gate."""
        if self.gate is None:
            raise TypeError(f"{type(self).__name__} is served without a gate")
        self.caller = self.gate.admit(context, request.first if isinstance(request, Parts) else request)
        return getattr(self, self.gate.method)(request, context)


class Wiring:
    """Adds services to a server and remembers their names, for health and reflection."""

    def __init__(
        self,
        server: grpc.Server,
        admit: Admit = admit_everybody,
        authorize: Authorize = let_pass,
        identify: Identify = local_person,
    ) -> None:
        self.server, self.admit, self.authorize, self.identify = server, admit, authorize, identify
        self.names: list[str] = []
        self.streams = StreamRoom()

    def add(self, service: type[Service], **attributes: object) -> None:
        """Answer the calls of `service`; `attributes` become those of its instances."""
        descriptor = descriptor_pool.Default().FindServiceByName(service.full_name)
        handlers = {
            method.name: self._handler(method, service.as_servicer(gate=self.gate(method), **attributes).answer_call)
            for method in descriptor.methods
            if hasattr(service, method.name)
        }
        generic = grpc.method_handlers_generic_handler(descriptor.full_name, handlers)
        self.server.add_generic_rpc_handlers((generic,))
        self.names.append(descriptor.full_name)

    def gate(self, method: MethodDescriptor) -> Gate:
        return Gate.of(method, self.admit, self.authorize, self.identify)

    def _handler(self, method: MethodDescriptor, serve: Handler) -> grpc.RpcMethodHandler[Any, Any]:  # Any: as Handler
        # grpc gets no deserializer: it would answer INTERNAL for bytes that are no message.
        request_class = message_factory.GetMessageClass(method.input_type)
        if method.client_streaming:
            receive = _translating_parts(method.full_name, _reading_parts(request_class, serve), self.streams)
            receive.experimental_thread_pool = self.streams.threads  # type: ignore[attr-defined]  # as below
            return grpc.stream_unary_rpc_method_handler(receive, None, _to_bytes)
        serve_bytes = _reading(request_class, serve)
        if method.server_streaming:
            behaviour = _translating_stream(method.full_name, serve_bytes, self.streams)
            behaviour.experimental_thread_pool = self.streams.threads  # type: ignore[attr-defined]  # grpc reads it there
            return grpc.unary_stream_rpc_method_handler(behaviour, None, _to_bytes)
        return grpc.unary_unary_rpc_method_handler(_translating(method.full_name, serve_bytes), None, _to_bytes)


def missing_methods(service: type[Service]) -> list[str]:
    """RPCs of the contract that `service` does not answer."""
    descriptor: ServiceDescriptor = descriptor_pool.Default().FindServiceByName(service.full_name)
    return [method.name for method in descriptor.methods if not hasattr(service, method.name)]


def _to_bytes(response: Message | bytes) -> bytes:
    # Stored envelopes go out as they are: parsing them first would double the cost of a read.
    return response if isinstance(response, bytes) else response.SerializeToString()


def _reading(request_class: type[Message], serve: Handler) -> Handler:
    """`serve` for a request as it came. Raises InvalidInput for what is no such message, and as `read_message`."""

    def read(request: bytes, context: grpc.ServicerContext) -> Any:  # Any: as Handler
        return serve(_read(request_class, request), context)

    return read


def _reading_parts(request_class: type[Message], serve: Handler) -> Handler:
    """As `_reading`, of a client that streams; one that sends nothing has sent one empty message."""

    def read(requests: Iterator[bytes], context: grpc.ServicerContext) -> Any:  # Any: as Handler
        first = _read(request_class, next(requests, b""))
        return serve(Parts(first, (_read(request_class, request) for request in requests)), context)

    return read


def _read(request_class: type[Message], request: bytes) -> Message:
    try:
        return read_message(request_class, request)
    except DecodeError:
        name = request_class.DESCRIPTOR.full_name
        raise InvalidInput.at("", f"the request is damaged: it cannot be read as {name}") from None


def _translating(name: str, serve: Handler) -> Handler:
    def unary(request: bytes, context: grpc.ServicerContext) -> Message | bytes:
        try:
            answer: Message | bytes = serve(request, context)
        except Exception as error:  # the edge: everything becomes a status here
            _abort(name, error, context)
        return answer

    return unary


def _translating_parts(name: str, serve: Handler, room: StreamRoom) -> Handler:
    def receive(requests: Iterator[bytes], context: grpc.ServicerContext) -> Message | bytes:
        try:
            with room.place():
                answer: Message | bytes = serve(requests, context)
        except Exception as error:  # as above
            _abort(name, error, context)
        return answer

    return receive


def _translating_stream(name: str, serve: Handler, room: StreamRoom) -> Handler:
    def stream(request: bytes, context: grpc.ServicerContext) -> Iterator[Message | bytes]:
        try:
            with room.place():
                yield from serve(request, context)
        except Exception as error:  # as above
            _abort(name, error, context)

    return stream


def _abort(name: str, error: Exception, context: grpc.ServicerContext) -> None:
    if _is_ended(context):
        raise error  # the handler has ended the call itself
    known = storage_error(error) if isinstance(error, DatabaseError) else error
    if isinstance(known, StigmerError):
        abort(context, known)  # no fault of ours, whether the client still waits or is gone
    if not context.is_active():
        raise error
    logger.error("%s failed", name, exc_info=error)
    context.abort(grpc.StatusCode.INTERNAL, "internal error; the log of component api has the details")


def _is_ended(context: Any) -> bool:  # Any: the stubs lack `code`, which servicer contexts have had since 1.45
    return context.code() is not None
