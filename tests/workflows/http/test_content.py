"""Bodies of answers as JSON values."""

import codecs
import sys

import pytest

from apps.workflows.calls import CallFailed
from apps.workflows.http.content import decode_answer
from apps.workflows.values import Json

LATIN = "José".encode("latin-1")
XML = '<?xml version="1.0" encoding="{}"?><n>José</n>'


@pytest.mark.parametrize(
    ("content_type", "body", "value"),
    [
        ("application/json", b'{"a": 1.0}', {"a": 1.0}),
        ("application/json; charset=utf-8", b"[]", []),
        ("application/problem+json", b"null", None),
        ("text/plain", b'{"a": 1}', '{"a": 1}'),
        ("", b'{"a": 1}', {"a": 1}),
        ("", b"plain", "plain"),
        ("", b"\xff\x00", "/wA="),
        ("image/png", b"\xff\x00", "/wA="),
        ("application/octet-stream", b"\x00\x01", "AAE="),
        ("image/x-icon; charset=utf-8", b"a\x00", "YQA="),
        ("image/svg+xml", b"<svg/>", "<svg/>"),
        ("application/json", b"", None),
        ("", b"", None),
    ],
)
def test_a_body_is_what_it_says_it_is(content_type: str, body: bytes, value: Json) -> None:
    assert decode_answer(200, content_type, body) == value


@pytest.mark.parametrize(
    ("content_type", "body", "value"),
    [
        ("text/plain; charset=latin-1", LATIN, "José"),
        ("text/html; charset='windows-1251'", "да".encode("cp1251"), "да"),
        ("application/x-own; charset=latin-1", LATIN, "José"),
        ('application/json; charset="iso-8859-1"', b'{"n": "%b"}' % LATIN, {"n": "José"}),
        ("text/plain; charset=utf-16be", "José".encode("utf-16-be"), "José"),
        ("text/plain; charset=utf-32", "José".encode("utf-32"), "José"),
        ("application/json; charset=utf-16", '{"n": "José"}'.encode("utf-16-le"), {"n": "José"}),
        ("application/json", '{"n": "José"}'.encode("utf-16-be"), {"n": "José"}),
        ("text/html", LATIN, "José"),
        ("text/html", "José".encode(), "José"),
        ("text/plain; charset=us-ascii", "José".encode(), "José"),
        ("text/xml", XML.format("iso-8859-15").encode("iso-8859-15"), XML.format("iso-8859-15")),
        ("application/atom+xml", XML.format("utf-8").encode(), XML.format("utf-8")),
        ("text/html", '<meta charset="koi8-r">да'.encode("koi8-r"), '<meta charset="koi8-r">да'),
        ("text/html", '<meta charset="nonsense">да'.encode(), '<meta charset="nonsense">да'),
    ],
)
def test_a_text_is_read_in_the_charset_that_is_declared(content_type: str, body: bytes, value: Json) -> None:
    assert decode_answer(200, content_type, body) == value


@pytest.mark.parametrize("name", ["undefined", "nonsense", "a\0b", "hex", "idna", "utf-7", "unicode_escape", '"', "ü"])
@pytest.mark.parametrize("kind", ["text/plain", "application/json", "image/png"])
def test_a_charset_that_nobody_knows_is_utf8(kind: str, name: str) -> None:
    body = '"José"'.encode()
    assert decode_answer(200, f"{kind}; charset={name}", body) in ('"José"', "José")


@pytest.mark.parametrize(
    ("content_type", "value"),
    [("text/csv", "a,ü"), ("application/json", "a,ü"), ("text/plain; charset=latin-1", "a,ü"), ("text/xml", "a,ü")],
)
@pytest.mark.parametrize("mark", ["utf-8-sig", "utf-16", "utf-16-be", "utf-32", "utf-32-be"])
def test_a_byte_order_mark_is_no_part_of_the_text(content_type: str, value: str, mark: str) -> None:
    text = f'"{value}"' if "json" in content_type else value
    body = text.encode(mark) if mark in ("utf-8-sig", "utf-16", "utf-32") else f"\ufeff{text}".encode(mark)
    assert decode_answer(200, content_type, body) == value


def test_a_byte_order_mark_in_a_text_of_another_kind_is_left_out_too() -> None:
    assert decode_answer(200, "application/x-own", codecs.BOM_UTF8 + b"a") == "a"


@pytest.mark.parametrize(
    "body", [b"<html>", b"{", b"NaN", b"[" * 100_000, b"[" * 300 + b"]" * 300, b"\xff", b"[%s]" % (b"9" * 5000)]
)
def test_a_lie_is_an_error(body: bytes) -> None:
    with pytest.raises(CallFailed, match="says it is application/json but is not") as caught:
        decode_answer(200, "application/json", body)
    assert caught.value.reason == "unreadable"
    assert "sys." not in str(caught.value)


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"error": "none"}', {"error": "none"}),
        (b"no such thing", "no such thing"),
        (b"<html>", "<html>"),
        (LATIN, "José"),
        (b"[" * 300 + b"]" * 300, "[" * 300 + "]" * 300),
    ],
)
def test_the_body_of_a_failure_is_taken_as_it_is(body: bytes, value: Json) -> None:
    for status in (302, 404, 502):
        assert decode_answer(status, "application/json", body) == value


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (rb'{"a\ud83d": ["b\ude00c", "\ud83d\ude00"]}', {"a\ufffd": ["b\ufffdc", "\U0001f600"]}),
        (rb'"\ude00\ud83d"', "\ufffd\ufffd"),
        (rb'"\\ud83d"', r"\ud83d"),
        (b"[1E400, -1e999, 1.5e3]", [sys.float_info.max, -sys.float_info.max, 1500.0]),
    ],
)
def test_what_nobody_can_store_becomes_what_can_be(body: bytes, value: Json) -> None:
    assert decode_answer(200, "application/json", body) == value
    assert decode_answer(500, "", body) == value
