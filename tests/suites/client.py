"""A client of the published contract, as thin as one can be: what it shows is what is on the wire."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from types import TracebackType
from typing import Any, cast

import grpc
from google.protobuf import descriptor_pool, json_format, message_factory
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import Message
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from stigmer_proto.controlplane.v1 import batch_pb2, executions_pb2, projects_pb2, resources_pb2, server_pb2

from apps.resources.json_value import Json
from apps.resources.kind import Kind
from apps.resources.registry import BY_MESSAGE, BY_NAME
from apps.resources.wire.codec import message_class

Envelope = Any  # the messages of the kinds share field names but have classes of their own
EXTENSION = "ai.stigmer.controlplane.v1"
CALL_SECONDS = 30.0
LARGE_ERRORS = ("stigmer-large-errors", "1")

_numbers = itertools.count(1)


@dataclass
class Refused(Exception):
    """A call that ended with an error status, its details taken apart."""

    code: grpc.StatusCode
    message: str
    reason: str = ""
    facts: dict[str, str] = field(default_factory=dict)
    violations: dict[str, str] = field(default_factory=dict)
    """Description by field path."""

    @classmethod
    def from_error(cls, error: grpc.RpcError) -> Refused:
        refused = cls(error.code(), error.details() or "")
        status = rpc_status.from_call(error)  # type: ignore[arg-type]  # what a call raises is the call, too
        for detail in status.details if status else ():
            info, request = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
            if detail.Unpack(info):
                refused.reason, refused.facts = info.reason, dict(info.metadata)
            elif detail.Unpack(request):
                refused.violations = {each.field: each.description for each in request.field_violations}
        return refused


class Api:
    """Calls one server, with an API key where it asks for one. Every refusal is raised as `Refused`."""

    def __init__(
        self,
        endpoint: str,
        *,
        key: str = "",
        options: Sequence[tuple[str, Any]] = (),
        trust: grpc.ChannelCredentials | None = None,
    ) -> None:
        large = ("grpc.max_metadata_size", 1024 * 1024)
        self.endpoint, self.key = endpoint, (("authorization", f"Bearer {key}"),) if key else ()
        options = [large, *options]
        self.channel = (
            grpc.secure_channel(endpoint, trust, options) if trust else grpc.insecure_channel(endpoint, options)
        )

    def call(self, method: str, request: Message, *, metadata: Iterable[tuple[str, str]] = ()) -> Any:
        """Call `package.Service.method`; the classes follow from the contract."""
        try:
            return self._stub(method)(request, timeout=CALL_SECONDS, metadata=(LARGE_ERRORS, *self.key, *metadata))
        except grpc.RpcError as error:
            raise Refused.from_error(error) from None

    def start(self, method: str, request: Message) -> Any:
        """As `call`, but answers a future at once."""
        return self._stub(method).future(request, timeout=CALL_SECONDS)

    def stream(self, method: str, request: Message, *, seconds: float = CALL_SECONDS) -> Any:
        """An iterator of answers, as gRPC gives it, for at most so many seconds."""
        path, answer_class = self._rpc(method)
        stub = self.channel.unary_stream(
            path,
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=answer_class.FromString,
        )
        return stub(request, timeout=seconds, metadata=self.key)

    def send(self, method: str, requests: Iterable[Message]) -> Any:
        """Call a method to which the client streams."""
        path, answer_class = self._rpc(method)
        stub = self.channel.stream_unary(
            path,
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=answer_class.FromString,
        )
        try:
            return stub(iter(requests), timeout=CALL_SECONDS, metadata=(LARGE_ERRORS,))
        except grpc.RpcError as error:
            raise Refused.from_error(error) from None

    def follow(self, execution_id: str, after: int = 0) -> Iterator[executions_pb2.ExecutionEvent]:
        """The events of a run, as they come. Closing the iterator ends the call."""
        request = executions_pb2.FollowRequest(execution_id=execution_id, after=after)
        stream = self.stream(f"{EXTENSION}.ExecutionController.follow", request)
        try:
            for answer in stream:
                yield from answer.events
        finally:
            stream.cancel()

    def _stub(self, method: str) -> Any:
        path, answer_class = self._rpc(method)
        return self.channel.unary_unary(
            path,
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=answer_class.FromString,
        )

    def _rpc(self, method: str) -> tuple[str, type[Message]]:
        """The path of an RPC on the wire, and the class of its answer."""
        service_name, _, name = method.rpartition(".")
        rpc = descriptor_pool.Default().FindServiceByName(service_name).methods_by_name[name]
        return f"/{service_name}/{name}", message_factory.GetMessageClass(rpc.output_type)

    def of(self, kind: str) -> KindApi:
        return KindApi(self, BY_NAME[kind])

    def batch(
        self, envelopes: Iterable[Envelope], *, dry_run: bool = False, message: str = ""
    ) -> list[batch_pb2.AppliedResource]:
        request = batch_pb2.BatchApplyRequest(dry_run=dry_run, message=message)
        for envelope in envelopes:
            request.resources.add().Pack(envelope)
        return list(self.call(f"{EXTENSION}.BatchController.apply", request).results)

    def apply_as(self, project: str, envelopes: Iterable[Envelope], **options: Any) -> batch_pb2.BatchApplyResponse:
        """Apply as a project; the other fields of the request are `options`."""
        request = batch_pb2.BatchApplyRequest(project=project, **options)
        for envelope in envelopes:
            request.resources.add().Pack(envelope)
        answer: batch_pb2.BatchApplyResponse = self.call(f"{EXTENSION}.BatchController.apply", request)
        return answer

    def destroy(self, project: str, **options: Any) -> projects_pb2.DestroyPlan:
        request = projects_pb2.DestroyProjectRequest(name=project, **options)
        answer: projects_pb2.DestroyPlan = self.call(f"{EXTENSION}.ProjectController.destroy", request)
        return answer

    def project(self, name: str) -> projects_pb2.Project:
        request = projects_pb2.GetProjectRequest(name=name)
        answer: projects_pb2.Project = self.call(f"{EXTENSION}.ProjectController.get", request)
        return answer

    def page(self, kind: str, **options: Any) -> resources_pb2.ListResourcesResponse:
        request = resources_pb2.ListResourcesRequest(kind=kind, **options)
        answer: resources_pb2.ListResourcesResponse = self.call(f"{EXTENSION}.ResourceController.list", request)
        return answer

    def info(self) -> server_pb2.ServerInfo:
        answer: server_pb2.ServerInfo = self.call(
            f"{EXTENSION}.ServerController.getInfo", server_pb2.GetServerInfoRequest()
        )
        return answer

    def close(self) -> None:
        self.channel.close()

    def __enter__(self) -> Api:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class KindApi:
    """The services of one kind."""

    def __init__(self, api: Api, kind: Kind) -> None:
        self.api, self.kind = api, kind
        for module in ("command_pb2", "query_pb2"):  # they declare the services
            import_module(f"stigmer_proto.{kind.package.removeprefix('ai.stigmer.')}.{module}")

    def envelope(self, spec: dict[str, Json] | None, **metadata: Json) -> Envelope:
        """A complete envelope of an organization's resource; `metadata` adds to or replaces its metadata."""
        given = {"owner_scope": "organization", **metadata}
        content = {"api_version": self.kind.api_version, "kind": self.kind.name, "metadata": given}
        if spec is not None:
            content["spec"] = spec
        return json_format.ParseDict(content, message_class(self.kind)())

    def call(self, verb: str, request: Message) -> Any:
        """Any RPC of the kind: its verbs are unique."""
        commands = descriptor_pool.Default().FindServiceByName(f"{self.kind.package}.{self.kind.name}CommandController")
        return (self.command if verb in commands.methods_by_name else self.query)(verb, request)

    def command(self, verb: str, request: Message) -> Envelope:
        return self.api.call(f"{self.kind.package}.{self.kind.name}CommandController.{verb}", request)

    def query(self, verb: str, request: Message) -> Any:
        return self.api.call(f"{self.kind.package}.{self.kind.name}QueryController.{verb}", request)

    def create(self, envelope: Envelope) -> Envelope:
        return self.command("create", envelope)

    def apply(self, envelope: Envelope) -> Envelope:
        return self.command("apply", envelope)

    def update(self, envelope: Envelope) -> Envelope:
        return self.command("update", envelope)

    def delete(self, resource_id: str) -> Envelope:
        return self.command("delete", self.delete_request(resource_id))

    def delete_request(self, resource_id: str) -> Message:
        """The contract names the id by either of two fields."""
        empty: Any = self.request("Command", "delete")
        field = "resource_id" if "resource_id" in empty.DESCRIPTOR.fields_by_name else "value"
        setattr(empty, field, resource_id)
        return cast("Message", empty)

    def get(self, resource_id: str) -> Envelope:
        return self.query("get", self.request("Query", "get", value=resource_id))

    def find(self, slug: str, **reference: Json) -> Envelope:
        """getByReference."""
        return self.query("getByReference", self.request("Query", "getByReference", slug=slug, **reference))

    def request(self, side: str, verb: str, **fields: Json) -> Message:
        """The request of one RPC of this kind."""
        name = f"{self.kind.package}.{self.kind.name}{side}Controller"
        rpc = descriptor_pool.Default().FindServiceByName(name).methods_by_name[verb]
        return json_format.ParseDict(fields, message_factory.GetMessageClass(rpc.input_type)())


def opened(packed: AnyMessage) -> Envelope:
    """The envelope inside an answer of the extension API."""
    return message_class(BY_MESSAGE[packed.TypeName()]).FromString(packed.value)


def unique(word: str) -> str:
    """A name that no other test of this session uses, nor one that begins with it: `word-0007`."""
    return f"{word}-{next(_numbers):04}"


def used_by(api: Api, envelope: Envelope) -> list[str]:
    """What refers to a resource: `Workflow report`."""
    request = resources_pb2.UsedByRequest(kind=envelope.kind, id=envelope.metadata.id)
    answer = api.call(f"{EXTENSION}.ResourceController.usedBy", request)
    return [f"{user.kind} {user.slug}" for user in answer.users]
