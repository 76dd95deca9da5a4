import datetime

from stigmer_proto.controlplane.v1 import resources_pb2 as _resources_pb2
from stigmer_proto.buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ListProjectsRequest(_message.Message):
    __slots__ = ("org", "page_size", "page_token")
    ORG_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    org: str
    page_size: int
    page_token: str
    def __init__(self, org: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListProjectsResponse(_message.Message):
    __slots__ = ("projects", "next_page_token")
    PROJECTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    projects: _containers.RepeatedCompositeFieldContainer[Project]
    next_page_token: str
    def __init__(self, projects: _Optional[_Iterable[_Union[Project, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class Project(_message.Message):
    __slots__ = ("name", "org", "created_by", "created_at", "updated_by", "updated_at", "resource_count", "resources", "place", "notifies")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ORG_FIELD_NUMBER: _ClassVar[int]
    CREATED_BY_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    UPDATED_BY_FIELD_NUMBER: _ClassVar[int]
    UPDATED_AT_FIELD_NUMBER: _ClassVar[int]
    RESOURCE_COUNT_FIELD_NUMBER: _ClassVar[int]
    RESOURCES_FIELD_NUMBER: _ClassVar[int]
    PLACE_FIELD_NUMBER: _ClassVar[int]
    NOTIFIES_FIELD_NUMBER: _ClassVar[int]
    name: str
    org: str
    created_by: str
    created_at: _timestamp_pb2.Timestamp
    updated_by: str
    updated_at: _timestamp_pb2.Timestamp
    resource_count: int
    resources: _containers.RepeatedCompositeFieldContainer[OwnedResource]
    place: ProjectPlace
    notifies: bool
    def __init__(self, name: _Optional[str] = ..., org: _Optional[str] = ..., created_by: _Optional[str] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., updated_by: _Optional[str] = ..., updated_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., resource_count: _Optional[int] = ..., resources: _Optional[_Iterable[_Union[OwnedResource, _Mapping]]] = ..., place: _Optional[_Union[ProjectPlace, _Mapping]] = ..., notifies: _Optional[bool] = ...) -> None: ...

class ProjectPlace(_message.Message):
    __slots__ = ("root", "python")
    ROOT_FIELD_NUMBER: _ClassVar[int]
    PYTHON_FIELD_NUMBER: _ClassVar[int]
    root: str
    python: str
    def __init__(self, root: _Optional[str] = ..., python: _Optional[str] = ...) -> None: ...

class GetProjectRequest(_message.Message):
    __slots__ = ("name", "org")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ORG_FIELD_NUMBER: _ClassVar[int]
    name: str
    org: str
    def __init__(self, name: _Optional[str] = ..., org: _Optional[str] = ...) -> None: ...

class PlanDestroyRequest(_message.Message):
    __slots__ = ("name", "org")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ORG_FIELD_NUMBER: _ClassVar[int]
    name: str
    org: str
    def __init__(self, name: _Optional[str] = ..., org: _Optional[str] = ...) -> None: ...

class DestroyProjectRequest(_message.Message):
    __slots__ = ("name", "org", "plan", "message")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ORG_FIELD_NUMBER: _ClassVar[int]
    PLAN_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    name: str
    org: str
    plan: str
    message: str
    def __init__(self, name: _Optional[str] = ..., org: _Optional[str] = ..., plan: _Optional[str] = ..., message: _Optional[str] = ...) -> None: ...

class DestroyPlan(_message.Message):
    __slots__ = ("resources", "plan")
    RESOURCES_FIELD_NUMBER: _ClassVar[int]
    PLAN_FIELD_NUMBER: _ClassVar[int]
    resources: _containers.RepeatedCompositeFieldContainer[OwnedResource]
    plan: str
    def __init__(self, resources: _Optional[_Iterable[_Union[OwnedResource, _Mapping]]] = ..., plan: _Optional[str] = ...) -> None: ...

class OwnedResource(_message.Message):
    __slots__ = ("kind", "slug", "org", "id", "belongings")
    KIND_FIELD_NUMBER: _ClassVar[int]
    SLUG_FIELD_NUMBER: _ClassVar[int]
    ORG_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    BELONGINGS_FIELD_NUMBER: _ClassVar[int]
    kind: str
    slug: str
    org: str
    id: str
    belongings: _containers.RepeatedCompositeFieldContainer[_resources_pb2.Belongings]
    def __init__(self, kind: _Optional[str] = ..., slug: _Optional[str] = ..., org: _Optional[str] = ..., id: _Optional[str] = ..., belongings: _Optional[_Iterable[_Union[_resources_pb2.Belongings, _Mapping]]] = ...) -> None: ...
