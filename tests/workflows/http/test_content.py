"""Bodies of answers as JSON values."""

import pytest

from apps.workflows.http.content import decode_body
from apps.workflows.interpreter.effects import HttpFailure
from apps.workflows.values import Json


@pytest.mark.parametrize(
    ("content_type", "body", "value"),
    [
        ("application/json", b'{"a": 1.0}', {"a": 1.0}),
        ("application/json; charset=utf-8", b"[]", []),
        ("application/problem+json", b"null", None),
        ("text/plain", b'{"a": 1}', '{"a": 1}'),
        ("text/plain; charset=latin-1", b"gr\xfcn", "grün"),
        ("text/plain; charset=nonsense", b"x", "eA=="),
        ("", b'{"a": 1}', {"a": 1}),
        ("", b"plain", "plain"),
        ("image/png", b"\xff\x00", "/wA="),
        ("application/json", b"", None),
        ("", b"", None),
    ],
)
def test_a_body_is_what_it_says_it_is(content_type: str, body: bytes, value: Json) -> None:
    assert decode_body(content_type, body) == value


@pytest.mark.parametrize("body", [b"<html>", b"{", b"NaN", b"[" * 100_000, b"[" * 300 + b"]" * 300, b"\xff"])
def test_a_lie_is_an_error(body: bytes) -> None:
    with pytest.raises(HttpFailure, match="says it is application/json but is not") as caught:
        decode_body("application/json", body)
    assert caught.value.reason == "unreadable"
