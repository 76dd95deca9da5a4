"""Events of runs, from the wire to plain data. Imported only by who follows a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stigmer_proto.agentic.agentexecution.v1 import enum_pb2 as agent_enums
from stigmer_proto.agentic.workflowexecution.v1 import enum_pb2 as workflow_enums

from apps.backends.runs import (
    Change,
    Json,
    MessageAdded,
    MessageEnded,
    MessagesDropped,
    OutputSet,
    Phase,
    PhaseChanged,
    RunEvent,
    SignalChanged,
    TaskChanged,
    TextAppended,
    ToolCalled,
    WaitingChanged,
)
from apps.shared.numbers import whole_number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Message = Any  # generated classes


def decode(event: Message) -> RunEvent:
    """A RunEvent of an ExecutionEvent message. A change that this version does not know is none."""
    part = event.WhichOneof("change")
    changes = DECODERS[part](getattr(event, part)) if part in DECODERS else ()
    return RunEvent(event.id, event.at.seconds + event.at.nanos / 1e9, tuple(changes))


def word(enum: Any, prefix: str, number: int) -> str:
    """`in-progress` for TASK_IN_PROGRESS."""
    known = enum.values_by_number.get(number)
    return known.name.removeprefix(prefix).lower().replace("_", "-") if known else ""


SPEAKERS = agent_enums.DESCRIPTOR.enum_types_by_name["MessageType"]
CALLS = agent_enums.DESCRIPTOR.enum_types_by_name["ToolCallStatus"]
TASKS = workflow_enums.DESCRIPTOR.enum_types_by_name["WorkflowTaskStatus"]
TYPES = workflow_enums.DESCRIPTOR.enum_types_by_name["WorkflowTaskType"]


def phase(message: Message) -> Iterator[Change]:
    """The phase by its name in the contract."""
    name = message.phase.removeprefix("EXECUTION_")
    if name in Phase.__members__:
        yield PhaseChanged(Phase[name], message.error)


def message(added: Message) -> Iterator[Change]:
    """A new message."""
    inner = added.message
    yield MessageAdded(added.index, word(SPEAKERS, "MESSAGE_", inner.type), inner.content)


def tool_call(call: Message) -> ToolCalled:
    """A ToolCall of the contract."""
    return ToolCalled(
        id=call.id,
        name=call.name,
        status=word(CALLS, "TOOL_CALL_", call.status),
        arguments=plain(call.args),
        result=call.result,
        error=call.error,
        started_at=call.started_at,
        completed_at=call.completed_at,
    )


def task(record: Message) -> TaskChanged:
    """A WorkflowTask of the contract. Its kind is in the metadata; the contract's own types are coarser."""
    metadata = plain(record.metadata)
    return TaskChanged(
        id=record.task_id,
        name=record.task_name or record.task_id,
        status=word(TASKS, "WORKFLOW_TASK_", record.status),
        kind=str(metadata.get("kind") or word(TYPES, "WORKFLOW_TASK_", record.task_type)).lower(),
        error=record.error,
        started_at=record.started_at,
        completed_at=record.completed_at,
        metadata=metadata,
    )


def replaced(status: Message) -> Iterator[Change]:
    """The status as a runner elsewhere reports it: whole lists, of which we tell the messages, calls and tasks."""
    from google.protobuf import json_format
    from stigmer_proto.agentic.agentexecution.v1 import api_pb2 as agents
    from stigmer_proto.agentic.workflowexecution.v1 import api_pb2 as workflows

    said = plain(status)
    lists: tuple[tuple[str, Any, Callable[[Message], Change]], ...] = (
        ("tool_calls", agents.ToolCall, tool_call),
        ("tasks", workflows.WorkflowTask, task),
    )
    if "messages" in said:
        yield MessagesDropped(0)
    for index, entry in enumerate(said.get("messages", ())):
        one = json_format.ParseDict(entry, agents.AgentMessage(), ignore_unknown_fields=True)
        yield MessageAdded(index, word(SPEAKERS, "MESSAGE_", one.type), one.content)
    for name, message_class, read in lists:
        for entry in said.get(name, ()):
            yield read(json_format.ParseDict(entry, message_class(), ignore_unknown_fields=True))
    if "output" in said:
        yield OutputSet(said["output"])


DECODERS: dict[str, Callable[[Message], Iterable[Change]]] = {
    "phase": phase,
    "message": message,
    "text": lambda part: (TextAppended(part.index, part.text),),
    "ended": lambda part: (MessageEnded(part.index, plain(part.metadata)),),
    "dropped": lambda part: (MessagesDropped(part.index),),
    "tool_call": lambda part: (tool_call(part),),
    "task": lambda part: (task(part),),
    "waiting": lambda part: (WaitingChanged(part.waiting, part.reason),),
    "signal": lambda part: (SignalChanged(part.name, part.state, part.task, part.sender, part.count),),
    "output": lambda part: (OutputSet(plain(part)),),
    "replaced": replaced,
}


def plain(struct: Message) -> Json:
    """A google.protobuf.Struct as a dict, its keys sorted, for the wire keeps no order.

    Whole numbers are integers again, which the wire makes floats.
    """
    return {name: plain_value(struct.fields[name]) for name in sorted(struct.fields)}


def plain_value(value: Message) -> Json:
    """A google.protobuf.Value."""
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return plain(value.struct_value)
    if kind == "list_value":
        return [plain_value(each) for each in value.list_value.values]
    if kind == "number_value":
        return whole_number(value.number_value)
    return None if kind in (None, "null_value") else getattr(value, kind)
