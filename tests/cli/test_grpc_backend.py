"""The Backend over gRPC, against small servers that behave badly in one way each."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, cast

import grpc
import pytest
from google.protobuf import any_pb2, json_format
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status
from stigmer_proto.agentic.agent.v1 import api_pb2
from stigmer_proto.agentic.workflowexecution.v1 import api_pb2 as execution_pb2
from stigmer_proto.controlplane.v1 import batch_pb2, runs_pb2

from apps.backends import base, grpc_answers, grpc_backend
from apps.backends.base import Action, Envelope
from apps.backends.client.declared import declared_envelope
from apps.backends.grpc_backend import GrpcBackend
from apps.backends.grpc_start import encode
from apps.backends.runs import StartRun
from apps.backends.targets import Target
from apps.resources.api import status
from apps.resources.errors import StigmerError
from cli.errors import exit_code, render
from cli.exits import Exit
from cli.runs.run_input import Input
from cli.runs.runtime_env import Value
from cli.runs.start import Wish, create_run
from tests.support.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Behave = Callable[[bytes, grpc.ServicerContext], bytes]
    Serve = Callable[[dict[str, Behave]], GrpcBackend]

START = "/ai.stigmer.controlplane.v1.RunController/start"
CREATE = "/ai.stigmer.agentic.{0}execution.v1.{1}ExecutionCommandController/create"
BATCH = "/ai.stigmer.controlplane.v1.BatchController/apply"
AGENT = "/ai.stigmer.agentic.agent.v1.AgentCommandController/apply"
GET = "/ai.stigmer.controlplane.v1.ResourceController/get"
COUNT = "/ai.stigmer.controlplane.v1.ResourceController/countBelongings"


class Handler(grpc.GenericRpcHandler):  # type: ignore[type-arg]  # generic in the stubs only
    """Answers by a table of methods; what is not in it is UNIMPLEMENTED."""

    def __init__(self, methods: dict[str, Behave]) -> None:
        self.methods = methods

    def service(self, handler_call_details: Any) -> Any:  # grpc's own untyped classes
        behave = self.methods.get(handler_call_details.method)
        return grpc.unary_unary_rpc_method_handler(behave) if behave else None


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts a server with the given methods and connects to it."""
    ends: list[Callable[[], object]] = []

    def start(methods: dict[str, Behave]) -> GrpcBackend:
        server = grpc.server(ThreadPoolExecutor(2), maximum_concurrent_rpcs=4)
        port = server.add_insecure_port("127.0.0.1:0")
        server.add_generic_rpc_handlers((Handler(methods),))
        server.start()
        backend = GrpcBackend(f"127.0.0.1:{port}")
        ends.extend((backend.close, lambda: server.stop(None).wait(5)))
        return backend

    yield start
    for end in ends:
        end()


def agent(name: str) -> Envelope:
    message = api_pb2.Agent(api_version="agentic.stigmer.ai/v1", kind="Agent")
    message.metadata.name = name
    return Envelope("Agent", message.SerializeToString())


def failing(code: grpc.StatusCode, text: str) -> Behave:
    def behave(_request: bytes, context: grpc.ServicerContext) -> bytes:
        context.abort(code, text)
        raise AssertionError("abort raises")

    return behave


def refusing(*violations: tuple[str, str], reason: str = "stigmer.input.invalid", hint: str = "") -> Behave:
    def behave(_request: bytes, context: grpc.ServicerContext) -> bytes:
        status = status_pb2.Status(code=code_pb2.INVALID_ARGUMENT, message="the request is not valid.")
        info = error_details_pb2.ErrorInfo(reason=reason, domain="stigmer.ai", metadata={"hint": hint})
        bad = error_details_pb2.BadRequest()
        for field, description in violations:
            bad.field_violations.add(field=field, description=description)
        for detail in (info, bad):
            status.details.add().Pack(detail)
        context.abort_with_status(rpc_status.to_status(status))
        raise AssertionError("abort raises")

    return behave


