"""The body of an HTTP answer as a JSON value."""

import base64
import codecs
import json
import re
from email.message import Message
from http import HTTPStatus

from apps.shared.numbers import integer
from apps.workflows.calls import CallFailed
from apps.workflows.values import Json, check_size, finite, with_whole_characters

_JSON = ("application/json", "text/json")
_XML = ("application/xml", "text/xml")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
"""Byte order marks; those of UTF-32 begin or end with one of UTF-16, so they come first."""
_NO_CHARSETS = frozenset({"undefined", "charmap", "idna", "punycode", "unicode-escape", "raw-unicode-escape", "utf-7"})
"""Codecs of Python that are no charset of any text, or one that nobody may be trusted with."""
_DECLARED_IN_XML = re.compile(rb"<\?xml[^>]{1,100}?encoding\s*=\s*[\"']([\w.:-]+)")
_DECLARED_IN_HTML = re.compile(rb"<meta[^>]{1,200}?charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_LONGEST_START = 1024
"""Where in a text its charset is declared, if it is (HTML's rule)."""


def decode_answer(status: int, content_type: str, body: bytes) -> Json:
    """What a task's output is, or what its error quotes.

    JSON decoded, text as text, anything else in base64, null for nothing. A body without a type is JSON if it reads
    as JSON. A status outside 200..299 counts whatever its body is: one that is not what it says is text.
    Raises CallFailed (unreadable) for the body of a success that says it is JSON and is not.
    """
    if not body:
        return None
    header = Message()
    header["content-type"] = content_type or "application/octet-stream"
    kind, declared = header.get_content_type(), charset_of(header)
    try:
        if kind in _JSON or kind.endswith("+json") or not content_type:
            return _json(body, declared)
    except ValueError as error:
        if content_type and HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            raise CallFailed("unreadable", f"the answer says it is {kind} but is not: {error}") from None
    text = _text(body, kind, declared)
    return base64.b64encode(body).decode() if text is None else text


def _json(body: bytes, declared: str) -> Json:
    text = _decoded(body, _marked(body) or declared or json.detect_encoding(body))
    try:
        value = json.loads(text, parse_constant=_refuse, parse_float=finite, parse_int=integer)
        # Never longer than its body; the levels are what counts.
        check_size(value, 10 * len(body))
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    return with_whole_characters(value) if "\\u" in text else value


def _refuse(constant: str) -> Json:
    raise ValueError(f"{constant} is not JSON")


def _text(body: bytes, kind: str, declared: str) -> str | None:
    """None for what is no text."""
    is_text = kind.startswith("text/") or kind in (*_JSON, *_XML) or kind.endswith(("+xml", "+json"))
    mark = _marked(body) if is_text else "utf-8" if body.startswith(codecs.BOM_UTF8) else ""
    inside = _declared_inside(body[:_LONGEST_START], kind)
    for charset in (mark, declared, inside, "utf-8", "latin-1" if is_text else ""):
        if charset:
            try:
                text = _decoded(body, charset)
            except UnicodeError:
                continue
            # Bytes that happen to be UTF-8 are no text when they hold a NUL, which nobody could store.
            return text if is_text or "\0" not in text else None
    return None


def _decoded(body: bytes, charset: str) -> str:
    return body.decode(charset).removeprefix("\ufeff")


def _marked(body: bytes) -> str:
    """The charset that a byte order mark tells, which is surer than what a header says."""
    return next((charset for mark, charset in _MARKS if body.startswith(mark)), "")


def _declared_inside(start: bytes, kind: str) -> str:
    if kind in _XML or kind.endswith("+xml"):
        pattern = _DECLARED_IN_XML
    elif kind == "text/html":
        pattern = _DECLARED_IN_HTML
    else:
        return ""
    found = pattern.search(start)
    return _charset(found.group(1).decode()) if found else ""


def charset_of(header: Message) -> str:
    """Python's name of the charset that a Content-Type declares; nothing without one, and for one that nobody knows."""
    return _charset(header.get_param("charset"))


def _charset(name: object) -> str:
    try:
        found = codecs.lookup(name).name if isinstance(name, str) else ""
        bytes(4).decode(found or "utf-8")  # refused by codecs that are none, like hex; any charset has these
    except (LookupError, ValueError):
        return ""
    return "" if found.replace("_", "-") in _NO_CHARSETS else found
