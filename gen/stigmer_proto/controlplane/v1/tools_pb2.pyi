from stigmer_proto.buf.validate import validate_pb2 as _validate_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ListChangedToolsRequest(_message.Message):
    __slots__ = ("agent_id",)
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    agent_id: str
    def __init__(self, agent_id: _Optional[str] = ...) -> None: ...

class ListChangedToolsResponse(_message.Message):
    __slots__ = ("servers",)
    SERVERS_FIELD_NUMBER: _ClassVar[int]
    servers: _containers.RepeatedCompositeFieldContainer[ChangedTools]
    def __init__(self, servers: _Optional[_Iterable[_Union[ChangedTools, _Mapping]]] = ...) -> None: ...

class ChangedTools(_message.Message):
    __slots__ = ("server", "digest", "difference")
    SERVER_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    DIFFERENCE_FIELD_NUMBER: _ClassVar[int]
    server: str
    digest: str
    difference: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, server: _Optional[str] = ..., digest: _Optional[str] = ..., difference: _Optional[_Iterable[str]] = ...) -> None: ...

class AcceptToolsRequest(_message.Message):
    __slots__ = ("agent_id", "server", "digest")
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    SERVER_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    agent_id: str
    server: str
    digest: str
    def __init__(self, agent_id: _Optional[str] = ..., server: _Optional[str] = ..., digest: _Optional[str] = ...) -> None: ...

class AcceptToolsResponse(_message.Message):
    __slots__ = ("accepted",)
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    accepted: ChangedTools
    def __init__(self, accepted: _Optional[_Union[ChangedTools, _Mapping]] = ...) -> None: ...
