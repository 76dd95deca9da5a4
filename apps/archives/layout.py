"""Where everything in a zip archive stands, read strictly.

Readers of zip files disagree about archives that are not put together as they should be: with something before, between
or behind the entries, with two ends, with entries that overlap, with headers that contradict the directory. Such an
archive is refused, so that everybody who unpacks one that is not sees the same files. The format is APPNOTE.TXT 6.3.10
of PKWARE; sections are named where they say something surprising.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Final

from apps.archives.problems import BadArchive, Problem

END: Final = struct.Struct("<4s4H2LH")
END_64: Final = struct.Struct("<4sQ2H2L4Q")
LOCATOR_64: Final = struct.Struct("<4sLQL")
DIRECTORY_ENTRY: Final = struct.Struct("<4s6H3L5H2L")
LOCAL_HEADER: Final = struct.Struct("<4s5H3L2H")
EXTRA: Final = struct.Struct("<2H")
LONGEST_COMMENT: Final = 0xFFFF
IN_64: Final = 0xFFFFFFFF
IN_64_SHORT: Final = 0xFFFF
EXTRA_64: Final = 1
NEWEST: Final = 63
"""Version 6.3 of the format, the last that readers know; who needs a later one is refused by them."""
ENCRYPTED: Final = 0x1 | 0x40 | 0x2000
WITH_DESCRIPTOR: Final = 0x8
IS_UTF8: Final = 0x800
COMPARED_FLAGS: Final = ENCRYPTED | WITH_DESCRIPTOR | IS_UTF8


@dataclass(frozen=True)
class Entry:
    """One line of the directory, and where its content is. Sizes are what the archive says, in bytes."""

    raw_name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    offset: int
    attributes: int
    extra: bytes
    data: int = 0
    """Where its content begins."""

    @property
    def name(self) -> str:
        """As it can be shown, whatever its encoding."""
        return self.raw_name.decode("utf-8", "backslashreplace")


def read_layout(file: BinaryIO, *, most_entries: int) -> list[Entry]:
    """The entries of an archive, in the order of its directory, at most so many. Raises BadArchive."""
    size = file.seek(0, 2)
    directory, directory_end, count = _ends(file, size)
    if count > most_entries:
        raise BadArchive.because(f"has {count:,} entries; at most {most_entries:,} are allowed")
    entries = list(_directory(_read(file, directory, directory_end - directory), most_entries))
    if len(entries) != count:
        raise BadArchive.because(f"says that it has {count:,} entries, and lists {len(entries):,}")
    placed = [_located(file, entry, directory) for entry in entries]
    problems = list(_untiled(file, placed, directory))
    if problems:
        raise BadArchive(problems)
    return placed


def _read(file: BinaryIO, offset: int, length: int) -> bytes:
    file.seek(offset)
    return file.read(length)


def _ends(file: BinaryIO, size: int) -> tuple[int, int, int]:
    """Where the directory begins and ends, and how many entries it should have."""
    tail_start = max(0, size - END.size - LONGEST_COMMENT)
    tail = _read(file, tail_start, size - tail_start)
    found = tail.rfind(b"PK\x05\x06")
    if found < 0:
        raise BadArchive.because("is no zip archive, or its end is missing")
    at = tail_start + found
    if size - at < END.size:
        raise BadArchive.because("is cut off in its end record")
    _, disk, first_disk, here, count, length, start, comment = END.unpack(tail[found : found + END.size])
    if at + END.size + comment != size:
        raise BadArchive.because("does not end where its end record says: something stands behind it, or is missing")
    end = at
    if at >= LOCATOR_64.size and (locator := _read(file, at - LOCATOR_64.size, LOCATOR_64.size))[:4] == b"PK\x06\x07":
        end, count_64, length_64, start_64 = _end_64(file, locator, at - LOCATOR_64.size)
        for said, wide, limit in (
            (count, count_64, IN_64_SHORT),
            (length, length_64, IN_64),
            (start, start_64, IN_64),
        ):
            if said not in {wide, limit}:
                raise BadArchive.because("has two end records that contradict each other")
        here = count = count_64
        length, start = length_64, start_64
    if disk or first_disk or here != count:
        raise BadArchive.because("is one part of several")
    if start + length != end:
        raise BadArchive.because("has something before, behind or within its directory that does not belong there")
    return start, end, count


def _end_64(file: BinaryIO, locator: bytes, locator_at: int) -> tuple[int, int, int, int]:
    """Where the second end record stands, and what it says: entries, length and begin of the directory."""
    _, _, at, _ = LOCATOR_64.unpack(locator)
    record = _read(file, at, END_64.size) if at <= locator_at else b""
    if len(record) < END_64.size or record[:4] != b"PK\x06\x06":
        raise BadArchive.because("has no zip64 end record where it says")
    _, length, _, _, disk, first_disk, here, count, directory_length, start = END_64.unpack(record)
    if (
        at + 12 + length != locator_at or disk or first_disk or here != count
    ):  # the length leaves out 12 bytes: 4.3.14.1
        raise BadArchive.because("has a zip64 end record that cannot be true")
    return at, count, directory_length, start


def _directory(data: bytes, most_entries: int) -> Iterator[Entry]:
    at, count = 0, 0
    while at < len(data):
        header = data[at : at + DIRECTORY_ENTRY.size]
        if len(header) < DIRECTORY_ENTRY.size or header[:4] != b"PK\x01\x02":
            raise BadArchive.because("has a directory that is damaged")
        count += 1
        if count > most_entries:
            raise BadArchive.because(f"has more than {most_entries:,} entries")
        _, _, needed, flags, method, _, _, crc, packed, size, names, extras, comments, disk, _, attributes, offset = (
            DIRECTORY_ENTRY.unpack(header)
        )
        at += DIRECTORY_ENTRY.size
        end = at + names + extras + comments
        if end > len(data):
            raise BadArchive.because("has a directory that is cut off")
        name, extra = data[at : at + names], data[at + names : at + names + extras]
        entry = Entry(name, flags, method, crc, packed, size, offset, attributes, extra)
        if disk not in {0, IN_64_SHORT}:
            raise BadArchive([Problem(entry.name, "is in another part of the archive")])
        _refuse_later_versions(entry, needed)
        yield _widened(entry)
        at = end


def _widened(entry: Entry) -> Entry:
    """The entry with the numbers that stand in its zip64 field, where there was no room for them: 4.5.3."""
    size, packed, offset = _wide(entry, (entry.size, entry.packed, entry.offset))
    return Entry(
        entry.raw_name, entry.flags, entry.method, entry.crc, packed, size, offset, entry.attributes, entry.extra
    )


def _wide(entry: Entry, numbers: tuple[int, ...], extra: bytes | None = None) -> list[int]:
    wide = extra_fields(entry, entry.extra if extra is None else extra).get(EXTRA_64, b"")
    found = []
    for number in numbers:
        if number != IN_64:
            found.append(number)
            continue
        if len(wide) < 8:  # noqa: PLR2004  # bytes of a number
            raise BadArchive([Problem(entry.name, "has sizes that are not there")])
        found.append(int.from_bytes(wide[:8], "little"))
        wide = wide[8:]
    return found


def extra_fields(entry: Entry, data: bytes) -> dict[int, bytes]:
    """The extra fields of a header, the first of each kind. Fewer than four bytes at the end are padding."""
    found: dict[int, bytes] = {}
    at = 0
    while at + EXTRA.size <= len(data):
        kind, length = EXTRA.unpack_from(data, at)
        at += EXTRA.size
        if at + length > len(data):
            raise BadArchive([Problem(entry.name, "has an extra field that is cut off")])
        found.setdefault(kind, data[at : at + length])
        at += length
    return found


def _refuse_later_versions(entry: Entry, needed: int) -> None:
    version = needed & 0xFF
    if version > NEWEST:
        raise BadArchive([Problem(entry.name, f"needs version {version // 10}.{version % 10} of the zip format")])


def _located(file: BinaryIO, entry: Entry, directory: int) -> Entry:
    """The entry with the place of its content. What its own header says must be what the directory says."""
    header = _read(file, entry.offset, LOCAL_HEADER.size) if entry.offset < directory else b""
    if len(header) < LOCAL_HEADER.size or header[:4] != b"PK\x03\x04":
        raise BadArchive([Problem(entry.name, "is not where the directory says")])
    _, needed, flags, method, _, _, crc, packed, size, names, extras = LOCAL_HEADER.unpack(header)
    _refuse_later_versions(entry, needed)
    name = file.read(names)
    size, packed = _wide(entry, (size, packed), file.read(extras))
    said = (crc, packed, size)
    is_later = flags & WITH_DESCRIPTOR and said == (0, 0, 0)
    if (name, flags & COMPARED_FLAGS, method) != (entry.raw_name, entry.flags & COMPARED_FLAGS, entry.method) or (
        not is_later and said != (entry.crc, entry.packed, entry.size)
    ):
        raise BadArchive([Problem(entry.name, "is described in two ways that contradict each other")])
    begin = entry.offset + LOCAL_HEADER.size + names + extras
    return Entry(**{**entry.__dict__, "data": begin})


def _untiled(file: BinaryIO, entries: Sequence[Entry], directory: int) -> Iterator[Problem]:
    """Complaints about entries that do not stand right behind each other, from the first byte to the directory."""
    at = 0
    ordered = sorted(entries, key=lambda entry: entry.offset)
    ends = [*(entry.offset for entry in ordered), directory][1:]
    for entry, following in zip(ordered, ends, strict=True):
        if entry.offset != at:
            yield Problem(entry.name, "overlaps another entry" if entry.offset < at else "has something before it")
        end = entry.data + entry.packed
        at = following
        if end > following:
            yield Problem(entry.name, "overlaps another entry, or the directory")
        elif not _is_descriptor(_read(file, end, min(following - end, 32)), entry):
            yield Problem(entry.name, "has something behind it")
    if not ordered and directory:
        yield Problem("", "has something before its directory")


def _is_descriptor(between: bytes, entry: Entry) -> bool:
    """Whether what stands between an entry and the next is what may: sizes that were known only afterwards, 4.3.9."""
    if not entry.flags & WITH_DESCRIPTOR:
        return not between
    for width in ("L", "Q"):
        numbers = struct.pack(f"<L2{width}", entry.crc, *_fitting(width, entry))
        if between in {numbers, b"PK\x07\x08" + numbers}:
            return True
    return False


def _fitting(width: str, entry: Entry) -> tuple[int, int]:
    limit = IN_64 if width == "L" else 2**64 - 1
    return min(entry.packed, limit), min(entry.size, limit)
