"""The body of a request, written in the form that its Content-Type names."""

from __future__ import annotations

import enum
import gzip
import json
import secrets
import zlib
from collections.abc import Callable, Iterator, Mapping
from email.message import Message
from urllib.parse import urlencode

from apps.workflows.calls import CallFailed
from apps.workflows.http.content import charset_of
from apps.workflows.values import Json, to_text, type_name

JSON_TYPE = "application/json"
_NO_DATA = ("text/", "image/", "audio/", "video/", "font/", "multipart/")
"""Beginnings of types of which no object can be written, but for those of `_WRITTEN`."""


class Form(enum.Enum):
    JSON = enum.auto()
    URL_ENCODED = enum.auto()
    MULTIPART = enum.auto()


_WRITTEN = {
    "application/x-www-form-urlencoded": Form.URL_ENCODED,
    "multipart/form-data": Form.MULTIPART,
    "text/json": Form.JSON,
    "text/plain": Form.JSON,
}


_PACKED: Mapping[str, Callable[[bytes], bytes]] = {
    "": lambda data: data,
    "identity": lambda data: data,
    "gzip": lambda data: gzip.compress(data, mtime=0),
    "x-gzip": lambda data: gzip.compress(data, mtime=0),
    "deflate": zlib.compress,
}


def form_of(content_type: str) -> Form | None:
    """How a body of this type is written; None where an object cannot be.

    JSON for every type that is not known to be something else: many services have names of their own for it.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if not _charset(content_type):
        return None
    if kind in _WRITTEN:
        return _WRITTEN[kind]
    return None if kind.startswith(_NO_DATA) or kind.endswith(("/xml", "+xml")) else Form.JSON


def encode_body(body: dict[str, Json], content_type: str) -> tuple[bytes, str]:
    """The bytes to send, and their Content-Type. Raises CallFailed (refused)."""
    match form_of(content_type):
        case Form.JSON:
            charset = _charset(content_type)
            text = json.dumps(body, ensure_ascii=charset != "utf-8")  # what a charset lacks, JSON escapes
            return text.encode(charset, "replace"), content_type
        case Form.URL_ENCODED:
            return urlencode(list(_fields(body)), errors="replace").encode(), content_type
        case Form.MULTIPART:
            boundary = secrets.token_hex(16)  # so that no field can hold it; one that the author has named could be
            return _multipart(body, boundary), f"multipart/form-data; boundary={boundary}"
        case None:
            raise CallFailed("refused", f"a body cannot be written as {content_type}")


def packed(data: bytes, coding: str) -> bytes:
    """A body in the form that its Content-Encoding names. Raises CallFailed (refused)."""
    pack = _PACKED.get(coding.strip().lower())
    if pack is None:
        raise CallFailed("refused", f"a body cannot be packed with {coding}")
    return pack(data)


def is_coding(name: str) -> bool:
    """Whether a body can be packed so."""
    return name.strip().lower() in _PACKED


def _charset(content_type: str) -> str:
    """Python's name of what a text is written in; empty for a charset that nobody knows."""
    header = Message()
    header["content-type"] = content_type
    return charset_of(header) if header.get_param("charset") else "utf-8"


def _fields(body: dict[str, Json]) -> Iterator[tuple[str, str]]:
    """Names and texts of a form: numbers and truth values as JSON writes them, a list as its name several times."""
    for name, value in body.items():
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, dict | list):
                raise CallFailed("refused", f"a form has no place for the {type_name(item)} in body.{name}")
            yield name, "" if item is None else to_text(item)


def _multipart(body: dict[str, Json], boundary: str) -> bytes:
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{_quoted(name)}"\r\n\r\n{value}\r\n'
        for name, value in _fields(body)
    ]
    return f"{''.join(parts)}--{boundary}--\r\n".encode("utf-8", "replace")


def _quoted(name: str) -> str:
    """As browsers write it (HTML, 4.10.21.8)."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
