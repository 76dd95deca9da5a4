"""Checks the free-form `task_config` of each task against the contract's message for its kind."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Any, cast

from google.protobuf import json_format
from google.protobuf.message import Message

from apps.resources.errors import Violation
from apps.resources.json_value import Json
from apps.resources.wire.json_form import to_json
from apps.resources.wire.validation import contract_violations

PREFIX = "WORKFLOW_TASK_KIND_"
# Task kind: its module in the contract's `tasks` package, and its message.
CONFIGS = {
    "SET": ("set_pb2", "SetTaskConfig"),
    "HTTP_CALL": ("http_call_pb2", "HttpCallTaskConfig"),
    "GRPC_CALL": ("grpc_call_pb2", "GrpcCallTaskConfig"),
    "CALL_ACTIVITY": ("call_activity_pb2", "CallActivityTaskConfig"),
    "SWITCH": ("switch_pb2", "SwitchTaskConfig"),
    "FOR": ("for_pb2", "ForTaskConfig"),
    "FORK": ("fork_pb2", "ForkTaskConfig"),
    "TRY": ("try_pb2", "TryTaskConfig"),
    "LISTEN": ("listen_pb2", "ListenTaskConfig"),
    "WAIT": ("wait_pb2", "WaitTaskConfig"),
    "RAISE": ("raise_pb2", "RaiseTaskConfig"),
    "RUN": ("run_pb2", "RunTaskConfig"),
    "AGENT_CALL": ("agent_call_pb2", "AgentCallTaskConfig"),
}


class Unreadable(Violation):
    """A config that is no message of its kind at all."""


def task_violations(spec: dict[str, Json]) -> Iterator[Violation]:
    """Every violation in the tasks' configs, those of nested tasks included; names are unique within a list."""
    yield from _list_violations(spec.get("tasks", []), "spec.tasks")


def _list_violations(tasks: list[dict[str, Json]], path: str) -> Iterator[Violation]:
    seen: dict[str, int] = {}
    for index, task in enumerate(tasks):
        name = task.get("name", "")
        if name and name in seen:
            yield Violation(f"{path}[{index}].name", f"{name!r} is also the name of {path}[{seen[name]}]")
        seen.setdefault(name, index)
        yield from _config_violations(task, f"{path}[{index}]")


def _config_violations(task: dict[str, Json], place: str) -> Iterator[Violation]:
    kind = str(task.get("kind", "")).removeprefix(PREFIX)
    if kind not in CONFIGS or "task_config" not in task:
        return  # the contract's own rules say that both are required
    path = f"{place}.task_config"
    message = _config_class(kind)()
    yield from _unknown_fields(message.DESCRIPTOR, task["task_config"], path)
    try:
        json_format.ParseDict(_with_full_kinds(task["task_config"]), message, ignore_unknown_fields=True)
    except json_format.ParseError as error:
        yield Unreadable(path, " ".join(str(error).split()))
        return
    _fill_defaults(kind, message)
    yield from (violation.under(f"{path}.") for violation in contract_violations(message))
    for name, tasks in _nested_lists(kind, to_json(message)):
        yield from _list_violations(tasks, f"{path}.{name}")


def _unknown_fields(descriptor: Any, value: Json, path: str) -> Iterator[Violation]:  # Any: of either runtime
    """A complaint for each key in `value` that the contract's message does not have, at any depth."""
    if descriptor.full_name.startswith("google.protobuf.") or not isinstance(value, dict):
        return
    fields = {name: field for field in descriptor.fields for name in (field.name, field.json_name)}
    for key, inner in value.items():
        field = fields.get(key)
        if field is None:
            known = ", ".join(each.name for each in descriptor.fields)
            yield Violation(f"{path}.{key}", f"unknown field; known are {known}")
        elif isinstance(inner, list) and field.message_type:
            for index, item in enumerate(inner):
                yield from _unknown_fields(field.message_type, item, f"{path}.{field.name}[{index}]")
        elif field.message_type and not field.message_type.GetOptions().map_entry:
            yield from _unknown_fields(field.message_type, inner, f"{path}.{field.name}")


@cache
def _config_class(kind: str) -> type[Message]:
    module, name = CONFIGS[kind]
    return cast("type[Message]", getattr(import_module(f"stigmer_proto.agentic.workflow.v1.tasks.{module}"), name))


def _with_full_kinds(value: Json) -> Json:
    """`value` with the kinds of nested tasks spelled as the contract's enum spells them."""
    if isinstance(value, list):
        return [_with_full_kinds(item) for item in value]
    if not isinstance(value, dict):
        return value
    full = {key: _with_full_kinds(item) for key, item in value.items()}
    if full.get("kind") in CONFIGS and full.keys() & {"task_config", "taskConfig"}:
        full["kind"] = PREFIX + full["kind"]
    return full


def _fill_defaults(kind: str, message: Any) -> None:  # Any: one class per task kind
    """The contract's numbers with documented defaults break their own range when they are left out."""
    if kind == "HTTP_CALL":
        message.timeout_seconds = message.timeout_seconds or 30
    if kind == "AGENT_CALL" and message.HasField("config"):
        message.config.timeout = message.config.timeout or 300


def _nested_lists(kind: str, config: dict[str, Json]) -> Iterator[tuple[str, list[dict[str, Json]]]]:
    """Task lists that belong to a task of this kind, each with its place in the config."""
    if kind == "FOR":
        yield "do", config.get("do", [])
    elif kind == "FORK":
        for index, branch in enumerate(config.get("branches", [])):
            yield f"branches[{index}].do", branch.get("do", [])
    elif kind == "TRY":
        yield "try", config.get("try", [])
        yield "catch.do", config.get("catch", {}).get("do", [])
