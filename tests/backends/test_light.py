"""Asking for names without grpc and protobuf: what both would say."""

from __future__ import annotations

import socket
import threading
from contextlib import closing, suppress
from typing import TYPE_CHECKING

import pytest

from apps.backends.kinds import KINDS, Kind
from apps.backends.light import names
from apps.backends.light.http2 import DATA, LightCallFailed, LightChannel, frame, literal
from apps.backends.light.wire import Malformed, fields
from apps.processes.addresses import Address, parse_address
from tests.suites.client import unique

if TYPE_CHECKING:
    from tests.suites.client import Api


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_the_fields_have_the_numbers_of_the_contract(kind: Kind) -> None:
    message = kind.message_class()()
    parts = message.DESCRIPTOR.fields_by_name
    metadata, spec = (parts[name].message_type.fields_by_name for name in ("metadata", "spec"))
    assert (parts["metadata"].number, parts["spec"].number) == (names.METADATA, names.SPEC)
    assert (metadata["slug"].number, metadata["id"].number) == (names.SLUG, names.ID)
    describing = next((spec[name] for name in ("description", "subject") if name in spec), None)
    assert names.DESCRIPTION.get(kind.name) == (describing and (describing.name, describing.number))


def test_all_names_are_found_page_by_page(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "PAGE", 2)
    agents = api.of("Agent")
    spec = {"instructions": "Answer in one sentence.", "description": "Grüße\nand more"}
    made = [agents.create(agents.envelope(spec, name=unique("light"))) for _ in range(5)]
    with closing(LightChannel(parse_address(api.endpoint), "t" * 300, seconds=20)) as channel:
        found = names.names_of(channel, "Agent")
        newest = [next(found) for _ in made]
        assert [*names.names_of(channel, "ExecutionContext")] == [], "on the same connection, by metadata alone"
        with pytest.raises(LightCallFailed):
            next(names.names_of(channel, "Nonsense"))
    wanted = [(each.metadata.slug, each.metadata.id, "Grüße") for each in reversed(made)]
    assert [(each.slug, each.id, each.description) for each in newest] == wanted


def test_a_text_of_any_length_has_its_length_before_it() -> None:
    assert literal("ä" * 63) == bytes((126,)) + "ä".encode() * 63
    assert literal("a" * 127) == b"\x7f\x00" + b"a" * 127
    assert literal("a" * 300) == b"\x7f\xad\x01" + b"a" * 300  # by the example of RFC 7541, C.1


@pytest.mark.parametrize("broken", [b"\x0a\x05ab", b"\x0a", b"\xff", b"\x0b"])
def test_what_is_no_message_is_refused(broken: bytes) -> None:
    with pytest.raises(Malformed):
        list(fields(broken))


@pytest.mark.parametrize(
    "answer", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\0\0\4\3\0\0\0\0\1\0\0\0\2", b"\0\0\1\0\1\0\0\0\1x"]
)
def test_an_answer_that_is_none_fails(answer: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1)
                connection.sendall(answer)
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(4096):
                    pass

        threading.Thread(target=serve, daemon=True).start()
        with (
            closing(LightChannel(Address(*server.getsockname()), "", seconds=20)) as channel,
            pytest.raises(LightCallFailed),
        ):
            channel.call(names.LIST, b"")


def test_a_server_that_says_nothing_is_not_waited_for() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        closing(LightChannel(Address(*server.getsockname()), "", seconds=0.01)) as channel,
        pytest.raises(LightCallFailed, match="timed out"),
    ):
        channel.call(names.LIST, b"")


def test_a_server_that_never_ends_its_answer_is_not_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection, suppress(OSError):
                while True:
                    connection.sendall(frame(DATA, 0, 1, b"x" * 16_000))

        threading.Thread(target=serve, daemon=True).start()
        with (
            closing(LightChannel(Address(*server.getsockname()), "", seconds=0.5)) as channel,
            pytest.raises(LightCallFailed, match="timed out"),
        ):
            channel.call(names.LIST, b"")
