"""What can happen in a run: a class for each type of event, with how it is stored and read back.

A row keeps `type` and `as_data()`, and is read for as long as its run exists: a class may come to read names that
older rows lack, and never stops reading one. When it happened stands in the row; times inside are RFC 3339 in UTC, as
the contract has them. What else an event needs, CONTRIBUTING.md lists ("Add an event").
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar, Final, Self

from apps.resources.executions.event_base import BareEvent, Data, Event, UnknownEvent
from apps.resources.executions.model import ExecutionEvent, Phase

_CALL = "TOOL_CALL_"
_TASK = "WORKFLOW_TASK_"


class Speaker(StrEnum):
    """Who says a message, as MessageType of the contract has it without its prefix."""

    UNSPECIFIED = ""
    HUMAN = "HUMAN"
    AI = "AI"
    TOOL = "TOOL"
    SYSTEM = "SYSTEM"

    @property
    def number(self) -> int:
        """MessageType of the contract."""
        return list(Speaker).index(self)


@dataclass(frozen=True, slots=True, repr=False)
class PhaseChanged(Event):
    """The run moved on to another phase. `error` says why it failed or was cancelled."""

    type: ClassVar[str] = "phase"
    foreign: ClassVar[tuple[str, ...]] = ("error",)
    phase: Phase
    error: str = ""

    def as_data(self) -> Data:
        return {"phase": self.phase.value, **({"error": self.error} if self.error else {})}

    @classmethod
    def from_data(cls, data: Data) -> Self:
        return cls(Phase(data["phase"]), data.get("error", ""))

    @property
    def is_last(self) -> bool:
        """Whether nothing happens in the run any more."""
        return self.phase.is_terminal


@dataclass(frozen=True, slots=True, repr=False)
class MessageAdded(Event):
    """A message, at `index` in the run's list. What streams in later comes as TextAppended."""

    type: ClassVar[str] = "message"
    foreign: ClassVar[tuple[str, ...]] = ("content",)
    noted: ClassVar[tuple[str, ...]] = ("metadata",)
    index: int
    speaker: Speaker
    content: str = ""
    metadata: Data = field(default_factory=dict)

    def as_data(self) -> Data:
        return {
            "index": self.index,
            "type": self.speaker.value,
            "content": self.content,
            "metadata": self.metadata,
        }

    @classmethod
    def from_data(cls, data: Data) -> Self:
        """`data` may be an AgentMessage of the contract with its `index`, too."""
        speaker = Speaker(data.get("type", "").removeprefix("MESSAGE_"))
        return cls(data["index"], speaker, data.get("content", ""), data.get("metadata") or {})


@dataclass(frozen=True, slots=True, repr=False)
class TextAppended(Event):
    """The message at `index` has grown by `text`."""

    type: ClassVar[str] = "text"
    foreign: ClassVar[tuple[str, ...]] = ("text",)
    index: int
    text: str

    @classmethod
    def from_data(cls, data: Data) -> Self:
        return cls(data["index"], data["text"])  # the most frequent by far: not by names, which takes twice as long


@dataclass(frozen=True, slots=True, repr=False)
class MessageEnded(Event):
    """The message at `index` is whole now; `metadata` is added to that of the message.

    `response` is what the model's provider may want to see again of it. Only the runtime of agents reads that: it is
    neither shown nor sent.
    """

    type: ClassVar[str] = "ended"
    noted: ClassVar[tuple[str, ...]] = ("metadata", "response")
    index: int
    metadata: Data = field(default_factory=dict)
    response: Data | None = None

    def as_data(self) -> Data:
        response = {} if self.response is None else {"response": self.response}
        return {"index": self.index, "metadata": self.metadata, **response}


@dataclass(frozen=True, slots=True, repr=False)
class MessagesDropped(Event):
    """The messages from `index` on are taken back, with their tool calls."""

    type: ClassVar[str] = "dropped"
    index: int


@dataclass(frozen=True, slots=True, repr=False)
class ToolCalled(Event):
    """The tool call `id` as it is now; the first event with an id adds it.

    `status` is a ToolCallStatus of the contract without its prefix, `server` the MCP server that the tool is of, if
    any, and `message_index` the message that asked for the call, -1 when none did.
    """

    type: ClassVar[str] = "tool_call"
    foreign: ClassVar[tuple[str, ...]] = ("id", "name", "arguments", "server", "result", "error")
    noted: ClassVar[tuple[str, ...]] = ("metadata",)
    id: str
    name: str = ""
    status: str = ""
    arguments: Data = field(default_factory=dict)
    message_index: int = -1
    server: str = ""
    result: str = ""
    error: str = ""
    started_at: str = ""
    completed_at: str = ""
    metadata: Data = field(default_factory=dict)
    """What a display may use of the tool."""

    def as_data(self) -> Data:
        return {"message_index": self.message_index, **self.as_contract()}

    def as_contract(self) -> Data:
        """A ToolCall of the contract."""
        component: Data = {
            "component_type": "mcp_server" if self.server else "unknown",
            "component_group": self.server,
        }
        if self.metadata:
            component["metadata"] = self.metadata
        call: Data = {
            "id": self.id,
            "name": self.name,
            "args": self.arguments,
            "status": _with_prefix(_CALL, self.status),
            "component_metadata": component,
            "started_at": self.started_at,
            "completed_at": self.completed_at,
            "result": self.result,
            "error": self.error,
        }
        return {name: value for name, value in call.items() if value != ""}

    @classmethod
    def from_data(cls, data: Data) -> Self:
        """`data` may be a ToolCall of the contract as it is, too."""
        component = data.get("component_metadata", {})
        return cls(
            id=data["id"],
            name=data.get("name", ""),
            status=data.get("status", "").removeprefix(_CALL),
            arguments=data.get("args", {}),
            message_index=data.get("message_index", -1),
            server=component.get("component_group", ""),
            result=data.get("result", ""),
            error=data.get("error", ""),
            started_at=data.get("started_at", ""),
            completed_at=data.get("completed_at", ""),
            metadata=component.get("metadata", {}),
        )


