"""The content of an entry, measured while it is unpacked: what the archive says about it is believed of nothing."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import BinaryIO, Final

from apps.archives.layout import Entry
from apps.archives.names import STORED
from apps.archives.problems import BadArchive, Problem

PIECE_BYTES: Final = 64 * 1024


def pieces(file: BinaryIO, entry: Entry) -> Iterator[bytes]:
    """The content of `entry`, never more than it says. Raises BadArchive when it is not what it says."""
    crc = size = 0
    unpacked = _stored(file, entry) if entry.method == STORED else _inflated(file, entry)
    for piece in unpacked:
        size += len(piece)
        if size > entry.size:
            raise BadArchive([Problem(entry.name, f"says that it has {entry.size:,} bytes, and has more")])
        crc = zlib.crc32(piece, crc)
        yield piece
    if size != entry.size:
        raise BadArchive([Problem(entry.name, f"says that it has {entry.size:,} bytes, and has {size:,}")])
    if crc != entry.crc:
        raise BadArchive([Problem(entry.name, "is damaged: its checksum is another one")])


def _stored(file: BinaryIO, entry: Entry) -> Iterator[bytes]:
    at, left = entry.data, entry.packed
    while left:
        file.seek(at)  # somebody else may read from it between two pieces
        piece = file.read(min(PIECE_BYTES, left))
        if not piece:
            raise BadArchive([Problem(entry.name, "is cut off")])
        yield piece
        at, left = at + len(piece), left - len(piece)


def _inflated(file: BinaryIO, entry: Entry) -> Iterator[bytes]:
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        for packed in _stored(file, entry):
            if unpacker.eof:
                raise BadArchive([Problem(entry.name, "has something behind its content")])
            waiting = packed
            while waiting and not unpacker.eof:
                yield unpacker.decompress(waiting, PIECE_BYTES)
                waiting = unpacker.unconsumed_tail
        while not unpacker.eof and (rest := unpacker.decompress(b"", PIECE_BYTES)):
            yield rest
    except zlib.error:
        raise BadArchive([Problem(entry.name, "is damaged: it cannot be unpacked")]) from None
    if not unpacker.eof:
        raise BadArchive([Problem(entry.name, "is cut off")])
    if unpacker.unused_data:
        raise BadArchive([Problem(entry.name, "has something behind its content")])
