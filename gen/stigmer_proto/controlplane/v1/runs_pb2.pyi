import datetime

from stigmer_proto.agentic.executioncontext.v1 import spec_pb2 as _spec_pb2
from stigmer_proto.buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import any_pb2 as _any_pb2
from google.protobuf import struct_pb2 as _struct_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class StartRunRequest(_message.Message):
    __slots__ = ("agent", "agent_instance", "workflow", "workflow_instance", "session", "org", "message", "input", "input_texts", "environments", "runtime_env", "model", "labels", "request_id", "rerun_of")
    class InputTextsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class RuntimeEnvEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: _spec_pb2.ExecutionValue
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[_spec_pb2.ExecutionValue, _Mapping]] = ...) -> None: ...
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    AGENT_FIELD_NUMBER: _ClassVar[int]
    AGENT_INSTANCE_FIELD_NUMBER: _ClassVar[int]
    WORKFLOW_FIELD_NUMBER: _ClassVar[int]
    WORKFLOW_INSTANCE_FIELD_NUMBER: _ClassVar[int]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    ORG_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    INPUT_FIELD_NUMBER: _ClassVar[int]
    INPUT_TEXTS_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENTS_FIELD_NUMBER: _ClassVar[int]
    RUNTIME_ENV_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    RERUN_OF_FIELD_NUMBER: _ClassVar[int]
    agent: str
    agent_instance: str
    workflow: str
    workflow_instance: str
    session: str
    org: str
    message: str
    input: _struct_pb2.Struct
    input_texts: _containers.ScalarMap[str, str]
    environments: _containers.RepeatedScalarFieldContainer[str]
    runtime_env: _containers.MessageMap[str, _spec_pb2.ExecutionValue]
    model: str
    labels: _containers.ScalarMap[str, str]
    request_id: str
    rerun_of: str
    def __init__(self, agent: _Optional[str] = ..., agent_instance: _Optional[str] = ..., workflow: _Optional[str] = ..., workflow_instance: _Optional[str] = ..., session: _Optional[str] = ..., org: _Optional[str] = ..., message: _Optional[str] = ..., input: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., input_texts: _Optional[_Mapping[str, str]] = ..., environments: _Optional[_Iterable[str]] = ..., runtime_env: _Optional[_Mapping[str, _spec_pb2.ExecutionValue]] = ..., model: _Optional[str] = ..., labels: _Optional[_Mapping[str, str]] = ..., request_id: _Optional[str] = ..., rerun_of: _Optional[str] = ...) -> None: ...

class RerunRequest(_message.Message):
    __slots__ = ("execution_id", "pinned")
    EXECUTION_ID_FIELD_NUMBER: _ClassVar[int]
    PINNED_FIELD_NUMBER: _ClassVar[int]
    execution_id: str
    pinned: bool
    def __init__(self, execution_id: _Optional[str] = ..., pinned: _Optional[bool] = ...) -> None: ...

class RetryRequest(_message.Message):
    __slots__ = ("execution_id", "task")
    EXECUTION_ID_FIELD_NUMBER: _ClassVar[int]
    TASK_FIELD_NUMBER: _ClassVar[int]
    execution_id: str
    task: str
    def __init__(self, execution_id: _Optional[str] = ..., task: _Optional[str] = ...) -> None: ...

class ListRunsRequest(_message.Message):
    __slots__ = ("org", "agent", "workflow", "project", "phase", "since", "until", "text", "error", "input", "labels", "sort", "page_size", "page_token", "with_cost")
    class InputEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    ORG_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    WORKFLOW_FIELD_NUMBER: _ClassVar[int]
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    PHASE_FIELD_NUMBER: _ClassVar[int]
    SINCE_FIELD_NUMBER: _ClassVar[int]
    UNTIL_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    INPUT_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    SORT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    WITH_COST_FIELD_NUMBER: _ClassVar[int]
    org: str
    agent: str
    workflow: str
    project: str
    phase: str
    since: _timestamp_pb2.Timestamp
    until: _timestamp_pb2.Timestamp
    text: str
    error: str
    input: _containers.ScalarMap[str, str]
    labels: _containers.ScalarMap[str, str]
    sort: str
    page_size: int
    page_token: str
    with_cost: bool
    def __init__(self, org: _Optional[str] = ..., agent: _Optional[str] = ..., workflow: _Optional[str] = ..., project: _Optional[str] = ..., phase: _Optional[str] = ..., since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., text: _Optional[str] = ..., error: _Optional[str] = ..., input: _Optional[_Mapping[str, str]] = ..., labels: _Optional[_Mapping[str, str]] = ..., sort: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., with_cost: _Optional[bool] = ...) -> None: ...

