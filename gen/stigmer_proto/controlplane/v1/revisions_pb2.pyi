import datetime

from stigmer_proto.controlplane.v1 import batch_pb2 as _batch_pb2
from stigmer_proto.buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import any_pb2 as _any_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ListRevisionsRequest(_message.Message):
    __slots__ = ("kind", "id", "page_size", "page_token")
    KIND_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    kind: str
    id: str
    page_size: int
    page_token: str
    def __init__(self, kind: _Optional[str] = ..., id: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListRevisionsResponse(_message.Message):
    __slots__ = ("revisions", "next_page_token")
    REVISIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    revisions: _containers.RepeatedCompositeFieldContainer[Revision]
    next_page_token: str
    def __init__(self, revisions: _Optional[_Iterable[_Union[Revision, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetRevisionRequest(_message.Message):
    __slots__ = ("kind", "id", "number")
    KIND_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    kind: str
    id: str
    number: int
    def __init__(self, kind: _Optional[str] = ..., id: _Optional[str] = ..., number: _Optional[int] = ...) -> None: ...

class DiffRevisionsRequest(_message.Message):
    __slots__ = ("kind", "id", "from_number", "to_number")
    KIND_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    FROM_NUMBER_FIELD_NUMBER: _ClassVar[int]
    TO_NUMBER_FIELD_NUMBER: _ClassVar[int]
    kind: str
    id: str
    from_number: int
    to_number: int
    def __init__(self, kind: _Optional[str] = ..., id: _Optional[str] = ..., from_number: _Optional[int] = ..., to_number: _Optional[int] = ...) -> None: ...

class DiffRevisionsResponse(_message.Message):
    __slots__ = ("from_number", "to_number", "changes")
    FROM_NUMBER_FIELD_NUMBER: _ClassVar[int]
    TO_NUMBER_FIELD_NUMBER: _ClassVar[int]
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    from_number: int
    to_number: int
    changes: _containers.RepeatedCompositeFieldContainer[_batch_pb2.FieldChange]
    def __init__(self, from_number: _Optional[int] = ..., to_number: _Optional[int] = ..., changes: _Optional[_Iterable[_Union[_batch_pb2.FieldChange, _Mapping]]] = ...) -> None: ...

class RollbackRequest(_message.Message):
    __slots__ = ("kind", "id", "number", "seen_version_id", "message", "dry_run")
    KIND_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    SEEN_VERSION_ID_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    kind: str
    id: str
    number: int
    seen_version_id: str
    message: str
    dry_run: bool
    def __init__(self, kind: _Optional[str] = ..., id: _Optional[str] = ..., number: _Optional[int] = ..., seen_version_id: _Optional[str] = ..., message: _Optional[str] = ..., dry_run: _Optional[bool] = ...) -> None: ...

class Revision(_message.Message):
    __slots__ = ("number", "version_id", "event", "at", "actor", "message", "changes", "resource")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    VERSION_ID_FIELD_NUMBER: _ClassVar[int]
    EVENT_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    RESOURCE_FIELD_NUMBER: _ClassVar[int]
    number: int
    version_id: str
    event: str
    at: _timestamp_pb2.Timestamp
    actor: str
    message: str
    changes: _containers.RepeatedCompositeFieldContainer[_batch_pb2.FieldChange]
    resource: _any_pb2.Any
    def __init__(self, number: _Optional[int] = ..., version_id: _Optional[str] = ..., event: _Optional[str] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., actor: _Optional[str] = ..., message: _Optional[str] = ..., changes: _Optional[_Iterable[_Union[_batch_pb2.FieldChange, _Mapping]]] = ..., resource: _Optional[_Union[_any_pb2.Any, _Mapping]] = ...) -> None: ...