@pytest.mark.parametrize(
    ("code", "expected", "exit"),
    [
        (grpc.StatusCode.NOT_FOUND, base.NotFound, Exit.NOT_FOUND),
        (grpc.StatusCode.ALREADY_EXISTS, base.Conflict, Exit.CONFLICT),
        (grpc.StatusCode.FAILED_PRECONDITION, base.Conflict, Exit.CONFLICT),
        (grpc.StatusCode.ABORTED, base.Conflict, Exit.CONFLICT),
        (grpc.StatusCode.UNAUTHENTICATED, base.Unauthenticated, Exit.AUTHENTICATION),
        (grpc.StatusCode.PERMISSION_DENIED, base.Forbidden, Exit.AUTHENTICATION),
        (grpc.StatusCode.INVALID_ARGUMENT, base.Invalid, Exit.FAILED),
        (grpc.StatusCode.OUT_OF_RANGE, base.Invalid, Exit.FAILED),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, base.TooLarge, Exit.FAILED),
        (grpc.StatusCode.UNAVAILABLE, base.Unreachable, Exit.FAILED),
        (grpc.StatusCode.UNIMPLEMENTED, base.Unsupported, Exit.FAILED),
        (grpc.StatusCode.INTERNAL, base.ServerFault, Exit.FAILED),
        (grpc.StatusCode.UNKNOWN, base.ServerFault, Exit.FAILED),
        (grpc.StatusCode.DATA_LOSS, base.ServerFault, Exit.FAILED),
    ],
)
def test_every_status_has_a_class_and_an_exit_code(
    serve: Serve,
    code: grpc.StatusCode,
    expected: type[base.CallFailed],
    exit: Exit,  # noqa: A002
) -> None:
    backend = serve({COUNT: failing(code, "it is so.")})
    with pytest.raises(base.CallFailed) as caught:
        backend.count_belongings("Agent", "agt-1")
    assert type(caught.value) is expected
    assert exit_code(caught.value) is exit
    assert caught.value.reason == expected.reason
    if code is not grpc.StatusCode.UNAVAILABLE:
        assert str(caught.value) == "it is so"


# What becomes of each reason of the server: the class that programs branch on, the exit code that scripts read.
OF_REASON = {
    "stigmer.request.invalid": (base.Invalid, Exit.FAILED),
    "stigmer.resource.not_found": (base.NotFound, Exit.NOT_FOUND),
    "stigmer.resource.already_exists": (base.Conflict, Exit.CONFLICT),
    "stigmer.resource.stale_version": (base.Conflict, Exit.CONFLICT),
    "stigmer.resource.protected": (base.Conflict, Exit.CONFLICT),
    "stigmer.resource.still_used": (base.Conflict, Exit.CONFLICT),
    "stigmer.resource.live_executions": (base.Conflict, Exit.CONFLICT),
    "stigmer.revision.not_found": (base.NotFound, Exit.NOT_FOUND),
    "stigmer.watch.position_gone": (base.Conflict, Exit.CONFLICT),
    "stigmer.project.owned_elsewhere": (base.Conflict, Exit.CONFLICT),
    "stigmer.project.needed_elsewhere": (base.Conflict, Exit.CONFLICT),
    "stigmer.project.stale_plan": (base.Conflict, Exit.CONFLICT),
    "stigmer.skill.artifact_missing": (base.Conflict, Exit.CONFLICT),
    "stigmer.skill.artifact_too_large": (base.TooLarge, Exit.FAILED),
    "stigmer.execution.skill_missing": (base.Conflict, Exit.CONFLICT),
    "stigmer.caller.not_signed_in": (base.Unauthenticated, Exit.AUTHENTICATION),
    "stigmer.permission.denied": (base.Forbidden, Exit.AUTHENTICATION),
    "stigmer.permission.last_owner": (base.Conflict, Exit.CONFLICT),
    "stigmer.execution.illegal_transition": (base.Conflict, Exit.CONFLICT),
    "stigmer.execution.signal_differs": (base.Conflict, Exit.CONFLICT),
    "stigmer.execution.too_many_signals": (base.Conflict, Exit.CONFLICT),
    "stigmer.execution.not_retryable": (base.Conflict, Exit.CONFLICT),
    "stigmer.execution.document_unsupported": (base.Conflict, Exit.CONFLICT),
    "stigmer.execution.lease_lost": (base.Conflict, Exit.CONFLICT),
    "stigmer.execution.environment_missing": (base.Conflict, Exit.CONFLICT),
    "stigmer.execution.secret_unset": (base.Conflict, Exit.CONFLICT),
    "stigmer.execution.secret_unreadable": (base.ServerImpaired, Exit.FAILED),
    "stigmer.execution.engine_unavailable": (base.NotReady, Exit.FAILED),
    "stigmer.server.stopping": (base.NotReady, Exit.FAILED),
    "stigmer.storage.busy": (base.NotReady, Exit.FAILED),
    "stigmer.storage.unreachable": (base.NotReady, Exit.FAILED),
    "stigmer.storage.too_many_connections": (base.NotReady, Exit.FAILED),
    "stigmer.storage.out_of_memory": (base.NotReady, Exit.FAILED),
    "stigmer.storage.migrations_pending": (base.NotReady, Exit.FAILED),
    "stigmer.storage.full": (base.ServerImpaired, Exit.FAILED),
    "stigmer.storage.quota": (base.ServerImpaired, Exit.FAILED),
    "stigmer.storage.file_limit": (base.ServerImpaired, Exit.FAILED),
    "stigmer.server.too_many_streams": (base.NotReady, Exit.FAILED),
    "stigmer.storage.read_only": (base.ServerImpaired, Exit.FAILED),
    "stigmer.storage.damaged": (base.ServerImpaired, Exit.FAILED),
    "stigmer.storage.server_damaged": (base.ServerImpaired, Exit.FAILED),
    "stigmer.storage.emptied": (base.ServerImpaired, Exit.FAILED),
    "stigmer.storage.too_new": (base.ServerImpaired, Exit.FAILED),
    "stigmer.secrets.key_file_damaged": (base.ServerImpaired, Exit.FAILED),
    "stigmer.server.address_in_use": (base.ServerImpaired, Exit.FAILED),
    "stigmer.caller.foreign_user": (base.Forbidden, Exit.AUTHENTICATION),
    "stigmer.caller.token_required": (base.Unauthenticated, Exit.AUTHENTICATION),
}


