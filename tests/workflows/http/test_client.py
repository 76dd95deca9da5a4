"""One request and whatever may come of it: every answer that a host can give, and what its failure means."""

from __future__ import annotations

import gzip
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import pytest

from apps.shared.reach import Reach, parse_place
from apps.workflows.calls import CallAborted, CallFailed, Watch
from apps.workflows.http.client import HttpClient
from apps.workflows.http.exchange import Response
from apps.workflows.values import Json
from tests.support.daemon import wait_until
from tests.support.ports import free_port
from tests.support.raw_http import RawHost, answer, self_signed
from tests.support.rebinding import rebind

TEXT = b'{"a": 1}'
SECONDS = 20
"""More than any of these takes on the busiest machine."""


def send(host: RawHost, method: str = "GET", body: Json = None, **headers: str) -> Response:
    with closing(HttpClient()) as client:
        return client.send(method, host.url, headers, body, seconds=SECONDS)


def failure(host: RawHost, method: str = "GET", body: Json = None, **headers: str) -> CallFailed:
    with pytest.raises(CallFailed) as caught:
        send(host, method, body, **headers)
    return caught.value


@pytest.fixture
def client() -> Iterator[HttpClient]:
    with closing(HttpClient()) as client:
        yield client


def test_a_request_and_its_answer() -> None:
    with RawHost(answer(TEXT, "X-Seen: 1", "X-Seen: 2")) as host:
        response = send(host, "POST", {"ü": 1}, **{"X-A": " b ", "Content-Length": "7", "X-W": "grün \N{SNOWMAN}"})
    assert response == Response(200, {"x-seen": "2", "content-length": "8"}, TEXT)
    head, _, body = host.got[0].partition(b"\r\n\r\n")
    assert body == '{"ü": 1}'.encode()
    assert head.split(b"\r\n") == [
        b"POST / HTTP/1.1",
        f"Host: localhost:{host.port}".encode(),
        b"X-A: b",
        "X-W: grün \N{SNOWMAN}".encode(),
        b"Accept: application/json, */*",
        b"Accept-Encoding: gzip, deflate",
        b"User-Agent: stigmer",
        b"Content-Type: application/json",
        b"Content-Length: 9",
    ]


@pytest.mark.parametrize(
    "before", ["103 Early Hints\r\nLink: </s.css>; rel=preload", "102 Processing", "100 Continue\r\n\r\nHTTP/1.1 199 X"]
)
def test_interim_answers_are_passed_over(before: str) -> None:
    with RawHost(f"HTTP/1.1 {before}\r\n\r\n".encode() + answer(TEXT)) as host:
        assert send(host).body == TEXT


def bare(data: bytes) -> bytes:
    """Deflate without zlib's format around it, as some servers send it."""
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return deflater.compress(data) + deflater.flush()


@pytest.mark.parametrize(
    ("codings", "packed"),
    [
        ("gzip", gzip.compress(TEXT, mtime=0)),
        ("X-GZip", gzip.compress(TEXT, mtime=0)),
        ("gzip", gzip.compress(TEXT[:3], mtime=0) + gzip.compress(TEXT[3:], mtime=0)),
        ("gzip", gzip.compress(TEXT, mtime=0) + b"\0" * 20),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", bare(TEXT)),
        ("deflate, gzip", gzip.compress(zlib.compress(TEXT), mtime=0)),
        ("deflate\r\ncontent-encoding: gzip", gzip.compress(zlib.compress(TEXT), mtime=0)),
        ("identity", TEXT),
        ("utf-8", TEXT),
        ("", TEXT),
    ],
)
def test_content_codings_are_undone(codings: str, packed: bytes) -> None:
    with RawHost(answer(packed, f"Content-Encoding: {codings}")) as host:
        assert send(host).body == TEXT


def test_a_coding_may_be_cut_anywhere() -> None:
    packed = gzip.compress(TEXT, mtime=0)
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in packed) + b"0\r\n\r\n"
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
    with RawHost(head + chunks) as host:
        assert send(host).body == TEXT


@pytest.mark.parametrize("length", [10 * 2**20, 2**20, 2**20 + 258])
def test_a_long_answer_is_unpacked_to_its_end(length: int) -> None:
    with RawHost(answer(gzip.compress(b"x" * length, mtime=0), "Content-Encoding: gzip")) as host:
        assert send(host).body == b"x" * length


