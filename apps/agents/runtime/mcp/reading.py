"""What a server wrote, read in any way that makes sense: its messages, however they are wrapped."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator

from apps.resources.json_value import Json
from apps.shared.characters import whole_characters

_DECODER = json.JSONDecoder()
_START = re.compile(r'[{\[]\s*(?:\{\s*)?"(?:jsonrpc|id|result|error|method)"')
_MARKS = frozenset({codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE})
MAX_STARTS = 20
"""Places in one line where a message may begin; each costs a look at what follows."""
SHOWN = 200
MAX_ANSWER = 8 * 1024 * 1024
"""Bytes of one answer; a longer one is thrown away as it comes, and its call fails."""
INTERNAL_ERROR = -32603
OURS = -32099
"""Code of an error that no server sent. Its message goes on where the server is named: "did not answer"."""
SESSION_GONE = -32098
"""Code of an error that says that the server has forgotten the session."""
TOO_LARGE = f"answered with more than {MAX_ANSWER // 1024 // 1024} MB; the answer was thrown away"


def messages_in(data: bytes) -> list[Json]:
    """The JSON-RPC messages in a line, or in the body of an HTTP answer; none in what is noise.

    A byte order mark, words before and after, bytes that are no UTF-8, halves of surrogate pairs and lists of
    messages do no harm. Requests and notifications count only by themselves: within other words they are a log.
    """
    text = text_of(data)
    found = [message for value in _values(text) for message in (value if isinstance(value, list) else [value])]
    is_alone = text[:1] in {"{", "["}
    return [_in_form(each) for each in found if is_response(each) or (is_alone and _is_request(each))]


def is_broken(data: bytes) -> bool:
    """Whether this was to be a message, as far as one can tell, although none can be read in it."""
    text = text_of(data)
    return "jsonrpc" in text and (text[:1] in {"{", "["} or '"method"' not in text)


def text_of(data: bytes) -> str:
    # As JSON is detected: by its first bytes, of which those of UTF-16 and UTF-32 have a NUL or a byte order mark.
    encoding = json.detect_encoding(data) if b"\0" in data[:4] or data[:2] in _MARKS else "utf-8"
    return data.decode(encoding, "replace").strip("\ufeff \t\r\n\0")


def first_line(text: str) -> str:
    """Of what somebody else wrote, as much as belongs in an error."""
    lines = text.strip().splitlines()
    return lines[0][:SHOWN] + ("..." if len(lines[0]) > SHOWN else "") if lines else ""


def is_response(value: Json) -> bool:
    if not isinstance(value, dict) or "method" in value:
        return False
    return ("jsonrpc" in value or "id" in value) and ("result" in value or "error" in value)


def failure(request_id: Json, message: str, code: int = INTERNAL_ERROR) -> Json:
    """The answer to a request that has no other."""
    return {"jsonrpc": "2.0", "id": request_id, "error": {"code": code, "message": message}}


def _is_request(value: Json) -> bool:
    return isinstance(value, dict) and isinstance(value.get("method"), str)


def _values(text: str) -> Iterator[Json]:
    """The JSON values in a text that begin like messages, and the one that it begins with."""
    starts = [0] if text[:1] in {"{", "["} else []
    end = 0
    for _, start in zip(
        range(MAX_STARTS), (*starts, *(found.start() for found in _START.finditer(text))), strict=False
    ):
        if start < end:
            continue
        try:
            value, end = _DECODER.raw_decode(text, start)
            yield _storable(value) if re.search(r"\\u[dD]", text[start:end]) else value
        except (ValueError, RecursionError):
            continue


def _in_form(message: Json) -> Json:
    """As JSON-RPC has it: one of result and error, an id that is a whole number or a text."""
    request_id = message.get("id")
    if isinstance(request_id, float) and request_id.is_integer():
        request_id = int(request_id)
    if isinstance(request_id, bool) or not isinstance(request_id, int | str):
        request_id = None
    formed = {"jsonrpc": "2.0"} | ({} if request_id is None else {"id": request_id})
    if "method" in message:
        params = message.get("params")
        return formed | {"method": message["method"]} | ({"params": params} if isinstance(params, dict) else {})
    if message.get("error") is not None:
        return formed | {"error": _error(message["error"])}
    return formed | {"result": message.get("result")}


def _error(error: Json) -> Json:
    if not isinstance(error, dict):
        return {"code": INTERNAL_ERROR, "message": error if isinstance(error, str) else json.dumps(error)}
    code, message = error.get("code"), error.get("message")
    formed = {
        "code": code if isinstance(code, int) else INTERNAL_ERROR,
        "message": message if isinstance(message, str) and message else json.dumps(error),
    }
    return formed | ({"data": error["data"]} if "data" in error else {})


def _storable(value: Json) -> Json:
    if isinstance(value, str):
        return whole_characters(value)
    if isinstance(value, list):
        return [_storable(each) for each in value]
    if isinstance(value, dict):
        return {whole_characters(key): _storable(each) for key, each in value.items()}
    return value