def test_the_reason_decides_the_class_and_the_exit_code(serve: Serve) -> None:
    told = {}
    for kind in status.CODES:
        error = kind.__new__(kind)  # without what its own sentence takes
        vars(error).update(message="it is so", hint="Do this", violations=[])
        with pytest.raises(base.CallFailed) as caught:
            serve({GET: raising(error)}).get("Agent", slug="a")
        told[kind.reason] = (type(caught.value), exit_code(caught.value))
        assert (str(caught.value), caught.value.hint, caught.value.reason) == ("it is so", "Do this", kind.reason)
    assert told == OF_REASON


def raising(error: StigmerError) -> Behave:
    """What the real server makes of `error`."""

    def behave(_request: bytes, context: grpc.ServicerContext) -> bytes:
        status.abort(context, error)

    return behave


def test_a_reason_of_a_newer_server_is_kept_and_the_code_decides(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    class QuotaReached(StigmerError):
        reason = "stigmer.tomorrow.quota_reached"

    monkeypatch.setitem(status.CODES, QuotaReached, grpc.StatusCode.PERMISSION_DENIED)
    backend = serve({GET: raising(QuotaReached("no more"))})
    with pytest.raises(base.Forbidden) as caught:
        backend.get("Agent", slug="a")
    assert caught.value.reason == "stigmer.tomorrow.quota_reached"


def test_every_refused_field_arrives_with_reason_and_hint(serve: Serve) -> None:
    many = [(f"resources[0].spec.tasks[{number}].kind", "is not known " * 5) for number in range(200)]
    backend = serve({BATCH: refusing(*many, hint="Read the reference")})
    with pytest.raises(base.Invalid) as caught:
        backend.apply([agent("a")], dry_run=False, message="")
    assert [(each.path, each.message) for each in caught.value.violations] == many
    assert (caught.value.reason, caught.value.hint) == ("stigmer.input.invalid", "Read the reference")
    text = render(caught.value).splitlines()
    assert text[0] == "error: the request is not valid"
    assert len([line for line in text if line.startswith("  resources[0]")]) == 200
    assert text[-2:] == ["", "hint: Read the reference"]


def test_details_that_cannot_be_read_leave_the_sentence(serve: Serve) -> None:
    def behave(_request: bytes, context: grpc.ServicerContext) -> bytes:
        context.set_trailing_metadata((("grpc-status-details-bin", b"\xff\xff\xff"),))
        context.abort(grpc.StatusCode.INVALID_ARGUMENT, "no good")
        raise AssertionError("abort raises")

    with pytest.raises(base.Invalid, match=r"^no good$") as caught:
        serve({GET: behave}).get("Agent", slug="a")
    assert caught.value.violations == ()


def test_nobody_there_is_told_with_the_address() -> None:
    backend = GrpcBackend(f"127.0.0.1:{free_port()}")
    with pytest.raises(base.Unreachable, match=r"nobody answers at 127\.0\.0\.1:") as caught:
        backend.server_info()
    backend.close()
    assert "stigmer server status" in caught.value.hint


def test_a_server_that_hangs_is_left_after_the_deadline(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    def behave(_request: bytes, context: grpc.ServicerContext) -> bytes:
        while context.is_active():
            time.sleep(0.01)
        return b""

    monkeypatch.setattr(grpc_backend, "APPLY_SECONDS", 0.2)
    with pytest.raises(base.TimedOut) as caught:
        serve({BATCH: behave}).apply([agent("a")], dry_run=False, message="")
    assert exit_code(caught.value) is Exit.TIMEOUT


def test_without_a_batch_call_each_resource_is_applied_by_its_own_service(serve: Serve) -> None:
    def behave(request: bytes, _context: grpc.ServicerContext) -> bytes:
        stored = api_pb2.Agent.FromString(request)
        stored.metadata.slug = stored.metadata.name
        stored.metadata.id = "agt-1"
        stored.status.audit.spec_audit.event = "created" if stored.metadata.name == "new" else "updated"
        return stored.SerializeToString()

    backend = serve({AGENT: behave})
    results = backend.apply([agent("new"), agent("old")], dry_run=False, message="")
    assert [(each.slug, each.action) for each in results] == [("new", Action.CREATED), ("old", Action.UPDATED)]
    with pytest.raises(base.Unsupported):
        backend.apply([agent("new")], dry_run=True, message="")


def test_what_the_batch_answers_is_passed_on_in_full(serve: Serve) -> None:
    def behave(request: bytes, _context: grpc.ServicerContext) -> bytes:
        received = batch_pb2.BatchApplyRequest.FromString(request)
        assert (received.dry_run, received.message) == (True, "because")
        response = batch_pb2.BatchApplyResponse()
        result = response.results.add(kind="Agent", slug="a", org="local", id="agt-1", warnings=["careful"])
        result.action = batch_pb2.APPLY_ACTION_UPDATED
        result.changes.add(path="spec.description", before_json='"x"', after_json='"y"')
        return response.SerializeToString()

    (result,) = serve({BATCH: behave}).apply([agent("a")], dry_run=True, message="because")
    assert result == base.Applied(
        "Agent", "a", "local", "agt-1", Action.UPDATED, (base.Change("spec.description", '"x"', '"y"'),), ("careful",)
    )


def test_what_cannot_fit_is_not_sent(serve: Serve) -> None:
    backend = serve({BATCH: lambda _request, _context: b""})
    large = Envelope("Agent", b"x" * (grpc_backend.MAX_MESSAGE_BYTES + 1))
    with pytest.raises(base.TooLarge, match=r"the largest is one Agent of 10\.0 MiB"):
        backend.apply([agent("a"), large], dry_run=False, message="")


def test_the_numbers_of_the_actions_are_those_of_the_contract() -> None:
    for name, number in batch_pb2.ApplyAction.items():
        word = name.removeprefix("APPLY_ACTION_").lower()
        assert grpc_answers.ACTIONS[number].value == ("unchanged" if word == "unspecified" else word)


def echoing(seen: list[bytes]) -> Behave:
    def behave(request: bytes, _context: grpc.ServicerContext) -> bytes:
        seen.append(request)
        return request

    return behave


def test_a_server_of_the_contract_alone_gets_runs_by_create(serve: Serve) -> None:
    seen: list[bytes] = []
    backend = serve(
        {CREATE.format("workflow", "Workflow"): echoing(seen), CREATE.format("agent", "Agent"): echoing(seen)}
    )
    workflow, agent = Target("Workflow", "wfl-1", "flow"), Target("Agent", "agt-1", "agent")
    environment = {"KEY": Value("told", is_secret=True)}
    text = Wish(message="now", inputs={"day": Input("monday", is_text=True)}, environment=environment)
    flow = create_run(backend, workflow, text, "local").message
    assert (flow.spec.workflow_id, flow.spec.trigger_message) == ("wfl-1", "now")
    assert dict(flow.spec.trigger_metadata) == {"day": "monday"}
    assert (flow.spec.runtime_env["KEY"].value, flow.spec.runtime_env["KEY"].is_secret) == ("told", True)
    said = create_run(backend, agent, Wish(message="hi", model="m", session_id="ses-1"), "local").message
    assert (said.spec.agent_id, said.spec.session_id, said.spec.message) == ("agt-1", "ses-1", "hi")
    assert said.spec.execution_config.model_name == "m"
    with pytest.raises(base.Unsupported, match="which has no input that is no text"):
        create_run(backend, workflow, Wish(inputs={"n": Input(7)}), "local")
    assert len(seen) == 2


def test_a_run_is_started_with_its_input_as_it_is(serve: Serve) -> None:
    seen: list[bytes] = []

    def behave(request: bytes, _context: grpc.ServicerContext) -> bytes:
        seen.append(request)
        run = any_pb2.Any()
        run.Pack(execution_pb2.WorkflowExecution())
        return run.SerializeToString()

    backend = serve({START: behave})
    inputs = {"day": Input("monday", is_text=True), "n": Input(7), "who": Input({"ids": [1]})}
    create_run(backend, Target("WorkflowInstance", "win-1", "flow"), Wish(inputs=inputs), "local")
    request = runs_pb2.StartRunRequest.FromString(seen[0])
    assert (request.workflow_instance, dict(request.input_texts)) == ("win-1", {"day": "monday"})
    assert json_format.MessageToDict(request.input) == {"n": 7, "who": {"ids": [1]}}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (2**60 + 1, "the number 1152921504606846977 would lose digits; give it as text"),
        ([float("nan")], "nan is no value of JSON"),
        ("\ud83d", 'the text "\\ud83d" has half of a character in it'),
        (b"x", "a bytes is nothing that JSON has"),
        ({0: 2}, "0 is no text, and cannot be a name"),
    ],
)
def test_input_that_would_not_arrive_as_it_is_is_not_sent(value: object, said: str) -> None:
    with pytest.raises(base.Invalid) as caught:
        encode(StartRun(input={"n": value}))
    assert str(caught.value) == f"input.n: {said}"
    assert [(each.path, each.message) for each in caught.value.violations] == [("input.n", said)]


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (StartRun(message="\ud83d"), 'message: the text "\\ud83d" has half of a character in it'),
        (StartRun(session=cast("str", None)), "session: a NoneType is no text"),
        (StartRun(runtime_env={"A": (cast("str", 5), False)}), "runtime_env.A: a int is no text"),
        (StartRun(labels={cast("str", 1): "x"}), "a name in labels: a int is no text"),
        (StartRun(environments=("a", "\ude00")), 'environments[1]: the text "\\ude00" has half of a character in it'),
    ],
)
def test_what_is_no_text_that_can_be_sent_is_refused_in_words(wanted: StartRun, said: str) -> None:
    with pytest.raises(base.Invalid) as caught:
        encode(wanted)
    assert str(caught.value) == said


@pytest.mark.parametrize("declared", [{"kind": "Agent"}, None, [], runs_pb2.StartRunRequest()])
def test_what_is_no_resource_is_refused_in_words(declared: object) -> None:
    with pytest.raises(base.Invalid, match="cannot be applied: give agents and workflows of the SDK"):
        declared_envelope(declared, "local")
