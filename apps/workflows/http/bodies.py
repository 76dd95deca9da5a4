"""The body of a request, written in the form that its Content-Type names."""

from __future__ import annotations

import enum
import json
import secrets
from collections.abc import Iterator
from urllib.parse import urlencode

from apps.workflows.calls import CallFailed
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


def form_of(content_type: str) -> Form | None:
    """How a body of this type is written; None where an object cannot be.

    JSON for every type that is not known to be something else: many services have names of their own for it.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind in _WRITTEN:
        return _WRITTEN[kind]
    return None if kind.startswith(_NO_DATA) or kind.endswith(("/xml", "+xml")) else Form.JSON


def encode_body(body: dict[str, Json], content_type: str) -> tuple[bytes, str]:
    """The bytes to send, and their Content-Type. Raises CallFailed (refused)."""
    match form_of(content_type):
        case Form.JSON:
            return json.dumps(body, ensure_ascii=False).encode("utf-8", "replace"), content_type
        case Form.URL_ENCODED:
            return urlencode(list(_fields(body)), errors="replace").encode(), content_type
        case Form.MULTIPART:
            boundary = secrets.token_hex(16)  # so that no field can hold it; one that the author has named could be
            return _multipart(body, boundary), f"multipart/form-data; boundary={boundary}"
        case None:
            raise CallFailed("refused", f"a body cannot be written as {content_type}")


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
