"""Skills over gRPC."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any, BinaryIO

from google.protobuf import any_pb2
from stigmer_proto.commons.apiresource import io_pb2
from stigmer_proto.controlplane.v1 import resources_pb2, skills_pb2

from apps.backends.base import Envelope, NotFound
from apps.backends.grpc_answers import ACTIONS, envelope
from apps.backends.skills import Artifact, SkillName, SkillVersion

if TYPE_CHECKING:
    from collections.abc import Iterator

    from apps.backends.base import Action
    from apps.backends.grpc_backend import GrpcBackend

PART_BYTES = 1024 * 1024
VERSIONS_AT_ONCE = 100
Message = Any  # generated classes


class GrpcSkills:
    """The Skills of a server with our extension API."""

    def __init__(self, backend: GrpcBackend) -> None:
        self._backend = backend
        self._call = backend.call

    def upload(self, archive: BinaryIO) -> Artifact:
        digest = sha256()
        for part in _parts(archive):
            digest.update(part)
        try:
            return self.describe(digest.hexdigest())
        except NotFound:
            requests = (skills_pb2.UploadArtifactRequest(part=part) for part in _parts(archive))
            return artifact(self._backend.send("SkillController/upload", requests, skills_pb2.SkillArtifact))

    def push(self, skill: SkillName, version_hash: str, tag: str) -> tuple[Envelope, Action]:
        request = skills_pb2.PushUploadedRequest(
            name=skill.name, scope=skill.scope or None, org=skill.org, version_hash=version_hash, tag=tag
        )
        answer = self._call("SkillController/push", request, skills_pb2.PushedSkill)
        return Envelope("Skill", answer.skill.SerializeToString()), ACTIONS[answer.action]

    def get(self, skill: SkillName, version: str = "") -> Envelope:
        reference = io_pb2.ApiResourceReference(
            scope=skill.scope or None, org=skill.org, slug=skill.name, version=version
        )
        request = resources_pb2.GetResourceRequest(kind="Skill", reference=reference)
        return envelope(self._call("ResourceController/get", request, any_pb2.Any))

    def describe(self, version_hash: str) -> Artifact:
        request = skills_pb2.DescribeArtifactRequest(version_hash=version_hash)
        return artifact(self._call("SkillController/describe", request, skills_pb2.SkillArtifact))

    def download(self, version_hash: str) -> Iterator[bytes]:
        request = skills_pb2.DownloadArtifactRequest(artifact_storage_key=f"skills/{version_hash}.zip")
        for answer in self._backend.receive("SkillController/download", request, skills_pb2.ArtifactPart):
            yield answer.part

    def versions(self, skill_id: str) -> Iterator[SkillVersion]:
        before = 0
        while True:
            request = skills_pb2.ListSkillVersionsRequest(skill_id=skill_id, page_size=VERSIONS_AT_ONCE, before=before)
            found = self._call("SkillController/listVersions", request, skills_pb2.SkillVersions).versions
            yield from (SkillVersion(each.number, each.version_hash, each.tag) for each in found)
            if len(found) < VERSIONS_AT_ONCE:
                return
            before = found[-1].number


def artifact(message: Message) -> Artifact:
    """An Artifact of its message."""
    files = tuple((file.path, file.size) for file in message.files)
    return Artifact(message.version_hash, message.size, message.unpacked, files)


def _parts(archive: BinaryIO) -> Iterator[bytes]:
    archive.seek(0)
    while part := archive.read(PART_BYTES):
        yield part
