"""How a unit is, over HTTP: /livez, /readyz and /metrics, on an address of its own.

Whoever asks may be anybody who reaches the address: no answer says more than which part does not work.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

from django.db import DatabaseError, connection

from apps.processes.addresses import Address, can_connect
from apps.resources.errors import AddressInUse
from stigmer_site.cloud import metrics, schema

logger = logging.getLogger(__name__)

BELIEVED_SECONDS: Final = 1.0
"""Whoever asks more often is answered what was found last."""
TEXT: Final = "text/plain; charset=utf-8"
Check = Callable[[], str]
"""What does not work, "" when it does."""


@dataclass
class Health:
    """`needed` decide whether a unit is ready; `others` are told, and cost time while they are away, not runs."""

    needed: dict[str, Check]
    others: dict[str, Check] = field(default_factory=dict)
    is_started: bool = False
    is_ending: bool = False
    _found: tuple[float, bool, str] = (0.0, False, "")
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def readiness(self) -> tuple[bool, str]:
        """Whether to send it work, and a line for each part."""
        if self.is_ending:
            return False, "ending\n"
        if not self.is_started:
            return False, "starting\n"
        with self._lock:
            if time.monotonic() > self._found[0]:
                is_ready, lines = self._look()
                self._found = (time.monotonic() + BELIEVED_SECONDS, is_ready, lines)
            return self._found[1:]

    def _look(self) -> tuple[bool, str]:
        needed = {name: check() for name, check in self.needed.items()}
        others = {name: check() for name, check in self.others.items()}
        lines = "".join(f"{name}: {said or 'ok'}\n" for name, said in (needed | others).items())
        return not any(needed.values()), lines


def database() -> str:
    try:
        return "migrations are pending" if schema.pending() else ""
    except DatabaseError:
        return "does not answer"
    finally:
        connection.close()  # of a thread that ends


def reachable(address: Address) -> Check:
    """Whether somebody accepts connections there."""
    return lambda: "" if can_connect(address, timeout_seconds=1.0) else "does not answer"


def serve(address: Address, health: Health) -> None:
    """Answer on `address` for as long as the process lives. Raises AddressInUse."""
    try:
        server = _server_class(address)((address.host, address.port), _handler(health))
    except OSError as error:
        hint = "Choose another with `--health-listen HOST:PORT`"
        raise AddressInUse(str(address), "another process", hint=hint) from error
    threading.Thread(target=server.serve_forever, name="health", daemon=True).start()


def _server_class(address: Address) -> type[ThreadingHTTPServer]:
    family = address.families[0][0]
    return type("HealthServer", (ThreadingHTTPServer,), {"daemon_threads": True, "address_family": family})


def _handler(health: Health) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        server_version, sys_version = "stigmer", ""
        timeout = 10

        def do_GET(self) -> None:
            if self.path == "/livez":
                self._answer(200, b"ok\n")
            elif self.path == "/readyz":
                is_ready, lines = health.readiness()
                self._answer(200 if is_ready else 503, lines.encode())
            elif self.path == "/metrics":
                self._answer(200, metrics.text(), metrics.CONTENT_TYPE)
            else:
                self._answer(404, b"there are /livez, /readyz and /metrics\n")

        def _answer(self, status: int, body: bytes, content_type: str = TEXT) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # http.server's name
            logger.debug(format, *args)

    return Handler
