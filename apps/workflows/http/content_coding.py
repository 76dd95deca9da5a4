"""Content codings: what an answer's body was packed with, unpacked piece by piece and never past a limit.

Not the decoders of httpx: those pass over what follows the first member of a gzip file, and a file that is cut off.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator

from apps.workflows.calls import CallFailed

_GZIP, _ZLIB, _BARE = zlib.MAX_WBITS | 16, zlib.MAX_WBITS, -zlib.MAX_WBITS
_GZIP_MAGIC = b"\x1f\x8b"
_PIECE = 2**20
_UNKNOWN = frozenset({"br", "zstd", "compress", "x-compress", "dcb", "dcz"})
"""Codings that we never ask for and cannot unpack. Any other word is no coding: some servers write a charset there."""
MOST_CODINGS = 5

Pieces = Iterator[bytes]


def unpacked(codings: str, pieces: Iterable[bytes]) -> Pieces:
    """`pieces` without the codings of a Content-Encoding header, in pieces of at most 1 MB.

    Raises CallFailed (unreadable).
    """
    names = [name.strip().lower() for name in codings.split(",")]
    if unknown := _UNKNOWN.intersection(names):
        raise CallFailed("unreadable", f"the answer is packed with {min(unknown)}, which is not among what was asked")
    unpack = [_UNPACK[name] for name in names if name in _UNPACK]
    if len(unpack) > MOST_CODINGS:
        raise CallFailed("unreadable", f"the answer is packed more than {MOST_CODINGS} times")
    found = iter(pieces)
    for each in reversed(unpack):
        found = each(found)
    return found


def _gunzip(pieces: Pieces) -> Pieces:
    """A gzip file is one member after the other; what follows the last is padding."""
    return _inflated(pieces, lambda start, nth: _GZIP if nth == 0 or start[:2] == _GZIP_MAGIC else None)


def _inflate(pieces: Pieces) -> Pieces:
    """The coding's name stands for zlib's format; some servers send the bare stream inside it."""
    return _inflated(pieces, lambda start, nth: None if nth else _ZLIB if _is_zlib(start) else _BARE)


def _is_zlib(start: bytes) -> bool:
    """Whether it begins with the two bytes of zlib's format, which no bare stream of a known compressor does."""
    return start[0] & 0x0F == zlib.DEFLATED and int.from_bytes(start[:2], "big") % 31 == 0


def _inflated(pieces: Pieces, window: Callable[[bytes, int], int | None]) -> Pieces:
    """`window` is told how the next stream begins, and how many came before; None: it is none."""
    data, nth, inflater = b"", 0, None
    for piece in pieces:
        data += piece
        while inflater or len(data) > 1:
            if inflater is None:
                bits = window(data, nth)
                if bits is None:
                    return
                inflater = zlib.decompressobj(bits)
            found = _step(inflater, data)
            yield found
            data = inflater.unused_data or inflater.unconsumed_tail
            if inflater.eof:
                inflater, nth = None, nth + 1
            elif not data and len(found) < _PIECE:
                break
    if inflater or (data and nth == 0):
        raise CallFailed("unreadable", "the answer ends before all of it is unpacked")


def _step(inflater: zlib._Decompress, data: bytes) -> bytes:
    try:
        return inflater.decompress(data, _PIECE)
    except zlib.error:
        raise CallFailed("unreadable", "the answer cannot be unpacked") from None


_UNPACK = {"gzip": _gunzip, "x-gzip": _gunzip, "deflate": _inflate}
