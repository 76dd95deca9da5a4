import datetime

from stigmer_proto.commons.apiresource import io_pb2 as _io_pb2
from stigmer_proto.buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import any_pb2 as _any_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ResourceEvent(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RESOURCE_EVENT_UNSPECIFIED: _ClassVar[ResourceEvent]
    RESOURCE_CREATED: _ClassVar[ResourceEvent]
    RESOURCE_UPDATED: _ClassVar[ResourceEvent]
    RESOURCE_DELETED: _ClassVar[ResourceEvent]
    RESOURCE_UNMATCHED: _ClassVar[ResourceEvent]
RESOURCE_EVENT_UNSPECIFIED: ResourceEvent
RESOURCE_CREATED: ResourceEvent
RESOURCE_UPDATED: ResourceEvent
RESOURCE_DELETED: ResourceEvent
RESOURCE_UNMATCHED: ResourceEvent

class ListResourcesRequest(_message.Message):
    __slots__ = ("kind", "org", "page_size", "page_token", "tags", "labels", "phase", "updated_since", "read_mask", "project", "by_name")
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    KIND_FIELD_NUMBER: _ClassVar[int]
    ORG_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    PHASE_FIELD_NUMBER: _ClassVar[int]
    UPDATED_SINCE_FIELD_NUMBER: _ClassVar[int]
    READ_MASK_FIELD_NUMBER: _ClassVar[int]
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    BY_NAME_FIELD_NUMBER: _ClassVar[int]
    kind: str
    org: str
    page_size: int
    page_token: str
    tags: _containers.RepeatedScalarFieldContainer[str]
    labels: _containers.ScalarMap[str, str]
    phase: str
    updated_since: _timestamp_pb2.Timestamp
    read_mask: _field_mask_pb2.FieldMask
    project: str
    by_name: bool
    def __init__(self, kind: _Optional[str] = ..., org: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., tags: _Optional[_Iterable[str]] = ..., labels: _Optional[_Mapping[str, str]] = ..., phase: _Optional[str] = ..., updated_since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., read_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., project: _Optional[str] = ..., by_name: _Optional[bool] = ...) -> None: ...

class ListResourcesResponse(_message.Message):
    __slots__ = ("entries", "next_page_token", "position")
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    entries: _containers.RepeatedCompositeFieldContainer[_any_pb2.Any]
    next_page_token: str
    position: str
    def __init__(self, entries: _Optional[_Iterable[_Union[_any_pb2.Any, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., position: _Optional[str] = ...) -> None: ...

class WatchResourcesRequest(_message.Message):
    __slots__ = ("kind", "org", "position", "tags", "labels", "phase", "read_mask", "project")
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    KIND_FIELD_NUMBER: _ClassVar[int]
    ORG_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    PHASE_FIELD_NUMBER: _ClassVar[int]
    READ_MASK_FIELD_NUMBER: _ClassVar[int]
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    kind: str
    org: str
    position: str
    tags: _containers.RepeatedScalarFieldContainer[str]
    labels: _containers.ScalarMap[str, str]
    phase: str
    read_mask: _field_mask_pb2.FieldMask
    project: str
    def __init__(self, kind: _Optional[str] = ..., org: _Optional[str] = ..., position: _Optional[str] = ..., tags: _Optional[_Iterable[str]] = ..., labels: _Optional[_Mapping[str, str]] = ..., phase: _Optional[str] = ..., read_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., project: _Optional[str] = ...) -> None: ...

class WatchResourcesResponse(_message.Message):
    __slots__ = ("changes", "position")
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    changes: _containers.RepeatedCompositeFieldContainer[ResourceChange]
    position: str
    def __init__(self, changes: _Optional[_Iterable[_Union[ResourceChange, _Mapping]]] = ..., position: _Optional[str] = ...) -> None: ...

class ResourceChange(_message.Message):
    __slots__ = ("event", "id", "resource")
    EVENT_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    RESOURCE_FIELD_NUMBER: _ClassVar[int]
    event: ResourceEvent
    id: str
    resource: _any_pb2.Any
    def __init__(self, event: _Optional[_Union[ResourceEvent, str]] = ..., id: _Optional[str] = ..., resource: _Optional[_Union[_any_pb2.Any, _Mapping]] = ...) -> None: ...

class GetResourceRequest(_message.Message):
    __slots__ = ("kind", "id", "reference", "by_name")
    KIND_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    BY_NAME_FIELD_NUMBER: _ClassVar[int]
    kind: str
    id: str
    reference: _io_pb2.ApiResourceReference
    by_name: bool
    def __init__(self, kind: _Optional[str] = ..., id: _Optional[str] = ..., reference: _Optional[_Union[_io_pb2.ApiResourceReference, _Mapping]] = ..., by_name: _Optional[bool] = ...) -> None: ...

class DeleteResourceRequest(_message.Message):
    __slots__ = ("kind", "id", "force", "message")
    KIND_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    FORCE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    kind: str
    id: str
    force: bool
    message: str
    def __init__(self, kind: _Optional[str] = ..., id: _Optional[str] = ..., force: _Optional[bool] = ..., message: _Optional[str] = ...) -> None: ...

class UsedByRequest(_message.Message):
    __slots__ = ("kind", "id")
    KIND_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    kind: str
    id: str
    def __init__(self, kind: _Optional[str] = ..., id: _Optional[str] = ...) -> None: ...

class UsedByResponse(_message.Message):
    __slots__ = ("users", "project")
    USERS_FIELD_NUMBER: _ClassVar[int]
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    users: _containers.RepeatedCompositeFieldContainer[ResourceName]
    project: OwningProject
    def __init__(self, users: _Optional[_Iterable[_Union[ResourceName, _Mapping]]] = ..., project: _Optional[_Union[OwningProject, _Mapping]] = ...) -> None: ...

class OwningProject(_message.Message):
    __slots__ = ("name", "org", "root")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ORG_FIELD_NUMBER: _ClassVar[int]
    ROOT_FIELD_NUMBER: _ClassVar[int]
    name: str
    org: str
    root: str
    def __init__(self, name: _Optional[str] = ..., org: _Optional[str] = ..., root: _Optional[str] = ...) -> None: ...

class ResourceName(_message.Message):
    __slots__ = ("kind", "id", "org", "slug")
    KIND_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    ORG_FIELD_NUMBER: _ClassVar[int]
    SLUG_FIELD_NUMBER: _ClassVar[int]
    kind: str
    id: str
    org: str
    slug: str
    def __init__(self, kind: _Optional[str] = ..., id: _Optional[str] = ..., org: _Optional[str] = ..., slug: _Optional[str] = ...) -> None: ...

class CountBelongingsRequest(_message.Message):
    __slots__ = ("kind", "id")
    KIND_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    kind: str
    id: str
    def __init__(self, kind: _Optional[str] = ..., id: _Optional[str] = ...) -> None: ...

class CountBelongingsResponse(_message.Message):
    __slots__ = ("belongings",)
    BELONGINGS_FIELD_NUMBER: _ClassVar[int]
    belongings: _containers.RepeatedCompositeFieldContainer[Belongings]
    def __init__(self, belongings: _Optional[_Iterable[_Union[Belongings, _Mapping]]] = ...) -> None: ...

class Belongings(_message.Message):
    __slots__ = ("kind", "count")
    KIND_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    kind: str
    count: int
    def __init__(self, kind: _Optional[str] = ..., count: _Optional[int] = ...) -> None: ...
