from stigmer_proto.controlplane.v1 import projects_pb2 as _projects_pb2
from stigmer_proto.buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import any_pb2 as _any_pb2
from google.protobuf import wrappers_pb2 as _wrappers_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ApplyAction(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    APPLY_ACTION_UNSPECIFIED: _ClassVar[ApplyAction]
    APPLY_ACTION_CREATED: _ClassVar[ApplyAction]
    APPLY_ACTION_UPDATED: _ClassVar[ApplyAction]
    APPLY_ACTION_UNCHANGED: _ClassVar[ApplyAction]
    APPLY_ACTION_DELETED: _ClassVar[ApplyAction]
APPLY_ACTION_UNSPECIFIED: ApplyAction
APPLY_ACTION_CREATED: ApplyAction
APPLY_ACTION_UPDATED: ApplyAction
APPLY_ACTION_UNCHANGED: ApplyAction
APPLY_ACTION_DELETED: ApplyAction

class BatchApplyRequest(_message.Message):
    __slots__ = ("resources", "dry_run", "message", "project", "project_org", "whole", "prune", "take_over", "prune_plan", "place", "notifies")
    RESOURCES_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    PROJECT_ORG_FIELD_NUMBER: _ClassVar[int]
    WHOLE_FIELD_NUMBER: _ClassVar[int]
    PRUNE_FIELD_NUMBER: _ClassVar[int]
    TAKE_OVER_FIELD_NUMBER: _ClassVar[int]
    PRUNE_PLAN_FIELD_NUMBER: _ClassVar[int]
    PLACE_FIELD_NUMBER: _ClassVar[int]
    NOTIFIES_FIELD_NUMBER: _ClassVar[int]
    resources: _containers.RepeatedCompositeFieldContainer[_any_pb2.Any]
    dry_run: bool
    message: str
    project: str
    project_org: str
    whole: bool
    prune: bool
    take_over: bool
    prune_plan: str
    place: _projects_pb2.ProjectPlace
    notifies: _wrappers_pb2.BoolValue
    def __init__(self, resources: _Optional[_Iterable[_Union[_any_pb2.Any, _Mapping]]] = ..., dry_run: _Optional[bool] = ..., message: _Optional[str] = ..., project: _Optional[str] = ..., project_org: _Optional[str] = ..., whole: _Optional[bool] = ..., prune: _Optional[bool] = ..., take_over: _Optional[bool] = ..., prune_plan: _Optional[str] = ..., place: _Optional[_Union[_projects_pb2.ProjectPlace, _Mapping]] = ..., notifies: _Optional[_Union[_wrappers_pb2.BoolValue, _Mapping]] = ...) -> None: ...

class BatchApplyResponse(_message.Message):
    __slots__ = ("results", "no_longer_declared", "deleted", "plan", "moved_from")
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    NO_LONGER_DECLARED_FIELD_NUMBER: _ClassVar[int]
    DELETED_FIELD_NUMBER: _ClassVar[int]
    PLAN_FIELD_NUMBER: _ClassVar[int]
    MOVED_FROM_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[AppliedResource]
    no_longer_declared: _containers.RepeatedCompositeFieldContainer[_projects_pb2.OwnedResource]
    deleted: _containers.RepeatedCompositeFieldContainer[_projects_pb2.OwnedResource]
    plan: str
    moved_from: str
    def __init__(self, results: _Optional[_Iterable[_Union[AppliedResource, _Mapping]]] = ..., no_longer_declared: _Optional[_Iterable[_Union[_projects_pb2.OwnedResource, _Mapping]]] = ..., deleted: _Optional[_Iterable[_Union[_projects_pb2.OwnedResource, _Mapping]]] = ..., plan: _Optional[str] = ..., moved_from: _Optional[str] = ...) -> None: ...

class AppliedResource(_message.Message):
    __slots__ = ("kind", "slug", "org", "id", "action", "changes", "warnings", "resource")
    KIND_FIELD_NUMBER: _ClassVar[int]
    SLUG_FIELD_NUMBER: _ClassVar[int]
    ORG_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    RESOURCE_FIELD_NUMBER: _ClassVar[int]
    kind: str
    slug: str
    org: str
    id: str
    action: ApplyAction
    changes: _containers.RepeatedCompositeFieldContainer[FieldChange]
    warnings: _containers.RepeatedScalarFieldContainer[str]
    resource: _any_pb2.Any
    def __init__(self, kind: _Optional[str] = ..., slug: _Optional[str] = ..., org: _Optional[str] = ..., id: _Optional[str] = ..., action: _Optional[_Union[ApplyAction, str]] = ..., changes: _Optional[_Iterable[_Union[FieldChange, _Mapping]]] = ..., warnings: _Optional[_Iterable[str]] = ..., resource: _Optional[_Union[_any_pb2.Any, _Mapping]] = ...) -> None: ...

class FieldChange(_message.Message):
    __slots__ = ("path", "before_json", "after_json")
    PATH_FIELD_NUMBER: _ClassVar[int]
    BEFORE_JSON_FIELD_NUMBER: _ClassVar[int]
    AFTER_JSON_FIELD_NUMBER: _ClassVar[int]
    path: str
    before_json: str
    after_json: str
    def __init__(self, path: _Optional[str] = ..., before_json: _Optional[str] = ..., after_json: _Optional[str] = ...) -> None: ...
