"""A Backend over one gRPC channel.

Importing this module imports grpc, which takes tens of milliseconds: do it while something else runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import grpc

from apps.backends import grpc_errors, kinds
from apps.backends.base import Action, Applied, Envelope, Page, ServerFacts, TooLarge, Unsupported
from apps.backends.closed import ClosedChannel
from apps.backends.grpc_answers import applied, component, envelope

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from apps.backends.run_lists import RunPage, RunQuery
    from apps.backends.runs import Phase, RunEvent, StartRun, Stop
    from apps.backends.way import Way

MAX_MESSAGE_BYTES = 10 * 1024 * 1024
MAX_TRAILER_BYTES = 1024 * 1024
# Tells the server that it may send as much as that.
REQUEST_METADATA = (("stigmer-large-errors", "1"),)
# Ten thousand resources in one transaction take a slow disk well under a minute.
APPLY_SECONDS = 120.0
CALL_SECONDS = 30.0
# 100 MiB, and what a server does before it believes them.
SEND_SECONDS = 600.0
CHANNEL_OPTIONS = (
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    # Two hundred refused fields travel in the trailers, which are 8 KiB unless the client takes more.
    ("grpc.max_metadata_size", MAX_TRAILER_BYTES),
    ("grpc.absolute_max_metadata_size", MAX_TRAILER_BYTES),
    # A proxy of the environment must never see what is meant for this machine.
    ("grpc.enable_http_proxy", 0),
)
API = "/ai.stigmer.controlplane.v1."
RUNNER = "/ai.stigmer.agentic.workflowrunner.v1.WorkflowRunnerServiceController"
# Where the lists of the contract, which have no field for it, tell where the next page begins.
NEXT_PAGE_KEY = "stigmer-next-page-token"


def preload() -> None:
    """Import what an apply needs besides grpc, for callers that have time to spare."""
    from stigmer_proto.controlplane.v1 import batch_pb2  # noqa: F401


class GrpcBackend:
    """The Backend that a server with the published contract and our extension API gives."""

    def __init__(self, endpoint: str, token: str = "", way: Way | None = None) -> None:
        """`endpoint` is `host:port`, `token` what every call brings. Nothing is sent before the first call.

        `way` is how to speak to it: plain, and no questions asked when nobody answers, without one.
        """
        self.endpoint = endpoint
        self._metadata = (*REQUEST_METADATA, *((("authorization", f"Bearer {token}"),) if token else ()))
        self._explain = (lambda: way.trouble(endpoint)) if way else None
        make = way.channel if way else grpc.insecure_channel
        self._channel: Any = make(endpoint, options=CHANNEL_OPTIONS)

    def close(self) -> None:
        """Close the channel: calls raise Closed from then on, those under way as well."""
        channel, self._channel = self._channel, ClosedChannel()
        channel.close()

    def apply(self, resources: Sequence[Envelope], *, dry_run: bool, message: str) -> list[Applied]:
        """All of `resources` or none; one after the other where the server has no batch call."""
        from stigmer_proto.controlplane.v1 import batch_pb2

        request = batch_pb2.BatchApplyRequest(dry_run=dry_run, message=message)
        for resource in resources:
            request.resources.add(type_url=kinds.BY_NAME[resource.kind].type_url, value=resource.data)
        check_size(request.ByteSize(), resources)
        try:
            response = self.call("BatchController/apply", request, batch_pb2.BatchApplyResponse, seconds=APPLY_SECONDS)
        except Unsupported:
            if dry_run:
                raise
            return [self._apply_one(resource) for resource in resources]
        return [applied(result) for result in response.results]

    def _apply_one(self, resource: Envelope) -> Applied:
        """Apply by the service of the kind, which does not say what it did: compare with what was there."""
        kind = kinds.BY_NAME[resource.kind]
        service = f"/{kind.message_name}CommandController/apply"
        stored = kind.message_class().FromString(self._call_bytes(service, resource.data, seconds=APPLY_SECONDS))
        audit = stored.status.audit.spec_audit
        created = audit.event == "created" and audit.created_at == audit.updated_at
        return Applied(
            kind=kind.name,
            slug=stored.metadata.slug,
            org=stored.metadata.org,
            id=stored.metadata.id,
            action=Action.CREATED if created else Action.UPDATED,
        )

    def list_page(
        self,
        kind: str,
        *,
        org: str = "",
        project: str = "",
        labels: Mapping[str, str] | None = None,
        tags: Sequence[str] = (),
        page_size: int = 100,
        page_token: str = "",
        by_name: bool = False,
    ) -> Page:
        """One page, newest first."""
        from stigmer_proto.controlplane.v1 import resources_pb2

        request = resources_pb2.ListResourcesRequest(
            kind=kind,
            org=org,
            project=project,
            labels=labels,
            tags=tags,
            page_size=page_size,
            page_token=page_token,
            by_name=by_name,
        )
        response = self.call("ResourceController/list", request, resources_pb2.ListResourcesResponse)
        return Page(tuple(envelope(entry) for entry in response.entries), response.next_page_token)

    def get(
        self, kind: str, *, org: str = "", slug: str = "", resource_id: str = "", by_name: bool = False
    ) -> Envelope:
        """One resource, by id when there is one, else by slug."""
        from stigmer_proto.controlplane.v1 import resources_pb2

        request = resources_pb2.GetResourceRequest(kind=kind, by_name=by_name)
        if resource_id:
            request.id = resource_id
        else:
            request.reference.org = org
            request.reference.slug = slug
        try:
            return self._resource("ResourceController/get", request)
        except Unsupported:
            from apps.backends import grpc_contract

            asked = grpc_contract.get(kind, org=org, slug=slug, resource_id=resource_id)
            return Envelope(kind, self._call_bytes(asked.method, asked.request))

    def delete(self, kind: str, resource_id: str, *, force: bool = False, message: str = "") -> Envelope:
        """Delete one resource; what it was comes back."""
        from stigmer_proto.controlplane.v1 import resources_pb2

        request = resources_pb2.DeleteResourceRequest(kind=kind, id=resource_id, force=force, message=message)
        return self._resource("ResourceController/delete", request)

    def count_belongings(self, kind: str, resource_id: str) -> dict[str, int]:
        """In the order of the server: those right below first."""
        from stigmer_proto.controlplane.v1 import resources_pb2

        request = resources_pb2.CountBelongingsRequest(kind=kind, id=resource_id)
        answer = self.call("ResourceController/countBelongings", request, resources_pb2.CountBelongingsResponse)
        return {each.kind: each.count for each in answer.belongings}

    def create(self, resource: Envelope) -> Envelope:
        """By the service of the kind."""
        service = f"/{kinds.BY_NAME[resource.kind].message_name}CommandController/create"
        return Envelope(resource.kind, self._call_bytes(service, resource.data))

    def update(self, resource: Envelope) -> Envelope:
        """By the service of the kind."""
        service = f"/{kinds.BY_NAME[resource.kind].message_name}CommandController/update"
        return Envelope(resource.kind, self._call_bytes(service, resource.data))

    def start_run(self, wanted: StartRun) -> Envelope:
        """By the extension API, else by the service of the kind."""
        from apps.backends.grpc_start import encode

        try:
            return self._resource("RunController/start", encode(wanted))
        except Unsupported:
            from apps.backends import contract_start

            return contract_start.create_run(self, wanted)

    def rerun(self, execution_id: str, *, pinned: bool = False) -> Envelope:
        """By the extension API."""
        from stigmer_proto.controlplane.v1 import runs_pb2

        return self._resource("RunController/rerun", runs_pb2.RerunRequest(execution_id=execution_id, pinned=pinned))

    def retry(self, execution_id: str, *, task: str = "") -> Envelope:
        """By the extension API."""
        from stigmer_proto.controlplane.v1 import runs_pb2

        return self._resource("RunController/retry", runs_pb2.RetryRequest(execution_id=execution_id, task=task))

    def find_runs(self, query: RunQuery, *, page_size: int = 50, page_token: str = "") -> RunPage:
        """By the extension API."""
        from stigmer_proto.controlplane.v1 import runs_pb2

        from apps.backends.grpc_listing import decode, encode
        from apps.backends.run_lists import RunPage

        request = encode(query, page_size, page_token)
        answer = self.call("RunController/list", request, runs_pb2.ListRunsResponse)
        return RunPage(tuple(map(decode, answer.runs)), answer.next_page_token)

    def list_runs(self, kind: str, *, phase: Phase | None = None, page_size: int = 100, page_token: str = "") -> Page:
        """The contract's own list, which filters by phase."""
        wanted = {"page_size": page_size, "page_token": page_token, "phase": phase.number if phase else 0}
        return self.contract_page(kind, "list", f"List{kind}sRequest", **wanted)

    def list_session_runs(self, session_id: str, *, page_token: str = "") -> Page:
        """The contract's own list."""
        request = "ListAgentExecutionsBySessionRequest"
        wanted = {"page_size": 100, "page_token": page_token, "session_id": session_id}
        return self.contract_page("AgentExecution", "listBySession", request, **wanted)

    def contract_page(self, kind: str, method: str, request_name: str, **fields: Any) -> Page:
        """A page of a list of the contract: entries in a message, the next page's token in the trailers."""
        from importlib import import_module

        row = kinds.BY_NAME[kind]
        io = import_module(f"stigmer_proto.{row.package}.io_pb2")
        request = getattr(io, request_name)(**fields)
        call = self._channel.unary_unary(f"/{row.message_name}QueryController/{method}", None, None)
        try:
            reply, ended = call.with_call(request.SerializeToString(), timeout=CALL_SECONDS, metadata=self._metadata)
        except grpc.RpcError as error:
            raise grpc_errors.translate(error, self.endpoint, CALL_SECONDS, self._explain) from error
        listed = getattr(io, f"{kind}List").FromString(reply)
        entries = listed.items if hasattr(listed, "items") else listed.entries
        token = next((value for key, value in ended.trailing_metadata() if key == NEXT_PAGE_KEY), "")
        return Page(tuple(Envelope(kind, entry.SerializeToString()) for entry in entries), str(token))

    def cancel_run(self, execution_id: str, reason: str) -> Envelope:
        """Ask for the end of a run."""
        from stigmer_proto.controlplane.v1 import executions_pb2

        request = executions_pb2.CancelRunRequest(execution_id=execution_id, reason=reason)
        return self._resource("ExecutionController/cancel", request)

    def tell_runner(self, method: str, request: Any) -> None:  # Any: a message of the runner service
        """A call of the contract's runner service that answers nothing. Raises as `call`."""
        self._call_bytes(f"{RUNNER}/{method}", request.SerializeToString())

    def follow_run(self, execution_id: str, *, after: int = 0, stop: Stop | None = None) -> Iterator[RunEvent]:
        """A stream without a time limit. Closing the iterator ends the call."""
        from stigmer_proto.controlplane.v1 import executions_pb2

        from apps.backends.grpc_runs import decode

        request = executions_pb2.FollowRequest(execution_id=execution_id, after=after).SerializeToString()
        try:
            answers = self._stream(API + "ExecutionController/follow", request, executions_pb2.ExecutionEvents, stop)
            for answer in answers:
                yield from map(decode, answer.events)
        except Unsupported:
            yield from self._subscribe(execution_id, after, stop)

    def _subscribe(self, execution_id: str, after: int, stop: Stop | None) -> Iterator[RunEvent]:
        """The same by the contract alone, which repeats the whole run at every change."""
        from apps.backends import grpc_contract
        from apps.backends.run_kinds import kind_of_run

        asked = grpc_contract.subscribe(execution_id, kind_of_run(execution_id))
        return grpc_contract.events(self._stream(asked.method, asked.request, asked.answer, stop), after)

    def _stream(self, method: str, request: bytes, answer_class: Any, stop: Stop | None) -> Iterator[Any]:
        """Every answer of a stream, which has no time limit. Closing the iterator ends the call."""
        stream = self._channel.unary_stream(method, None, answer_class.FromString)(request, metadata=self._metadata)
        if stop is not None:
            stop.calls(stream.cancel)
        try:
            yield from stream
        except grpc.RpcError as error:
            raise grpc_errors.translate(error, self.endpoint, 0, self._explain) from error
        finally:
            stream.cancel()

    def server_info(self) -> ServerFacts:
        """Version, data directory and components of the server."""
        from stigmer_proto.controlplane.v1 import server_pb2

        info = self.call("ServerController/getInfo", server_pb2.GetServerInfoRequest(), server_pb2.ServerInfo)
        return ServerFacts(
            version=info.version,
            build=info.build,
            data_dir=info.data_dir,
            uptime=info.uptime_seconds,
            components=tuple(component(each) for each in info.components),
        )

    def call(self, method: str, request: Any, response_class: Any, *, seconds: float = CALL_SECONDS) -> Any:
        """Any call of the extension API, `RevisionController/list`; generated classes are known only at run time."""
        reply = self._call_bytes(API + method, request.SerializeToString(), seconds=seconds)
        return response_class.FromString(reply)

    def send(self, method: str, requests: Iterator[Any], response_class: Any) -> Any:
        """As `call`, of a method to which the client streams."""
        try:
            reply: bytes = self._channel.stream_unary(API + method, None, None)(
                (request.SerializeToString() for request in requests), timeout=SEND_SECONDS, metadata=self._metadata
            )
        except grpc.RpcError as error:
            raise grpc_errors.translate(error, self.endpoint, SEND_SECONDS, self._explain) from error
        return response_class.FromString(reply)

    def receive(self, method: str, request: Any, answer_class: Any, stop: Stop | None = None) -> Iterator[Any]:
        """As `call`, of a method that streams its answers, until `stop` is set."""
        return self._stream(API + method, request.SerializeToString(), answer_class, stop)

    def _resource(self, method: str, request: Any) -> Envelope:
        """As `call`, of a method that answers one resource."""
        from google.protobuf import any_pb2

        return envelope(self.call(method, request, any_pb2.Any))

    def _call_bytes(self, method: str, request: bytes, *, seconds: float = CALL_SECONDS) -> bytes:
        try:
            reply: bytes = self._channel.unary_unary(method, None, None)(
                request, timeout=seconds, metadata=self._metadata
            )
        except grpc.RpcError as error:
            raise grpc_errors.translate(error, self.endpoint, seconds, self._explain) from error
        return reply


def check_size(total: int, resources: Sequence[Envelope]) -> None:
    """Raise TooLarge when a request of `total` bytes would not fit, naming its largest resource."""
    if total <= MAX_MESSAGE_BYTES:
        return
    largest = max(resources, key=lambda resource: len(resource.data))
    mib = 1024 * 1024
    raise TooLarge(
        f"the resources take {total / mib:.1f} MiB together, and a call carries at most"
        f" {MAX_MESSAGE_BYTES // mib} MiB; the largest is one {largest.kind} of {len(largest.data) / mib:.1f} MiB",
        hint="Move long texts out of the resource, or apply the files in several calls with `stigmer apply -f FILE`",
    )
