import datetime

from stigmer_proto.agentic.agentexecution.v1 import api_pb2 as _api_pb2
from stigmer_proto.agentic.workflowexecution.v1 import api_pb2 as _api_pb2_1
from stigmer_proto.buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import any_pb2 as _any_pb2
from google.protobuf import struct_pb2 as _struct_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SignalType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SIGNAL_TYPE_UNSPECIFIED: _ClassVar[SignalType]
    SIGNAL_TYPE_SIGNAL: _ClassVar[SignalType]
    SIGNAL_TYPE_UPDATE: _ClassVar[SignalType]
    SIGNAL_TYPE_QUERY: _ClassVar[SignalType]

class SignalState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SIGNAL_STATE_UNSPECIFIED: _ClassVar[SignalState]
    SIGNAL_STATE_KEPT: _ClassVar[SignalState]
    SIGNAL_STATE_TAKEN: _ClassVar[SignalState]
    SIGNAL_STATE_UNUSED: _ClassVar[SignalState]
SIGNAL_TYPE_UNSPECIFIED: SignalType
SIGNAL_TYPE_SIGNAL: SignalType
SIGNAL_TYPE_UPDATE: SignalType
SIGNAL_TYPE_QUERY: SignalType
SIGNAL_STATE_UNSPECIFIED: SignalState
SIGNAL_STATE_KEPT: SignalState
SIGNAL_STATE_TAKEN: SignalState
SIGNAL_STATE_UNUSED: SignalState

class CancelRunRequest(_message.Message):
    __slots__ = ("execution_id", "reason")
    EXECUTION_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    execution_id: str
    reason: str
    def __init__(self, execution_id: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class TerminateRunRequest(_message.Message):
    __slots__ = ("execution_id", "reason")
    EXECUTION_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    execution_id: str
    reason: str
    def __init__(self, execution_id: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class SignalRunRequest(_message.Message):
    __slots__ = ("execution_id", "name", "data", "id", "type", "wait_seconds")
    EXECUTION_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    WAIT_SECONDS_FIELD_NUMBER: _ClassVar[int]
    execution_id: str
    name: str
    data: _struct_pb2.Value
    id: str
    type: SignalType
    wait_seconds: float
    def __init__(self, execution_id: _Optional[str] = ..., name: _Optional[str] = ..., data: _Optional[_Union[_struct_pb2.Value, _Mapping]] = ..., id: _Optional[str] = ..., type: _Optional[_Union[SignalType, str]] = ..., wait_seconds: _Optional[float] = ...) -> None: ...

class SignalRunResponse(_message.Message):
    __slots__ = ("id", "number", "state", "task", "answer")
    ID_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    TASK_FIELD_NUMBER: _ClassVar[int]
    ANSWER_FIELD_NUMBER: _ClassVar[int]
    id: str
    number: int
    state: SignalState
    task: str
    answer: _struct_pb2.Value
    def __init__(self, id: _Optional[str] = ..., number: _Optional[int] = ..., state: _Optional[_Union[SignalState, str]] = ..., task: _Optional[str] = ..., answer: _Optional[_Union[_struct_pb2.Value, _Mapping]] = ...) -> None: ...

class FollowRequest(_message.Message):
    __slots__ = ("execution_id", "after")
    EXECUTION_ID_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    execution_id: str
    after: int
    def __init__(self, execution_id: _Optional[str] = ..., after: _Optional[int] = ...) -> None: ...

class ExecutionEvents(_message.Message):
    __slots__ = ("events",)
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    events: _containers.RepeatedCompositeFieldContainer[ExecutionEvent]
    def __init__(self, events: _Optional[_Iterable[_Union[ExecutionEvent, _Mapping]]] = ...) -> None: ...

class ExecutionEvent(_message.Message):
    __slots__ = ("id", "at", "phase", "message", "text", "tool_call", "task", "output", "replaced", "ended", "dropped", "waiting", "signal")
    ID_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    PHASE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    TOOL_CALL_FIELD_NUMBER: _ClassVar[int]
    TASK_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_FIELD_NUMBER: _ClassVar[int]
    REPLACED_FIELD_NUMBER: _ClassVar[int]
    ENDED_FIELD_NUMBER: _ClassVar[int]
    DROPPED_FIELD_NUMBER: _ClassVar[int]
    WAITING_FIELD_NUMBER: _ClassVar[int]
    SIGNAL_FIELD_NUMBER: _ClassVar[int]
    id: int
    at: _timestamp_pb2.Timestamp
    phase: PhaseChanged
    message: MessageAdded
    text: TextAppended
    tool_call: _api_pb2.ToolCall
    task: _api_pb2_1.WorkflowTask
    output: _struct_pb2.Struct
    replaced: _struct_pb2.Struct
    ended: MessageEnded
    dropped: MessagesDropped
    waiting: WaitingChanged
    signal: SignalChanged
    def __init__(self, id: _Optional[int] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., phase: _Optional[_Union[PhaseChanged, _Mapping]] = ..., message: _Optional[_Union[MessageAdded, _Mapping]] = ..., text: _Optional[_Union[TextAppended, _Mapping]] = ..., tool_call: _Optional[_Union[_api_pb2.ToolCall, _Mapping]] = ..., task: _Optional[_Union[_api_pb2_1.WorkflowTask, _Mapping]] = ..., output: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., replaced: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., ended: _Optional[_Union[MessageEnded, _Mapping]] = ..., dropped: _Optional[_Union[MessagesDropped, _Mapping]] = ..., waiting: _Optional[_Union[WaitingChanged, _Mapping]] = ..., signal: _Optional[_Union[SignalChanged, _Mapping]] = ...) -> None: ...

class PhaseChanged(_message.Message):
    __slots__ = ("phase", "error")
    PHASE_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    phase: str
    error: str
    def __init__(self, phase: _Optional[str] = ..., error: _Optional[str] = ...) -> None: ...

class WaitingChanged(_message.Message):
    __slots__ = ("waiting", "reason")
    WAITING_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    waiting: str
    reason: str
    def __init__(self, waiting: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class SignalChanged(_message.Message):
    __slots__ = ("number", "name", "state", "task", "sender", "count")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    TASK_FIELD_NUMBER: _ClassVar[int]
    SENDER_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    number: int
    name: str
    state: str
    task: str
    sender: str
    count: int
    def __init__(self, number: _Optional[int] = ..., name: _Optional[str] = ..., state: _Optional[str] = ..., task: _Optional[str] = ..., sender: _Optional[str] = ..., count: _Optional[int] = ...) -> None: ...

class MessageAdded(_message.Message):
    __slots__ = ("index", "message")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    index: int
    message: _api_pb2.AgentMessage
    def __init__(self, index: _Optional[int] = ..., message: _Optional[_Union[_api_pb2.AgentMessage, _Mapping]] = ...) -> None: ...

class MessageEnded(_message.Message):
    __slots__ = ("index", "metadata")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    index: int
    metadata: _struct_pb2.Struct
    def __init__(self, index: _Optional[int] = ..., metadata: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ...) -> None: ...

class MessagesDropped(_message.Message):
    __slots__ = ("index",)
    INDEX_FIELD_NUMBER: _ClassVar[int]
    index: int
    def __init__(self, index: _Optional[int] = ...) -> None: ...

class TextAppended(_message.Message):
    __slots__ = ("index", "text")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    index: int
    text: str
    def __init__(self, index: _Optional[int] = ..., text: _Optional[str] = ...) -> None: ...