@pytest.mark.parametrize(
    ("codings", "packed", "said"),
    [
        ("gzip", gzip.compress(b"\0" * (10 * 2**20 + 1), mtime=0), "the answer has more than 10 MB"),
        ("", b"\0" * (10 * 2**20 + 1), "the answer has more than 10 MB"),
        ("gzip", gzip.compress(TEXT, mtime=0)[:-3], "the answer ends before all of it is unpacked"),
        ("gzip", b"\x1f", "the answer ends before all of it is unpacked"),
        ("gzip", TEXT, "the answer cannot be unpacked"),
        ("br", b"\x0b\x02\x80abc\x03", "the answer is packed with br, which is not among what was asked"),
        (", ".join(["gzip"] * 6), TEXT, "the answer is packed more than 5 times"),
    ],
)
def test_what_cannot_be_unpacked_is_unreadable(codings: str, packed: bytes, said: str) -> None:
    with RawHost(answer(packed, f"Content-Encoding: {codings}")) as host:
        failed = failure(host)
    assert (failed.reason, str(failed)) == ("unreadable", said)


@pytest.mark.parametrize("headers", [[f"X-{n}: 1" for n in range(130)], [f"X-Long: {'y' * 70_000}"]])
def test_many_and_long_headers_are_read(headers: list[str]) -> None:
    with RawHost(answer(TEXT, *headers)) as host:
        assert send(host).body == TEXT


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (answer(TEXT, f"X-Long: {'y' * 200_000}"), "the headers of the answer are longer than 100 kB"),
        (answer(TEXT, "X-Nul: a\0b"), "the answer breaks the rules of HTTP"),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "the answer breaks the rules of HTTP"),
        (b"\x16\x03\x01\x02\x00\x01\x00", "the answer breaks the rules of HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", "the answer breaks the rules of HTTP"),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", "the answer breaks the rules of HTTP"),
    ],
)
def test_what_is_not_http_is_garbled_and_not_quoted(sent: bytes, said: str) -> None:
    with RawHost(sent) as host:
        failed = failure(host, "POST", {})
    assert (failed.reason, str(failed)) == ("garbled", said)


@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 200", answer(TEXT)[:-1]])
def test_a_connection_that_breaks_after_the_request_was_sent_is_lost(sent: bytes) -> None:
    with RawHost(sent) as host:
        failed = failure(host)
    assert (failed.reason, str(failed)) == ("lost", "the connection broke before the whole answer was there")


@pytest.mark.parametrize(
    ("sent", "body"),
    [
        (answer(b"no such thing", status="404 Not Found")[:-6], b"no such"),
        (answer(b"\0" * (10 * 2**20 + 1), status="500 Error"), None),
        (answer(TEXT, "Content-Encoding: br", status="502 Bad Gateway"), b""),
        (answer(gzip.compress(TEXT, mtime=0)[:-3], "Content-Encoding: gzip", status="429 Slow down"), TEXT),
        (answer("zu früh"[:5].encode(), "Content-Encoding: gzip", status="504 Too late"), b"zu fr"),
        (answer("zu früh".encode()[:6], "Content-Encoding: br", status="504 Too late"), b""),
        (answer(b"\x1f\x00ab", "Content-Encoding: gzip", status="504 Too late"), b""),
    ],
)
def test_a_failure_counts_whatever_becomes_of_its_body(sent: bytes, body: bytes | None) -> None:
    with RawHost(sent) as host:
        response = send(host)
    assert response.status == int(sent.split()[1])
    assert body is None or response.body == body


def test_an_answer_that_comes_during_the_upload_counts() -> None:
    with RawHost(answer(b"too large", status="413 Payload Too Large"), reads=False) as host:
        response = send(host, "POST", {"d": "q" * 8_000_000})
    assert (response.status, response.body) == (413, b"too large")
    assert host.connections == 1


def test_a_certificate_that_fails_says_so(tmp_path: Path) -> None:
    with RawHost(answer(TEXT), certificate=self_signed(tmp_path)) as host:
        failed = failure(host)
    assert failed.reason == "untrusted"
    way_out = "; SSL_CERT_FILE, set where the server is started, names the authorities that are trusted"
    assert str(failed) == f"TLS failed, its certificate does not hold: self-signed certificate{way_out}"


def test_who_does_not_speak_tls_never_will() -> None:
    with RawHost(greeting=b"220 mail\r\n") as host, pytest.raises(CallFailed, match="TLS failed: ") as caught:
        HttpClient().send("POST", host.url.replace("http:", "https:"), {}, None, seconds=SECONDS)
    assert caught.value.reason == "untrusted"


