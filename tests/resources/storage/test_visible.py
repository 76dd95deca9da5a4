"""The door of reads: whoever may not see a row is told nothing of it, by no look-up, page, write or call."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import grpc
import pytest
from django.db.models import Q
from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message

from apps.resources.api import permission, server
from apps.resources.base import Resource
from apps.resources.caller import LOCAL, SYSTEM, Caller
from apps.resources.errors import AlreadyExists, InvalidInput, NotFound
from apps.resources.executions import actions as runs
from apps.resources.executions import reading
from apps.resources.kind import Identity, Kind
from apps.resources.registry import AGENT_EXECUTION, BY_MODEL, BY_NAME, KINDS
from apps.resources.storage import lookup, paging
from apps.resources.storage.lookup import Reference
from apps.resources.writes import actions
from stigmer_site.handlers import grpc_handlers
from tests.support.databases import both_databases
from tests.support.ports import free_port
from tests.web import stored

pytestmark = [both_databases, pytest.mark.django_db(transaction=True)]
AGENT = BY_NAME["Agent"]
every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


@pytest.fixture(autouse=True)
def organization(transactional_db: None) -> None:
    actions.ensure_organization("local", "")


def blind_to(row: Resource) -> Caller:
    """Whoever sees everything but this."""
    hidden = BY_MODEL[type(row)].name
    return replace(LOCAL, sight=lambda kind: ~Q(pk=row.pk) if kind == hidden else Q())


@every_kind
def test_a_look_up_finds_a_row_only_for_who_may_see_it(kind: Kind) -> None:
    row = stored.one_of(kind, "hidden")
    for caller in (LOCAL, SYSTEM, replace(LOCAL, sight=lambda _: Q())):
        assert lookup.get_row(kind, row.pk, caller).pk == row.pk
        assert lookup.get_snapshot(kind, row.pk, caller) == bytes(row.snapshot)
        assert found_in_all_ways(kind, row, caller) == [True] * 5
    blind = blind_to(row)
    assert found_in_all_ways(kind, row, blind) == [False] * 5
    for look_up in (lookup.get_row, lookup.get_snapshot, lookup.must_exist):
        with pytest.raises(NotFound):
            look_up(kind, row.pk, blind)


def found_in_all_ways(kind: Kind, row: Resource, caller: Caller) -> list[bool]:
    identity = Identity(row.owner_scope, row.org, row.slug)
    return [
        lookup.find_row(kind, row.pk, caller) is not None,
        lookup.find_by_reference(kind, Reference(row.slug, row.owner_scope, row.org), caller) is not None,
        identity in lookup.rows_by_identity(kind, [identity], caller),
        row.pk in lookup.rows_by_id(kind, [row.pk], caller),
        lookup.visible_revisions(caller).filter(resource_id=row.pk).exists(),
    ]


def test_a_page_has_only_what_its_caller_may_see_and_is_full() -> None:
    rows = [stored.store("Agent", f"agent {number}") for number in range(5)]
    caller = blind_to(rows[3])
    first = paging.list_page(AGENT, lookup.visible(AGENT, caller), page_size=2, page_token="")
    second = paging.list_page(AGENT, lookup.visible(AGENT, caller), page_size=2, page_token=first.next_token)
    shown = [*first.snapshots, *second.snapshots]
    assert shown == [bytes(rows[number].snapshot) for number in (4, 2, 1, 0)]
    assert second.next_token == ""


def test_a_run_is_read_and_followed_only_by_who_may_see_it() -> None:
    run = stored.store("AgentExecution", "hidden")
    assert reading.events_after(AGENT_EXECUTION, run.pk, 0, LOCAL)
    assert not reading.has_ended(AGENT_EXECUTION, run.pk, LOCAL)
    blind = blind_to(run)
    for look_up in (reading.get_snapshot, reading.current, reading.has_ended):
        with pytest.raises(NotFound):
            look_up(AGENT_EXECUTION, run.pk, blind)
    with pytest.raises(NotFound):
        reading.events_after(AGENT_EXECUTION, run.pk, 0, blind)


def test_what_one_may_not_see_cannot_be_changed_deleted_or_ended() -> None:
    agent, run = stored.store("Agent", "hidden"), stored.store("AgentExecution", "hidden run")
    change = stored.draft("Agent", "hidden", {"instructions": "Something else entirely."})
    with pytest.raises(NotFound):
        actions.update(change, blind_to(agent))
    with pytest.raises(NotFound):
        actions.delete(AGENT, agent.pk, blind_to(agent))
    with pytest.raises(NotFound):
        runs.request_cancel(AGENT_EXECUTION, run.pk, "no", blind_to(run))
    with pytest.raises(NotFound):
        runs.set_status(AGENT_EXECUTION, run.pk, {"error": "no"}, blind_to(run))
    assert bytes(lookup.get_row(AGENT, agent.pk, LOCAL).snapshot) == bytes(agent.snapshot)


def test_a_name_is_taken_also_by_what_one_may_not_see() -> None:
    agent = stored.store("Agent", "hidden")
    again = stored.draft("Agent", "hidden", {"instructions": "Something else entirely."})
    for write in (actions.create, lambda draft, caller: actions.apply([draft], caller)):
        with pytest.raises(AlreadyExists):
            write(again, blind_to(agent))


def test_nothing_is_made_below_what_one_may_not_see() -> None:
    agent = stored.store("Agent", "hidden")
    instance = stored.draft("AgentInstance", "below", {"agent_id": agent.pk})
    with pytest.raises(InvalidInput, match="does not exist"):
        actions.create(instance, blind_to(agent))


READING = re.compile(r"get(?!Info)|list|find|subscribe|follow")
WRITING_BY_ID = frozenset({"delete", "updateStatus", "cancel"})
"""Other writes bring a whole resource; what they find is tested above."""
ID_FIELDS = frozenset({"id", "value", "resource_id", "execution_id", "session_id", "agent_id", "workflow_id"})
NOTHING_HERE = frozenset({grpc.StatusCode.NOT_FOUND, grpc.StatusCode.INVALID_ARGUMENT})


@pytest.fixture
def served() -> Iterator[Served]:
    endpoint = f"127.0.0.1:{free_port()}"
    running = server.serve(endpoint, grpc_handlers, workers=1, with_reflection=False)
    with grpc.insecure_channel(endpoint) as channel:
        yield Served(channel, running.wiring.names)
    running.stop()
    running.wait()


@pytest.mark.databases(
    "sqlite"
)  # the server's threads keep connections, which on PostgreSQL outlive the test's database
def test_whoever_sees_nothing_is_told_nothing_by_any_rpc(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [stored.one_of(kind, f"hidden {kind.name}") for kind in KINDS]
    told = served.told_of(rows, READING)
    assert {method.rpartition(".")[2] for method in told} >= {"get", "getByReference", "list", "find", "follow"}
    assert len(told) >= len(KINDS) * 2, "these requests find little: they show nothing"
    monkeypatch.setattr(permission, "authenticate", lambda _: replace(LOCAL, sight=lambda _: Q(pk="")))
    assert served.told_of(rows, READING) == set()
    assert served.told_of(rows, re.compile("|".join(WRITING_BY_ID))) == set()
    assert all(lookup.find_row(BY_MODEL[type(row)], row.pk, LOCAL) for row in rows)


@dataclass(frozen=True)
class Served:
    """A server in this process."""

    channel: grpc.Channel
    names: list[str]

    def told_of(self, rows: Sequence[Resource], wanted: re.Pattern[str]) -> set[str]:
        """The RPCs that answer something of one of `rows` when they are asked for it."""
        services = map(descriptor_pool.Default().FindServiceByName, self.names)
        methods = [method for service in services for method in service.methods if wanted.match(method.name)]
        return {
            method.full_name
            for method in methods
            for row in rows
            for request in requests_for(row, method)
            if self.tells(method, request, row)
        }

    def tells(self, method: MethodDescriptor, request: Message, row: Resource) -> bool:
        """Whether the answer has anything of `row`. Events do not name their run: any is as telling."""
        path = f"/{method.containing_service.full_name}/{method.name}"
        try:
            if method.server_streaming:
                stream: Any = self.channel.unary_stream(path, None, None)(request.SerializeToString(), timeout=30)
                has_any = next(stream, None) is not None
                stream.cancel()
                return has_any
            answer: bytes = self.channel.unary_unary(path, None, None)(request.SerializeToString(), timeout=30)
            return row.pk.encode() in answer
        except grpc.RpcError as refused:
            if refused.code() not in NOTHING_HERE:
                raise
            return False


def requests_for(row: Resource, method: MethodDescriptor) -> Iterator[Message]:
    """Requests of a method that name `row` in whatever way they can."""
    for way in ("id", "reference"):
        request: Any = message_factory.GetMessageClass(method.input_type)()
        fill(request, row, leave_out=way)
        yield request


def fill(request: Any, row: Resource, *, leave_out: str = "") -> None:  # Any: a request of any RPC
    values = {"slug": row.slug, "org": row.org or row.slug, "scope": row.owner_scope}
    for field in request.DESCRIPTOR.fields:
        if field.name == leave_out:
            continue
        if field.name in ID_FIELDS:
            setattr(request, field.name, row.pk)
        elif field.name in values:
            setattr(request, field.name, values[field.name])
        elif field.name == "kind" and field.enum_type is None:
            request.kind = BY_MODEL[type(row)].name
        elif field.name == "reference":
            fill(request.reference, row)
        elif field.name == "status":
            request.status.error = "no"
