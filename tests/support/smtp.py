"""A server that takes mail and keeps it: `with MailHost() as host`, then look at `host.mails` and `host.said`.

`host.answers["RCPT"] = "550 nobody"` has it refuse; `context` offers STARTTLS by that certificate. `host.users` are the
pairs that may sign in.
"""

from __future__ import annotations

import base64
import email.policy
import socketserver
import ssl
import threading
from email import message_from_bytes
from email.message import EmailMessage
from types import TracebackType
from typing import Self

USUAL = {"MAIL": "250 good", "RCPT": "250 good", "DATA": "354 go on", "NOOP": "250 good", "RSET": "250 good"}


class MailHost:
    def __init__(self, *, context: ssl.SSLContext | None = None) -> None:
        self.mails: list[EmailMessage] = []
        self.said: list[str] = []
        """Everything that clients said before their mails."""
        self.answers: dict[str, str] = {}
        self.users: dict[str, str] = {}
        self.context = context
        self._server = _Server(("127.0.0.1", 0), _Session)
        self._server.host = self
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def address(self) -> str:
        """`127.0.0.1:PORT`."""
        return f"127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    host: MailHost


class _Session(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        host = self.server.host
        self._say("220 here")
        while line := self.rfile.readline().decode().strip():
            host.said.append(line)
            word = line.partition(" ")[0].upper()
            if word == "QUIT":
                self._say("221 bye")
                return
            if word in ("EHLO", "HELO"):
                self._greet()
            elif word == "STARTTLS" and host.context is not None:
                self._say("220 go on")
                try:
                    self.connection = host.context.wrap_socket(self.connection, server_side=True)
                except OSError:  # of a certificate that the client does not trust
                    return
                self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb")
            elif word == "AUTH":
                _, user, password = base64.b64decode(line.split()[2]).decode().split("\0")
                self._say("235 welcome" if host.users.get(user) == password else "535 who?")
            else:
                answer = host.answers.get(word, USUAL.get(word, "502 what?"))
                self._say(answer)
                if answer.startswith("354"):
                    self._take()

    def _greet(self) -> None:
        offers = ["here", "AUTH PLAIN"] if self.server.host.users else ["here"]
        if self.server.host.context is not None and not isinstance(self.connection, ssl.SSLSocket):
            offers.append("STARTTLS")
        for offer in offers[:-1]:
            self._say(f"250-{offer}")
        self._say(f"250 {offers[-1]}")

    def _take(self) -> None:
        lines: list[bytes] = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b"..") else line)
        self.server.host.mails.append(message_from_bytes(b"".join(lines), policy=email.policy.default))
        self._say("250 kept")

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())
        self.wfile.flush()