@dataclass(frozen=True, slots=True, repr=False)
class TaskChanged(Event):
    """The task `id` of a workflow as it is now; the first event with an id adds it.

    `task_type` and `status` are a WorkflowTaskType and a WorkflowTaskStatus of the contract without their prefix.
    `input` and `output` are None as long as there is none.
    """

    type: ClassVar[str] = "task"
    foreign: ClassVar[tuple[str, ...]] = ("input", "output", "error")
    noted: ClassVar[tuple[str, ...]] = ("metadata",)
    id: str
    name: str = ""
    task_type: str = ""
    status: str = ""
    input: Data | None = None
    output: Data | None = None
    started_at: str = ""
    completed_at: str = ""
    error: str = ""
    metadata: Data = field(default_factory=dict)

    def as_data(self) -> Data:
        """A WorkflowTask of the contract, without what is empty."""
        task: Data = {
            "task_id": self.id,
            "task_name": self.name,
            "task_type": _with_prefix(_TASK, self.task_type),
            "status": _with_prefix(_TASK, self.status),
            "input": self.input,
            "output": self.output,
            "started_at": self.started_at,
            "completed_at": self.completed_at,
            "error": self.error,
            "metadata": self.metadata or None,
        }
        return {name: value for name, value in task.items() if value is not None and value != ""}

    @classmethod
    def from_data(cls, data: Data) -> Self:
        return cls(
            id=data["task_id"],
            name=data.get("task_name", ""),
            task_type=data.get("task_type", "").removeprefix(_TASK),
            status=data.get("status", "").removeprefix(_TASK),
            input=data.get("input"),
            output=data.get("output"),
            started_at=data.get("started_at", ""),
            completed_at=data.get("completed_at", ""),
            error=data.get("error", ""),
            metadata=data.get("metadata") or {},
        )


@dataclass(frozen=True, slots=True, repr=False)
class WaitingChanged(Event):
    """What the run waits for before it goes on by itself (`Waiting`, "" when it does), and why."""

    type: ClassVar[str] = "waiting"
    foreign: ClassVar[tuple[str, ...]] = ("reason",)
    waiting: str
    reason: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class SignalChanged(Event):
    """What became of a signal: `kept` since `sender` sent it, `taken` by the task at the path `task`, or `unused`, once
    the run has ended, with `count` of that name. `number` is its place among those of the run."""

    type: ClassVar[str] = "signal"
    foreign: ClassVar[tuple[str, ...]] = ("name", "task")
    number: int
    name: str
    state: str
    task: str = ""
    sender: str = ""
    count: int = 1


@dataclass(frozen=True, slots=True, repr=False)
class OutputSet(BareEvent):
    """What the workflow answers."""

    type: ClassVar[str] = "output"
    foreign: ClassVar[tuple[str, ...]] = ("output",)
    output: Data


@dataclass(frozen=True, slots=True, repr=False)
class StatusReplaced(BareEvent):
    """Parts of the contract's status, as a runner elsewhere reports them: each field mentioned is replaced."""

    type: ClassVar[str] = "replaced"
    noted: ClassVar[tuple[str, ...]] = ("status",)
    status: Data

    def parts(self) -> Iterator[tuple[Event, str]]:
        """The events that would tell of messages, calls, tasks and output the same, each with its time where one is
        reported, else ""."""
        if "messages" in self.status:
            yield MessagesDropped(0), ""
        for index, message in enumerate(self.status.get("messages", ())):
            yield MessageAdded.from_data({**message, "index": index}), message.get("timestamp", "")
            for call in message.get("tool_calls", ()):
                yield ToolCalled.from_data({**call, "message_index": index}), ""
        for call in self.status.get("tool_calls", ()):
            yield ToolCalled.from_data(call), ""
        for task in self.status.get("tasks", ()):
            yield TaskChanged.from_data(task), ""
        if "output" in self.status:
            yield OutputSet(self.status["output"]), ""


EVENTS: Final[dict[str, type[Event]]] = {
    each.type: each
    for each in (
        PhaseChanged,
        MessageAdded,
        TextAppended,
        MessageEnded,
        MessagesDropped,
        ToolCalled,
        TaskChanged,
        WaitingChanged,
        SignalChanged,
        OutputSet,
        StatusReplaced,
    )
}


def event_of(row: ExecutionEvent) -> Event:
    """What a row tells. Raises UnknownEvent."""
    known = EVENTS.get(row.type)
    if known is None:
        raise UnknownEvent(
            f"event {row.number} of {row.execution_id} is of the type {row.type!r}, which is unknown here"
        )
    return known.from_data(row.data)


def _with_prefix(prefix: str, word: str) -> str:
    return f"{prefix}{word}" if word else ""
