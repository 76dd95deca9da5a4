"""Text that one database keeps and another does not: the same answer on both, for every text of every RPC."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from google.protobuf import descriptor_pool, message_factory
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message

from apps.resources.registry import KINDS
from apps.resources.wire.codec import message_class
from apps.shared.message_json import is_map
from tests.suites.client import Api, Refused, unique
from tests.suites.wired import wired_services
from tests.support.databases import both_databases

NUL = "a\0b"
# Any below: descriptors have two classes, of which the stubs know one.
RPCS: list[MethodDescriptor] = [
    method
    for service in wired_services()
    for method in descriptor_pool.Default().FindServiceByName(service.full_name).methods
    if hasattr(service, method.name)
]


def with_one_text(message_class: type[Message], seen: tuple[str, ...] = ()) -> Iterator[Message]:
    """Messages of a class with a single text in them, each with it in another place."""
    name = message_class.DESCRIPTOR.full_name
    if name in seen or name == AnyMessage.DESCRIPTOR.full_name:
        return
    for field in message_class.DESCRIPTOR.fields:
        yield from in_field(message_class, field, (*seen, name))


def in_field(message_class: type[Message], field: Any, seen: tuple[str, ...]) -> Iterator[Message]:
    made: Any = message_class()
    held: Any = getattr(made, field.name)
    if is_map(field):
        value = field.message_type.fields_by_name["value"]
        _ = held[NUL] if value.message_type else held.update({NUL: value.default_value})
        yield made
        for inner in in_map(value, seen):
            made = message_class()
            target = getattr(made, field.name)
            if isinstance(inner, Message):
                target["key"].CopyFrom(inner)
            else:
                target["key"] = inner
            yield made
    elif field.message_type is not None:
        for inner in with_one_text(message_factory.GetMessageClass(field.message_type), seen):
            made = message_class()
            held = getattr(made, field.name)
            (held.add() if field.is_repeated else held).CopyFrom(inner)
            yield made
    elif field.type == field.TYPE_STRING:
        held.append(NUL) if field.is_repeated else setattr(made, field.name, NUL)
        yield made


def in_map(value: Any, seen: tuple[str, ...]) -> Iterator[Message | str]:
    if value.message_type is not None:
        yield from with_one_text(message_factory.GetMessageClass(value.message_type), seen)
    elif value.type == value.TYPE_STRING:
        yield NUL


def refusal_of(api: Api, rpc: MethodDescriptor, request: Message) -> Refused:
    method = f"{rpc.containing_service.full_name}.{rpc.name}"
    if not rpc.server_streaming:
        with pytest.raises(Refused) as caught:
            api.call(method, request)
        return caught.value
    with pytest.raises(grpc.RpcError) as error:
        list(api.stream(method, request))
    return Refused.from_error(error.value)


@both_databases
def test_a_text_with_nul_is_refused_with_its_place_wherever_it_stands(api: Api) -> None:
    count = 0
    for rpc in RPCS:
        for request in with_one_text(message_factory.GetMessageClass(rpc.input_type)):
            refused = refusal_of(api, rpc, request)
            assert refused.code is grpc.StatusCode.INVALID_ARGUMENT, (rpc.full_name, request, refused)
            assert len(refused.violations) == 1, (rpc.full_name, request, refused)
            assert "NUL" in refused.message
            count += 1
    assert count > 500


@both_databases
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_the_same_holds_for_a_resource_among_others(api: Api, kind: Any) -> None:
    good = api.of("Environment").envelope({"data": {}}, name=unique("good"))
    for envelope in with_one_text(message_class(kind)):
        with pytest.raises(Refused) as caught:
            api.batch([good, envelope])
        (place,) = caught.value.violations
        assert place.startswith("resources[1].")
        assert "NUL" in caught.value.message


@pytest.mark.parametrize(
    ("metadata", "spec", "place"),
    [
        ({"name": NUL}, {}, "metadata.name"),
        ({"tags": ["fine", NUL]}, {}, "metadata.tags[1]"),
        ({"labels": {"fine": NUL}}, {}, 'metadata.labels["fine"]'),
        ({"labels": {NUL: "fine"}}, {}, r'metadata.labels["a\0b"]'),
        ({}, {"data": {"KEY": {"value": NUL}}}, 'spec.data["KEY"].value'),
    ],
)
def test_its_place_is_the_one_that_people_have_written(
    api: Api, metadata: dict[str, Any], spec: dict[str, Any], place: str
) -> None:
    environments = api.of("Environment")
    with pytest.raises(Refused) as caught:
        environments.create(environments.envelope(spec, **{"name": unique("made"), **metadata}))
    assert list(caught.value.violations) == [place]


def test_the_place_in_a_free_form_object_is_that_of_json(api: Api) -> None:
    workflows = api.of("Workflow")
    task = {"name": "a", "kind": "WORKFLOW_TASK_KIND_SET", "task_config": {"variables": {"list": [{"x": NUL}]}}}
    document = {"dsl": "1.0.0", "namespace": "n", "name": "n", "version": "1.0.0"}
    with pytest.raises(Refused) as caught:
        workflows.create(workflows.envelope({"document": document, "tasks": [task]}, name=unique("flow")))
    assert list(caught.value.violations) == ["spec.tasks[0].task_config.variables.list[0].x"]


def test_bytes_that_are_no_text_may_have_any_of_them(api: Api) -> None:
    config = {"method": "POST", "endpoint": {"uri": "http://127.0.0.1:1/"}, "body": {"n": 2.0}}
    tasks = [{"name": "a", "kind": "WORKFLOW_TASK_KIND_HTTP_CALL", "task_config": config}]
    document = {"dsl": "1.0.0", "namespace": "n", "name": "n", "version": "1.0.0"}
    workflows = api.of("Workflow")
    envelope = workflows.envelope({"document": document, "tasks": tasks}, name=unique("flow"))
    assert b"\0" in envelope.SerializeToString()
    assert workflows.create(envelope)
    assert api.batch([envelope])
