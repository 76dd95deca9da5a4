"""Proxies on loopback: a forward proxy for plain HTTP and a SOCKS 5 one, which know where some names are.

with ForwardProxy({"llm.example.test": 4711}) as proxy:
    ...  # HTTP_PROXY=proxy.url; proxy.asked has the names that came
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import BaseRequestHandler, ThreadingTCPServer
from urllib.parse import urlsplit

from tests.support.served import Served

HOP_BY_HOP = {"connection", "proxy-connection", "transfer-encoding", "content-length", "keep-alive"}


Note = Callable[[str], None]


class _Proxy(Served):
    scheme = ""

    def __init__(self, make: Callable[[Note], ThreadingTCPServer | ThreadingHTTPServer]) -> None:
        self.asked: list[str] = []
        super().__init__(make(self.asked.append))

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"


class ForwardProxy(_Proxy):
    scheme = "http"

    def __init__(self, ports: Mapping[str, int]) -> None:
        super().__init__(lambda note: ThreadingHTTPServer(("127.0.0.1", 0), _forwarding(ports, note)))


class SocksProxy(_Proxy):
    scheme = "socks5"

    def __init__(self, ports: Mapping[str, int]) -> None:
        super().__init__(lambda note: ThreadingTCPServer(("127.0.0.1", 0), _tunnelling(ports, note)))


def _forwarding(ports: Mapping[str, int], note: Note) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _forward(self) -> None:
            address = urlsplit(self.path)
            note(address.hostname or "")
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            kept = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
            with contextlib.closing(http.client.HTTPConnection("127.0.0.1", ports[address.hostname or ""])) as there:
                there.request(self.command, address.path, body, kept)
                answer = there.getresponse()
                self.send_response(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in HOP_BY_HOP:
                        self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer.read())

        do_GET = do_POST = do_DELETE = _forward  # noqa: N815  # as http.server wants them

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler


def _tunnelling(ports: Mapping[str, int], note: Note) -> type[BaseRequestHandler]:
    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            peer = self.request.makefile("rb")
            _, methods = peer.read(2)
            peer.read(methods)
            self.request.sendall(b"\x05\x00")
            *_, length = peer.read(5)
            name = peer.read(length).decode()
            peer.read(struct.calcsize("!H"))
            note(name)
            with socket.create_connection(("127.0.0.1", ports[name])) as there:
                self.request.sendall(b"\x05\x00\x00\x01" + bytes(6))
                back = threading.Thread(target=_pump, args=[there, self.request], daemon=True)
                back.start()
                _pump(self.request, there)
                back.join()

    return Handler


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
