"""The archive of a skill: files with a SKILL.md among them, checked before anything of it is kept."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Final

from apps.archives.contents import PIECE_BYTES, pieces
from apps.archives.front_matter import FrontMatter, read_front_matter
from apps.archives.layout import Entry, read_layout
from apps.archives.names import problems_of
from apps.archives.problems import BadArchive, Problem

MIB: Final = 1024 * 1024
SKILL_MD: Final = "SKILL.md"
MOST_PROBLEMS: Final = 100


@dataclass(frozen=True)
class Limits:
    """Sizes in bytes; `ratio` is how many times its own size an archive may unpack to."""

    packed: int = 100 * MIB
    unpacked: int = 500 * MIB
    ratio: int = 100
    entries: int = 10_000
    skill_md: int = MIB


LIMITS: Final = Limits()


@dataclass(frozen=True)
class File:
    """A file in an archive: its path, and its size in bytes when unpacked."""

    path: str
    size: int


@dataclass(frozen=True)
class SkillArchive:
    """What an archive holds. `digest` is the SHA-256 of its bytes; sizes are in bytes."""

    digest: str
    size: int
    unpacked: int
    skill_md: str
    front_matter: FrontMatter
    files: Sequence[File]


def read_skill(file: BinaryIO, limits: Limits = LIMITS) -> SkillArchive:
    """Check the archive in `file` whole. Raises BadArchive with everything that is wrong."""
    size = file.seek(0, 2)
    if size > limits.packed:
        raise BadArchive.because(f"has {size:,} bytes; at most {limits.packed:,} are allowed")
    entries = read_layout(file, most_entries=limits.entries)
    problems = list(problems_of(entries))
    measure = _Measure(file, size, limits)
    problems += measure.all_of(entries, refused={problem.entry for problem in problems})
    front_matter, wrong = _front_matter(measure.skill_md)
    problems += [*_missing(entries), *(Problem(SKILL_MD, text) for text in wrong)]
    if problems:
        raise BadArchive(_shortened(problems))
    files = [File(entry.name, entry.size) for entry in entries if not entry.name.endswith("/")]
    return SkillArchive(
        digest=digest_of(file),
        size=size,
        unpacked=measure.unpacked,
        skill_md=(measure.skill_md or b"").decode(),
        front_matter=front_matter,
        files=sorted(files, key=lambda each: each.path),
    )


def skill_md_problems(text: str) -> list[str]:
    """Everything that is wrong with a SKILL.md."""
    return _front_matter(text.encode("utf-8", "surrogatepass"))[1]


def digest_of(file: BinaryIO) -> str:
    """The SHA-256 of a file, in lower-case hexadecimal digits."""
    file.seek(0)
    digest = hashlib.sha256()
    while piece := file.read(PIECE_BYTES):
        digest.update(piece)
    return digest.hexdigest()


def unpack(file: BinaryIO, limits: Limits = LIMITS) -> Iterator[tuple[str, Iterator[bytes], bool]]:
    """Each file of an archive that `read_skill` has nothing against: path, content in pieces, whether it can be run."""
    for entry in read_layout(file, most_entries=limits.entries):
        if not entry.name.endswith("/"):
            yield entry.name, pieces(file, entry), bool(entry.attributes >> 16 & 0o100)


class _Measure:
    """Unpacks entries, keeps nothing but SKILL.md, and stops where a limit is passed."""

    def __init__(self, file: BinaryIO, size: int, limits: Limits) -> None:
        self.file, self.limits, self.unpacked = file, limits, 0
        self.most = min(limits.unpacked, size * limits.ratio)
        self.skill_md: bytes | None = None

    def all_of(self, entries: Sequence[Entry], *, refused: set[str]) -> Iterator[Problem]:
        """Complaints about the content of entries, but for those whose name or nature is refused already."""
        for entry in entries:
            if entry.name in refused:
                continue
            try:
                self.one(entry)
            except BadArchive as error:
                yield from error.problems
            if self.unpacked > self.most:
                yield self._too_large()
                return

    def one(self, entry: Entry) -> None:
        kept: list[bytes] = []
        for piece in pieces(self.file, entry):
            self.unpacked += len(piece)
            if self.unpacked > self.most:
                return
            if entry.name == SKILL_MD and self.skill_md is None:
                kept.append(piece)
                if sum(map(len, kept)) > self.limits.skill_md:
                    text = f"has more than {self.limits.skill_md:,} bytes, which is all that is allowed"
                    raise BadArchive([Problem(SKILL_MD, text)])
        if entry.name == SKILL_MD and self.skill_md is None:
            self.skill_md = b"".join(kept)

    def _too_large(self) -> Problem:
        if self.most == self.limits.unpacked:
            return Problem("", f"unpacks to more than {self.limits.unpacked:,} bytes, which is all that is allowed")
        return Problem("", f"unpacks to more than {self.limits.ratio} times its own size")


def _missing(entries: Sequence[Entry]) -> Iterator[Problem]:
    names = [entry.name for entry in entries]
    if SKILL_MD in names:
        return
    elsewhere = next((name for name in names if name.rpartition("/")[2] == SKILL_MD), "")
    if elsewhere:
        folder = elsewhere.rpartition("/")[0]
        yield Problem(elsewhere, f"must stand at the root: zip what is in {folder}, not {folder} itself")
    elif similar := next((name for name in names if name.lower() == SKILL_MD.lower()), ""):
        yield Problem(similar, f"must be called {SKILL_MD}")
    else:
        yield Problem("", f"has no {SKILL_MD} at its root")


def _front_matter(skill_md: bytes | None) -> tuple[FrontMatter, list[str]]:
    if skill_md is None:
        return FrontMatter(), []
    if not skill_md:
        return FrontMatter(), ["is empty"]
    if len(skill_md) > LIMITS.skill_md:
        return FrontMatter(), [f"has more than {LIMITS.skill_md:,} bytes, which is all that is allowed"]
    try:
        text = skill_md.decode()
    except UnicodeDecodeError as error:
        return FrontMatter(), [f"is not UTF-8: byte {error.start + 1:,} cannot be read"]
    if "\x00" in text:
        return FrontMatter(), ["holds a NUL character"]
    return read_front_matter(text)


def _shortened(problems: Sequence[Problem]) -> Sequence[Problem]:
    unique = list(dict.fromkeys(problems))
    more = len(unique) - MOST_PROBLEMS
    return unique if more <= 0 else [*unique[:MOST_PROBLEMS], Problem("", f"has {more:,} more problems")]