def test_who_takes_no_connections_is_unreachable() -> None:
    with pytest.raises(CallFailed, match="Connection refused") as caught:
        HttpClient().send("POST", f"http://127.0.0.1:{free_port()}/", {}, {}, seconds=SECONDS)
    assert caught.value.reason == "unreachable"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("Authorization", "Bearer secret\n", "the value of the header 'Authorization' has a line break or a control "),
        ("X-Nul", "secret\0", "the value of the header 'X-Nul' has a line break"),
        ("X Space", "secret", "'X Space' cannot be the name of a header"),
    ],
)
def test_a_header_that_cannot_be_sent_is_named_and_its_value_is_not(name: str, value: str, said: str) -> None:
    with RawHost(answer(TEXT)) as host:
        failed = failure(host, **{name: value})
    assert failed.reason == "refused"
    assert str(failed).startswith(said)
    assert "secret" not in str(failed)
    assert host.connections == 0


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("http://secret:port/", "the address is malformed: its host or port cannot be read"),
        (f"http://{'a' * 64}.example/", "the address is malformed"),
        ("http://[::1/", "the address is malformed"),
        ("gopher://host/", "the address needs http:// or https:// and a host"),
        ("http:///path", "the address needs http:// or https:// and a host"),
        ("http://me:secret@host/", "the address holds a user or password"),
    ],
)
def test_an_address_that_leads_nowhere_is_refused(uri: str, said: str) -> None:
    with pytest.raises(CallFailed, match=said) as caught:
        HttpClient().send("GET", uri, {}, None, seconds=SECONDS)
    assert caught.value.reason == "refused"
    assert "secret" not in str(caught.value)


def test_a_connection_is_kept_for_what_may_be_sent_twice(client: HttpClient) -> None:
    with RawHost(answer(TEXT), keeps=True) as host:
        for method in ("POST", "GET", "PUT", "DELETE"):
            client.send(method, host.url, {}, None, seconds=SECONDS)
    assert host.connections == 1
    assert len(host.got) == 4


def test_a_post_gets_a_connection_of_its_own(client: HttpClient) -> None:
    """The other side may close a kept one at any moment, and nobody would know whether the POST had arrived."""
    with RawHost(answer(TEXT, "Connection: close")) as host:
        for _ in range(3):
            client.send("POST", host.url, {}, {}, seconds=SECONDS)
    assert host.connections == 3


def test_a_connection_that_the_host_has_closed_is_not_used(client: HttpClient) -> None:
    with RawHost(answer(TEXT)) as host:
        for count in range(1, 4):
            assert client.send("GET", host.url, {}, None, seconds=SECONDS).body == TEXT
            wait_until(lambda count=count: host.closed == count, "the host has closed it")  # type: ignore[misc]
    assert host.connections == 3


@pytest.mark.parametrize("upload", [None, {"d": "q" * 8_000_000}])
def test_a_host_that_stays_silent_ends_at_the_deadline(upload: Json) -> None:
    with RawHost(stays=True, reads=False) as host, pytest.raises(CallFailed, match="no complete answer") as caught:
        HttpClient().send("POST", host.url, {}, upload, seconds=0.3)
    assert caught.value.reason == "timeout"


def test_whoever_watches_may_abort() -> None:
    with RawHost(stays=True) as host, pytest.raises(CallAborted):
        HttpClient().send("POST", host.url, {}, {}, seconds=SECONDS, watch=aborting_when(lambda: bool(host.got)))


def test_what_is_aborted_before_it_begins_is_not_sent() -> None:
    with RawHost(answer(TEXT)) as host, pytest.raises(CallAborted):
        HttpClient().send("POST", host.url, {}, {}, seconds=SECONDS, watch=aborting_at_once)
    assert host.got == []


def aborting_when(true: Callable[[], bool]) -> Watch:
    """Aborts from another thread, as the worker does."""

    @contextmanager
    def watch(abort: Callable[[], None]) -> Iterator[None]:
        def wait_and_abort() -> None:
            wait_until(true, "the request is under way")
            abort()

        thread = threading.Thread(target=wait_and_abort)
        thread.start()
        yield
        thread.join()

    return watch


@contextmanager
def aborting_at_once(abort: Callable[[], None]) -> Iterator[None]:
    abort()
    yield


def test_a_server_of_many_calls_what_it_has_judged_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that leads elsewhere when it is asked for again leads nobody there; nor does a redirect."""
    with (
        RawHost(answer(b"", "Location: http://127.0.0.1:1/", status="302 Found")) as host,
        closing(HttpClient()) as client,
    ):
        told = rebind(monkeypatch, "shop.example", "127.0.0.1", "127.0.0.2")
        ask = partial(client.send, "GET", headers={}, body=None, seconds=SECONDS)
        reach = Reach((parse_place(f"127.0.0.1:{host.port}"),))
        assert ask(f"http://shop.example:{host.port}/", reach=reach).status == 302
        assert told == ["127.0.0.1"]
        for name in ("shop.example", "0", "[::1]", "[::ffff:127.0.0.2]", "2130706434", "0x7f000002"):
            with pytest.raises(CallFailed, match="leads to this server's own machine") as failed:
                ask(f"http://{name}:{host.port}/", reach=reach)
            assert failed.value.reason == "forbidden"
        with pytest.raises(CallFailed) as lost:
            ask("http://nowhere.invalid/", reach=reach)
        assert lost.value.reason == "unreachable"
    assert host.connections == 1
