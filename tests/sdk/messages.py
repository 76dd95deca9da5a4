"""Looking at messages: as dicts, through the rules of the contract, task by task."""

from collections.abc import Iterator
from typing import Any

import protovalidate
from google.protobuf import json_format
from google.protobuf.message import Message
from stigmer import Agent, Workflow
from stigmer_proto.agentic.workflow.v1 import api_pb2 as workflow_api
from stigmer_proto.agentic.workflow.v1.tasks import (
    agent_call_pb2,
    call_activity_pb2,
    for_pb2,
    fork_pb2,
    grpc_call_pb2,
    http_call_pb2,
    listen_pb2,
    raise_pb2,
    run_pb2,
    set_pb2,
    switch_pb2,
    try_pb2,
    wait_pb2,
)

CONFIGS: dict[str, type[Message]] = {
    "SET": set_pb2.SetTaskConfig,
    "HTTP_CALL": http_call_pb2.HttpCallTaskConfig,
    "GRPC_CALL": grpc_call_pb2.GrpcCallTaskConfig,
    "CALL_ACTIVITY": call_activity_pb2.CallActivityTaskConfig,
    "SWITCH": switch_pb2.SwitchTaskConfig,
    "FOR": for_pb2.ForTaskConfig,
    "FORK": fork_pb2.ForkTaskConfig,
    "TRY": try_pb2.TryTaskConfig,
    "LISTEN": listen_pb2.ListenTaskConfig,
    "WAIT": wait_pb2.WaitTaskConfig,
    "RAISE": raise_pb2.RaiseTaskConfig,
    "RUN": run_pb2.RunTaskConfig,
    "AGENT_CALL": agent_call_pb2.AgentCallTaskConfig,
}


def as_dict(message: Message) -> dict[str, Any]:
    """The set fields by their names in the contract."""
    found: dict[str, Any] = json_format.MessageToDict(message, preserving_proto_field_name=True)
    return found


def spec_of(agent: Agent) -> dict[str, Any]:
    """The spec as it is deployed."""
    found: dict[str, Any] = as_dict(agent.to_message())["spec"]
    return found


def tasks_of(workflow: Workflow) -> list[dict[str, Any]]:
    """The tasks as they are deployed, after a check of every rule."""
    message = workflow.to_message()
    assert_valid(message)
    found: list[dict[str, Any]] = as_dict(message)["spec"]["tasks"]
    return found


def assert_valid(message: Any) -> None:  # Any: an envelope of any kind
    """The message, and every task_config in it, keeps the rules of the contract once the command line has its say."""
    sent = type(message).FromString(message.SerializeToString())
    sent.metadata.org = "local"
    protovalidate.validate(sent)
    if isinstance(sent, workflow_api.Workflow):
        for task in as_dict(sent)["spec"]["tasks"]:
            assert_task_valid(task)


def assert_task_valid(task: dict[str, Any]) -> Message:
    """The task's config as its own message, checked; tasks inside it too."""
    config = task["task_config"] if "task_config" in task else task["taskConfig"]
    message = json_format.ParseDict(config, CONFIGS[task["kind"].removeprefix("WORKFLOW_TASK_KIND_")]())
    protovalidate.validate(message)
    for inner in inner_tasks(config):
        assert_task_valid(inner)
    return message


def inner_tasks(config: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The tasks directly inside a config."""
    yield from config.get("do", [])
    yield from config.get("try", [])
    yield from config.get("catch", {}).get("do", [])
    for branch in config.get("branches", []):
        yield from branch["do"]


def set_fields(message: Message) -> Iterator[str]:
    """`<message>.<field>` for every field that is set somewhere in the message."""
    for field, value in message.ListFields():
        yield field.full_name
        if field.message_type is not None:
            for part in _parts(value):
                yield from set_fields(part)


def _parts(value: Any) -> list[Message]:
    if isinstance(value, Message):
        return [value]
    members = value.values() if hasattr(value, "values") else value
    return [part for part in members if isinstance(part, Message)]
