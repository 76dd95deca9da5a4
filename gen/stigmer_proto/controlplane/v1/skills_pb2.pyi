from stigmer_proto.agentic.skill.v1 import api_pb2 as _api_pb2
from stigmer_proto.commons.apiresource import enum_pb2 as _enum_pb2
from stigmer_proto.buf.validate import validate_pb2 as _validate_pb2
from stigmer_proto.controlplane.v1 import batch_pb2 as _batch_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class UploadArtifactRequest(_message.Message):
    __slots__ = ("part",)
    PART_FIELD_NUMBER: _ClassVar[int]
    part: bytes
    def __init__(self, part: _Optional[bytes] = ...) -> None: ...

class SkillArtifact(_message.Message):
    __slots__ = ("version_hash", "artifact_storage_key", "size", "unpacked", "files", "name", "description")
    VERSION_HASH_FIELD_NUMBER: _ClassVar[int]
    ARTIFACT_STORAGE_KEY_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    UNPACKED_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    version_hash: str
    artifact_storage_key: str
    size: int
    unpacked: int
    files: _containers.RepeatedCompositeFieldContainer[SkillFile]
    name: str
    description: str
    def __init__(self, version_hash: _Optional[str] = ..., artifact_storage_key: _Optional[str] = ..., size: _Optional[int] = ..., unpacked: _Optional[int] = ..., files: _Optional[_Iterable[_Union[SkillFile, _Mapping]]] = ..., name: _Optional[str] = ..., description: _Optional[str] = ...) -> None: ...

class SkillFile(_message.Message):
    __slots__ = ("path", "size")
    PATH_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    path: str
    size: int
    def __init__(self, path: _Optional[str] = ..., size: _Optional[int] = ...) -> None: ...

class DescribeArtifactRequest(_message.Message):
    __slots__ = ("version_hash",)
    VERSION_HASH_FIELD_NUMBER: _ClassVar[int]
    version_hash: str
    def __init__(self, version_hash: _Optional[str] = ...) -> None: ...

class DownloadArtifactRequest(_message.Message):
    __slots__ = ("artifact_storage_key",)
    ARTIFACT_STORAGE_KEY_FIELD_NUMBER: _ClassVar[int]
    artifact_storage_key: str
    def __init__(self, artifact_storage_key: _Optional[str] = ...) -> None: ...

class ArtifactPart(_message.Message):
    __slots__ = ("part",)
    PART_FIELD_NUMBER: _ClassVar[int]
    part: bytes
    def __init__(self, part: _Optional[bytes] = ...) -> None: ...

class PushUploadedRequest(_message.Message):
    __slots__ = ("name", "scope", "org", "version_hash", "tag")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    ORG_FIELD_NUMBER: _ClassVar[int]
    VERSION_HASH_FIELD_NUMBER: _ClassVar[int]
    TAG_FIELD_NUMBER: _ClassVar[int]
    name: str
    scope: _enum_pb2.ApiResourceOwnerScope
    org: str
    version_hash: str
    tag: str
    def __init__(self, name: _Optional[str] = ..., scope: _Optional[_Union[_enum_pb2.ApiResourceOwnerScope, str]] = ..., org: _Optional[str] = ..., version_hash: _Optional[str] = ..., tag: _Optional[str] = ...) -> None: ...

class PushedSkill(_message.Message):
    __slots__ = ("skill", "action")
    SKILL_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    skill: _api_pb2.Skill
    action: _batch_pb2.ApplyAction
    def __init__(self, skill: _Optional[_Union[_api_pb2.Skill, _Mapping]] = ..., action: _Optional[_Union[_batch_pb2.ApplyAction, str]] = ...) -> None: ...

class ListSkillVersionsRequest(_message.Message):
    __slots__ = ("skill_id", "page_size", "before")
    SKILL_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    BEFORE_FIELD_NUMBER: _ClassVar[int]
    skill_id: str
    page_size: int
    before: int
    def __init__(self, skill_id: _Optional[str] = ..., page_size: _Optional[int] = ..., before: _Optional[int] = ...) -> None: ...

class SkillVersions(_message.Message):
    __slots__ = ("versions",)
    VERSIONS_FIELD_NUMBER: _ClassVar[int]
    versions: _containers.RepeatedCompositeFieldContainer[SkillVersion]
    def __init__(self, versions: _Optional[_Iterable[_Union[SkillVersion, _Mapping]]] = ...) -> None: ...

class SkillVersion(_message.Message):
    __slots__ = ("number", "version_hash", "tag", "version_id")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    VERSION_HASH_FIELD_NUMBER: _ClassVar[int]
    TAG_FIELD_NUMBER: _ClassVar[int]
    VERSION_ID_FIELD_NUMBER: _ClassVar[int]
    number: int
    version_hash: str
    tag: str
    version_id: str
    def __init__(self, number: _Optional[int] = ..., version_hash: _Optional[str] = ..., tag: _Optional[str] = ..., version_id: _Optional[str] = ...) -> None: ...
