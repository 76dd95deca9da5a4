"""A host on loopback that sends given bytes, right or wrong, and remembers what it got.

with RawHost(answer(b"{}", "Content-Encoding: gzip")) as host:
    ...
    assert host.got[0].startswith(b"GET / ")
"""

from __future__ import annotations

import datetime
import socket
import ssl
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


def answer(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """A whole answer, with the length of its body."""
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


class RawHost:
    """One connection after the other gets the next of `answers` (bytes), the last for all further ones, and is closed.

    With `reads=False` it answers before it reads the body of a request; with `stays=True` it neither answers nor
    closes; with `keeps=True` it takes further requests on the same connection. It
    sends `greeting` before anything is asked.
    """

    def __init__(
        self,
        *answers: bytes,
        reads: bool = True,
        stays: bool = False,
        keeps: bool = False,
        greeting: bytes = b"",
        certificate: Path | None = None,
    ) -> None:
        self.got: list[bytes] = []
        """The requests, head and body."""
        self.connections = self.closed = 0
        self._answers, self._reads, self._stays, self._keeps = list(answers), reads, stays, keeps
        self._greeting = greeting
        self._tls: ssl.SSLContext | None = None
        if certificate:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(certificate)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._peers: list[socket.socket] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://localhost:{self.port}/"

    def _serve(self) -> None:
        with suppress(OSError):  # the listener is closed at the end
            while True:
                peer, _ = self._listener.accept()
                self._peers.append(peer)
                self.connections += 1
                with suppress(OSError):  # the other side went away
                    if self._tls:
                        self._peers[-1] = peer = self._tls.wrap_socket(peer, server_side=True)
                    self._talk(peer)

    def _talk(self, peer: socket.socket) -> None:
        peer.sendall(self._greeting)
        while self._read(peer) and not self._stays:
            peer.sendall(self._answers.pop(0) if len(self._answers) > 1 else self._answers[0])
            if not self._keeps:
                peer.close()
                self.closed += 1
                return

    def _read(self, peer: socket.socket) -> bool:
        data = b""
        while b"\r\n\r\n" not in data:
            if not (piece := peer.recv(4096)):
                return False
            data += piece
        head, _, body = data.partition(b"\r\n\r\n")
        length = next(
            (int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
        )
        while self._reads and len(body) < length and (piece := peer.recv(65536)):
            body += piece
        self.got.append(head + b"\r\n\r\n" + body)
        return True

    def __enter__(self) -> RawHost:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for each in (self._listener, *self._peers):
            with suppress(OSError):  # wakes who waits there
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        self._thread.join()


def self_signed(folder: Path, *, begins: int = -1, days: int = 2) -> Path:
    """A certificate for localhost that nobody vouches for, with its key; `begins` so many days from now."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    begin = now + datetime.timedelta(days=begins)
    builder = builder.not_valid_before(begin).not_valid_after(begin + datetime.timedelta(days=days))
    certificate = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "certificate.pem"
    path.write_bytes(secret + certificate.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    return path
