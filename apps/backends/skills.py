"""Skills and their archives, as a client reaches them. Only plain data crosses it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from apps.backends.base import Action, Envelope


@dataclass(frozen=True, slots=True)
class SkillName:
    """Which skill. `scope` is `organization` or `platform`, "" for either; `org` is empty for the caller's own."""

    name: str
    scope: str = ""
    org: str = ""


@dataclass(frozen=True, slots=True)
class Artifact:
    """What the server knows of an archive. Sizes are in bytes; `files` has path and unpacked size of each."""

    version_hash: str
    size: int
    unpacked: int
    files: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class SkillVersion:
    """One version of a skill; a higher number is newer. `tag` is empty where it was pushed without one."""

    number: int
    version_hash: str
    tag: str


class Skills(Protocol):
    """Every method raises a BackendError when it cannot do its work."""

    def upload(self, archive: BinaryIO) -> Artifact:
        """Send an archive, unless the server has it. Raises Invalid with all that is wrong with it."""

    def push(self, skill: SkillName, version_hash: str, tag: str) -> tuple[Envelope, Action]:
        """Make an archive that was uploaded the newest version of a skill."""

    def get(self, skill: SkillName, version: str = "") -> Envelope:
        """A skill as it was in a version: a tag, a hash, or "" for the newest. Raises NotFound."""

    def describe(self, version_hash: str) -> Artifact:
        """Raises NotFound."""

    def download(self, version_hash: str) -> Iterator[bytes]:
        """The archive, in parts. Raises NotFound."""

    def versions(self, skill_id: str) -> Iterator[SkillVersion]:
        """All of them, newest first."""
