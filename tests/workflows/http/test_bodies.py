"""Bodies of requests, in the form that their Content-Type names."""

from __future__ import annotations

import email
import email.policy
import gzip
import json
import zlib
from collections.abc import Callable

import pytest

from apps.workflows.calls import CallFailed
from apps.workflows.http.bodies import encode_body
from apps.workflows.http.request import prepare
from apps.workflows.values import Json

FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json; charset=utf-8",
        "application/vnd.api+json",
        "application/x-amz-json-1.1",
        "application/csp-report",
        "text/json",
        "TEXT/plain",
        'application/json; charset="UTF-16"',
        "text/plain; charset=latin1",
    ],
)
def test_json_is_written_under_every_name_that_may_mean_it(content_type: str) -> None:
    data, sent_type = encode_body({"a": ["ü€", 1, None]}, content_type)
    charset = sent_type.partition("charset=")[2].strip('"') or "utf-8"
    assert json.loads(data.decode(charset)) == {"a": ["ü€", 1, None]}
    assert sent_type == content_type


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        ({"grant_type": "client_credentials", "scope": "a b"}, b"grant_type=client_credentials&scope=a+b"),
        ({"n": 1.0, "yes": True, "none": None, "text": ""}, b"n=1&yes=true&none=&text="),
        ({"to": ["a&b", "ü"], "no": []}, b"to=a%26b&to=%C3%BC"),
        ({"half": "\ud83d"}, b"half=%3F"),
        ({}, b""),
    ],
)
def test_a_form_is_written_as_one(body: dict[str, Json], sent: bytes) -> None:
    assert encode_body(body, f"{FORM}; charset=utf-8") == (sent, f"{FORM}; charset=utf-8")


def test_multipart_has_a_boundary_of_ours() -> None:
    body = {"a": "1\r\n--x", 'na"me': "ü", "n": [1, True]}
    data, content_type = encode_body(body, "multipart/form-data; boundary=x")
    message = email.message_from_bytes(
        f"Content-Type: {content_type}\r\n\r\n".encode() + data, policy=email.policy.HTTP
    )
    parts = [
        (part.get_param("name", header="content-disposition"), part.get_payload()) for part in message.iter_parts()
    ]
    assert [name for name, _ in parts] == ["a", "na%22me", "n", "n"]
    assert [text for _, text in parts][2:] == ["1", "true"]
    assert b"\r\n\r\n1\r\n--x\r\n--" in data
    assert "boundary=x" not in content_type


@pytest.mark.parametrize("body", [{"a": {"b": 1}}, {"a": [[1]]}])
@pytest.mark.parametrize("content_type", [FORM, "multipart/form-data"])
def test_a_form_without_room_for_a_value_is_refused(body: dict[str, Json], content_type: str) -> None:
    with pytest.raises(CallFailed, match=r"a form has no place for the (object|array) in body\.a") as caught:
        encode_body(body, content_type)
    assert caught.value.reason == "refused"


@pytest.mark.parametrize(
    "content_type",
    [
        "text/csv",
        "image/png",
        "application/xml",
        "image/svg+xml",
        "multipart/mixed",
        "application/json; charset=klingon",
    ],
)
def test_what_is_no_object_is_refused(content_type: str) -> None:
    with pytest.raises(CallFailed, match="a body cannot be written as ") as caught:
        encode_body({}, content_type)
    assert caught.value.reason == "refused"


@pytest.mark.parametrize(
    ("coding", "unpack"),
    [("GZip", gzip.decompress), ("deflate", zlib.decompress), ("identity", bytes), ("", bytes)],
)
def test_a_body_is_packed_as_its_header_says(coding: str, unpack: Callable[[bytes], bytes]) -> None:
    request = prepare("POST", "http://host/", {"content-encoding": coding}, {"a": "1"})
    assert request.body is not None
    assert unpack(request.body) == b'{"a": "1"}'
    assert (b"Content-Length", str(len(request.body)).encode()) in request.headers
    with pytest.raises(CallFailed, match="a body cannot be packed with br"):
        prepare("POST", "http://host/", {"content-encoding": "br"}, {"a": "1"})


def test_the_header_says_what_was_written() -> None:
    request = prepare("POST", "http://host/", {"content-type": "multipart/form-data"}, {"a": "1"})
    (sent_type,) = [value for name, value in request.headers if name.lower() == b"content-type"]
    assert sent_type.startswith(b"multipart/form-data; boundary=")
    assert request.body is not None
    assert sent_type.partition(b"=")[2] in request.body


def test_without_a_body_the_header_is_the_author_s() -> None:
    request = prepare("GET", "http://host/", {"Content-Type": "text/csv"}, None)
    assert (b"Content-Type", b"text/csv") in request.headers
