"""What entries of an archive may be called, so that unpacking them writes below one directory, everywhere the same."""

from __future__ import annotations

import re
import stat
import unicodedata
from collections.abc import Iterator, Sequence

from apps.archives.layout import ENCRYPTED, Entry, extra_fields
from apps.archives.problems import BadArchive, Problem
from apps.yaml_text.hidden import CHARACTERS

MAX_PATH_BYTES = 1024
MAX_PART_BYTES = 255
CONTROL = re.compile(f"[{CHARACTERS}\t\n]")
DRIVE = re.compile(r"[A-Za-z]:")
UNICODE_PATH = 0x7075
IS_FOLDER_IN_DOS = 0x10
STORED, DEFLATED = 0, 8


def problems_of(entries: Sequence[Entry]) -> Iterator[Problem]:
    """Everything that is wrong with what entries are called and what they are."""
    good: list[str] = []
    for entry in entries:
        problems = [Problem(entry.name, text) for text in _of_one(entry)]
        yield from problems
        good += [] if problems else [entry.name]
    yield from _clashes(good)  # of bounded length, as comparing the others could take for ever


def _of_one(entry: Entry) -> Iterator[str]:
    if entry.flags & ENCRYPTED:
        yield "is encrypted"
    if entry.method not in {STORED, DEFLATED}:
        yield f"is compressed by method {entry.method}; only deflate is read"
    unreadable = [*_encoding(entry)]
    yield from unreadable or path_problems(entry.name)
    yield from _type(entry)


def _encoding(entry: Entry) -> Iterator[str]:
    """Names are UTF-8, marked as such or not: common tools do not mark them."""
    try:
        entry.raw_name.decode()
    except UnicodeDecodeError:
        yield "has a name that is not UTF-8"
        return
    try:
        other = extra_fields(entry, entry.extra).get(UNICODE_PATH)
    except BadArchive as error:
        yield error.problems[0].text
        return
    if other is not None and other[5:] != entry.raw_name:  # behind a version and a checksum
        yield "has two names"


def path_problems(name: str) -> Iterator[str]:
    """Everything that is wrong with a path in an archive; folders end with a slash."""
    if not name:
        yield "has no name"
        return
    if CONTROL.search(name):
        yield "has control characters in its name"
    if "\\" in name:
        yield "has a backslash in its name"
    if name.startswith("/") or DRIVE.match(name):
        yield "has an absolute path"
    parts = name.removesuffix("/").lstrip("/").split("/")
    if ".." in parts:
        yield "leads out of the archive"
    if "." in parts or "" in parts:
        yield 'has a path with a part that is empty or "."'
    if len(name.encode("utf-8", "replace")) > MAX_PATH_BYTES:
        yield f"has a path of more than {MAX_PATH_BYTES:,} bytes"
    elif any(len(part.encode("utf-8", "replace")) > MAX_PART_BYTES for part in parts):
        yield f"has a path with a part of more than {MAX_PART_BYTES} bytes"


def _type(entry: Entry) -> Iterator[str]:
    kind = stat.S_IFMT(entry.attributes >> 16)
    is_folder = entry.name.endswith("/")
    if kind == stat.S_IFLNK:
        yield "is a symbolic link"
    elif kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
        yield "is neither a file nor a folder"
    elif is_folder and (kind == stat.S_IFREG or entry.size or entry.packed > 2):  # noqa: PLR2004  # nothing, deflated
        yield "is called like a folder and is a file"
    elif not is_folder and (kind == stat.S_IFDIR or entry.attributes & IS_FOLDER_IN_DOS):
        yield "is a folder and is called like a file"


def _clashes(names: Sequence[str]) -> Iterator[Problem]:
    """Names that mean the same file somewhere: on disks that ignore case, or put letters and accents together."""
    seen: dict[str, str] = {}
    files = {_folded(name) for name in names if not name.endswith("/")}
    for name in names:
        folded = _folded(name)
        if folded in seen:
            other = seen[folded]
            yield Problem(name, "is there twice" if name == other else f'means the same file as "{other}" somewhere')
        seen.setdefault(folded, name)
        above = folded.split("/")[:-1]
        if any("/".join(above[: depth + 1]) in files for depth in range(len(above))):
            yield Problem(name, "lies below something that is a file")


def _folded(name: str) -> str:
    folded = unicodedata.normalize("NFD", name.removesuffix("/")).casefold()
    return unicodedata.normalize("NFD", folded)