class ListRunsResponse(_message.Message):
    __slots__ = ("runs", "next_page_token")
    RUNS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    runs: _containers.RepeatedCompositeFieldContainer[RunEntry]
    next_page_token: str
    def __init__(self, runs: _Optional[_Iterable[_Union[RunEntry, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class RunEntry(_message.Message):
    __slots__ = ("id", "kind", "name", "phase", "waiting", "created_at", "started_at", "completed_at", "input", "error", "tokens", "labels", "cost")
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PHASE_FIELD_NUMBER: _ClassVar[int]
    WAITING_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    STARTED_AT_FIELD_NUMBER: _ClassVar[int]
    COMPLETED_AT_FIELD_NUMBER: _ClassVar[int]
    INPUT_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    TOKENS_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    id: str
    kind: str
    name: str
    phase: str
    waiting: str
    created_at: _timestamp_pb2.Timestamp
    started_at: _timestamp_pb2.Timestamp
    completed_at: _timestamp_pb2.Timestamp
    input: str
    error: str
    tokens: int
    labels: _containers.ScalarMap[str, str]
    cost: str
    def __init__(self, id: _Optional[str] = ..., kind: _Optional[str] = ..., name: _Optional[str] = ..., phase: _Optional[str] = ..., waiting: _Optional[str] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., started_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., completed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., input: _Optional[str] = ..., error: _Optional[str] = ..., tokens: _Optional[int] = ..., labels: _Optional[_Mapping[str, str]] = ..., cost: _Optional[str] = ...) -> None: ...

class DescribeRunRequest(_message.Message):
    __slots__ = ("execution_id",)
    EXECUTION_ID_FIELD_NUMBER: _ClassVar[int]
    execution_id: str
    def __init__(self, execution_id: _Optional[str] = ...) -> None: ...

class RunDetails(_message.Message):
    __slots__ = ("run", "attempt", "project", "rerun_of", "usage", "price_problem", "retry_of", "retry_from", "retried_by", "try_number", "can_be_retried")
    RUN_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    RERUN_OF_FIELD_NUMBER: _ClassVar[int]
    USAGE_FIELD_NUMBER: _ClassVar[int]
    PRICE_PROBLEM_FIELD_NUMBER: _ClassVar[int]
    RETRY_OF_FIELD_NUMBER: _ClassVar[int]
    RETRY_FROM_FIELD_NUMBER: _ClassVar[int]
    RETRIED_BY_FIELD_NUMBER: _ClassVar[int]
    TRY_NUMBER_FIELD_NUMBER: _ClassVar[int]
    CAN_BE_RETRIED_FIELD_NUMBER: _ClassVar[int]
    run: RunEntry
    attempt: int
    project: str
    rerun_of: str
    usage: _containers.RepeatedCompositeFieldContainer[UsageEntry]
    price_problem: str
    retry_of: str
    retry_from: str
    retried_by: str
    try_number: int
    can_be_retried: bool
    def __init__(self, run: _Optional[_Union[RunEntry, _Mapping]] = ..., attempt: _Optional[int] = ..., project: _Optional[str] = ..., rerun_of: _Optional[str] = ..., usage: _Optional[_Iterable[_Union[UsageEntry, _Mapping]]] = ..., price_problem: _Optional[str] = ..., retry_of: _Optional[str] = ..., retry_from: _Optional[str] = ..., retried_by: _Optional[str] = ..., try_number: _Optional[int] = ..., can_be_retried: _Optional[bool] = ...) -> None: ...

class UsageRequest(_message.Message):
    __slots__ = ("by", "since", "until", "org", "agent", "project", "model", "utc_offset_seconds")
    BY_FIELD_NUMBER: _ClassVar[int]
    SINCE_FIELD_NUMBER: _ClassVar[int]
    UNTIL_FIELD_NUMBER: _ClassVar[int]
    ORG_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    UTC_OFFSET_SECONDS_FIELD_NUMBER: _ClassVar[int]
    by: str
    since: _timestamp_pb2.Timestamp
    until: _timestamp_pb2.Timestamp
    org: str
    agent: str
    project: str
    model: str
    utc_offset_seconds: int
    def __init__(self, by: _Optional[str] = ..., since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., org: _Optional[str] = ..., agent: _Optional[str] = ..., project: _Optional[str] = ..., model: _Optional[str] = ..., utc_offset_seconds: _Optional[int] = ...) -> None: ...

class UsageResponse(_message.Message):
    __slots__ = ("entries", "total", "unpriced_models", "price_source", "price_file", "price_problem")
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    UNPRICED_MODELS_FIELD_NUMBER: _ClassVar[int]
    PRICE_SOURCE_FIELD_NUMBER: _ClassVar[int]
    PRICE_FILE_FIELD_NUMBER: _ClassVar[int]
    PRICE_PROBLEM_FIELD_NUMBER: _ClassVar[int]
    entries: _containers.RepeatedCompositeFieldContainer[UsageEntry]
    total: UsageEntry
    unpriced_models: _containers.RepeatedScalarFieldContainer[str]
    price_source: str
    price_file: str
    price_problem: str
    def __init__(self, entries: _Optional[_Iterable[_Union[UsageEntry, _Mapping]]] = ..., total: _Optional[_Union[UsageEntry, _Mapping]] = ..., unpriced_models: _Optional[_Iterable[str]] = ..., price_source: _Optional[str] = ..., price_file: _Optional[str] = ..., price_problem: _Optional[str] = ...) -> None: ...

class UsageEntry(_message.Message):
    __slots__ = ("key", "runs", "input_tokens", "output_tokens", "cost", "unpriced_tokens")
    KEY_FIELD_NUMBER: _ClassVar[int]
    RUNS_FIELD_NUMBER: _ClassVar[int]
    INPUT_TOKENS_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_TOKENS_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    UNPRICED_TOKENS_FIELD_NUMBER: _ClassVar[int]
    key: str
    runs: int
    input_tokens: int
    output_tokens: int
    cost: str
    unpriced_tokens: int
    def __init__(self, key: _Optional[str] = ..., runs: _Optional[int] = ..., input_tokens: _Optional[int] = ..., output_tokens: _Optional[int] = ..., cost: _Optional[str] = ..., unpriced_tokens: _Optional[int] = ...) -> None: ...
