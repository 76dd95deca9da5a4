"""The body of an HTTP response as a JSON value."""

import base64
import json
from email.message import Message

from apps.workflows.interpreter.effects import HttpFailure
from apps.workflows.values import Json, check_size

_JSON = ("application/json", "text/json")


def decode_body(content_type: str, body: bytes) -> Json:
    """What a task's output is: JSON decoded, text as text, anything else in base64, null for nothing.

    A body without a type is JSON if it reads as JSON. Raises HttpFailure (unreadable) for a body that says it is JSON
    and is not.
    """
    if not body:
        return None
    header = Message()
    header["content-type"] = content_type or "application/octet-stream"
    kind = header.get_content_type()
    if kind in _JSON or kind.endswith("+json"):
        try:
            return _json(body)
        except ValueError as error:
            raise HttpFailure("unreadable", f"the answer says it is {kind} but is not: {error}") from None
    if not content_type:
        try:
            return _json(body)
        except ValueError:
            pass  # Then it is text, or bytes.
    try:
        return body.decode(header.get_content_charset() or "utf-8")
    except (UnicodeDecodeError, LookupError):
        return base64.b64encode(body).decode()


def _json(body: bytes) -> Json:
    try:
        value = json.loads(body, parse_constant=_refuse)
        # Never longer than its body; the levels are what counts.
        check_size(value, 10 * len(body))
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    return value


def _refuse(constant: str) -> Json:
    raise ValueError(f"{constant} is not JSON")
