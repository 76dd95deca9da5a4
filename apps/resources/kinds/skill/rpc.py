from __future__ import annotations

import io
import tempfile
from collections.abc import Iterable, Iterator
from typing import BinaryIO, cast

import grpc
from stigmer_proto.agentic.skill.v1 import command_pb2, io_pb2, query_pb2  # noqa: F401  # declare the services
from stigmer_proto.controlplane.v1 import skills_pb2

from apps.archives.front_matter import read_front_matter
from apps.archives.skill import LIMITS
from apps.resources.api.adapter import Service
from apps.resources.api.extension.batch import ACTIONS
from apps.resources.api.services import CommandService, QueryService, Request, check
from apps.resources.caller import Caller
from apps.resources.errors import ArtifactTooLarge, InvalidInput, NotFound
from apps.resources.kinds.skill.actions import push_skill
from apps.resources.kinds.skill.kind import digest_of_key, storage_key
from apps.resources.kinds.skill.model import SkillArtifact
from apps.resources.ports import machine
from apps.resources.registry import SKILL
from apps.resources.storage.failures import file_error
from apps.resources.storage.lookup import must_exist
from apps.resources.storage.paging import DEFAULT_PAGE_SIZE
from apps.resources.storage.skill_artifacts import find_artifact, versions_of
from apps.resources.writes.skill_artifacts import keep_archive

LARGEST_ANSWER = 10 * 1024 * 1024 - 1024  # of a message, less its frame
PART_BYTES = 1024 * 1024
IN_MEMORY_BYTES = 4 * 1024 * 1024


class SkillCommands(CommandService):
    kind = SKILL

    def push(self, request: Request, context: grpc.ServicerContext) -> bytes:
        del context
        check(request)
        archive = keep_archive(io.BytesIO(request.artifact), self.caller, path="artifact")
        scope, org, tag = request.scope, request.org, request.tag
        return push_skill(request.name, scope, org, tag, archive.digest, self.caller).snapshot


class SkillQueries(QueryService):
    kind = SKILL

    def getArtifact(self, request: Request, context: grpc.ServicerContext) -> io_pb2.GetArtifactResponse:  # noqa: N802  # contract
        del context
        check(request)
        artifact = _artifact(request.artifact_storage_key, self.caller)
        if artifact.size > LARGEST_ANSWER:
            raise ArtifactTooLarge(request.artifact_storage_key, artifact.size, LARGEST_ANSWER)
        with _opened(artifact) as file:
            return io_pb2.GetArtifactResponse(artifact=file.read())


class SkillTransfers(Service):
    """SkillController of the extension."""

    full_name = "ai.stigmer.controlplane.v1.SkillController"

    def upload(self, requests: Iterable[Request], context: grpc.ServicerContext) -> skills_pb2.SkillArtifact:
        del context
        with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES) as spooled:
            file = cast("BinaryIO", spooled)
            _gather((request.part for request in requests), file)
            archive = keep_archive(file, self.caller, path="part")
        return self._described(archive.digest)

    def describe(self, request: Request, context: grpc.ServicerContext) -> skills_pb2.SkillArtifact:
        del context
        check(request)
        return self._described(request.version_hash)

    def download(self, request: Request, context: grpc.ServicerContext) -> Iterator[skills_pb2.ArtifactPart]:
        del context
        check(request)
        with _opened(_artifact(request.artifact_storage_key, self.caller)) as file:
            while part := file.read(PART_BYTES):
                yield skills_pb2.ArtifactPart(part=part)

    def push(self, request: Request, context: grpc.ServicerContext) -> skills_pb2.PushedSkill:
        del context
        check(request)
        outcome = push_skill(request.name, request.scope, request.org, request.tag, request.version_hash, self.caller)
        answer = skills_pb2.PushedSkill(action=ACTIONS[outcome.action])
        answer.skill.MergeFromString(outcome.snapshot)
        return answer

    def listVersions(self, request: Request, context: grpc.ServicerContext) -> skills_pb2.SkillVersions:  # noqa: N802  # as on the wire
        del context
        check(request)
        must_exist(SKILL, request.skill_id, self.caller)
        rows = versions_of(request.skill_id)
        rows = rows.filter(number__lt=request.before) if request.before else rows
        answer = skills_pb2.SkillVersions()
        for row in rows[: request.page_size or DEFAULT_PAGE_SIZE]:
            answer.versions.add(
                number=row.number, version_hash=row.version_hash, tag=row.tag, version_id=row.version_id
            )
        return answer

    def _described(self, digest: str) -> skills_pb2.SkillArtifact:
        artifact = find_artifact(digest, self.caller)
        if artifact is None:
            raise NotFound("artifact", digest)
        said, _ = read_front_matter(artifact.skill_md)
        return skills_pb2.SkillArtifact(
            version_hash=digest,
            artifact_storage_key=storage_key(digest),
            size=artifact.size,
            unpacked=artifact.unpacked,
            files=[skills_pb2.SkillFile(path=path, size=size) for path, size in artifact.files],
            name=said.name,
            description=said.description,
        )


def _gather(parts: Iterable[bytes], file: BinaryIO) -> None:
    """Raises InvalidInput where they become too many, and StorageError."""
    for part in parts:
        if file.tell() + len(part) > LIMITS.packed:
            raise InvalidInput.at("part", f"makes more than {LIMITS.packed:,} bytes, which is all that is allowed")
        try:
            file.write(part)
        except OSError as error:
            raise file_error(error) or error from error


def _artifact(key: str, caller: Caller) -> SkillArtifact:
    """Raises InvalidInput for what is none of our keys, NotFound."""
    digest = digest_of_key(key)
    if not digest:
        raise InvalidInput.at("artifact_storage_key", "is none of the keys that skills have in their status")
    artifact = find_artifact(digest, caller)
    if artifact is None:
        raise NotFound("artifact", key)
    return artifact


def _opened(artifact: SkillArtifact) -> BinaryIO:
    """Raises NotFound for one that is damaged, or was collected a moment ago."""
    try:
        return machine().blobs.open(artifact.digest)
    except KeyError:
        raise NotFound("artifact", storage_key(artifact.digest)) from None


SERVICES = (SkillCommands, SkillQueries, SkillTransfers)
