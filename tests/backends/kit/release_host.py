"""A stand-in for the host that gives out Temporal, on loopback; and what it may give out."""

from __future__ import annotations

import hashlib
import http.server
import io
import sys
import tarfile
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from apps.backends.local.temporal.release import Release

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Answers for its version, and serves on its port until it is told to end: all that the daemon sees of Temporal.
STAND_IN = f"""#!{sys.executable} -IS
import os, signal, socket, sys
if sys.argv[1:] == ["--version"]:
    print("temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)")
    sys.exit()
print(sys.argv, flush=True)
print(dict(os.environ), flush=True)
with socket.create_server(("127.0.0.1", int(sys.argv[sys.argv.index("--port") + 1]))):
    signal.pause()
"""


def archive(*files: tuple[str, str]) -> bytes:
    """A release archive of these (name, text) pairs."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, text in files:
            entry = tarfile.TarInfo(name)
            entry.size = len(text.encode())
            tar.addfile(entry, io.BytesIO(text.encode()))
    return packed.getvalue()


OFFICIAL = archive(("LICENSE", "be nice"), ("temporal", STAND_IN))


class ReleaseHost:
    """`body` is given out with `status`; `cut` ends the connection after so many bytes of it."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.body = OFFICIAL
        self.status = 200
        self.cut = -1
        self.asked: list[str] = []

    def release(self, body: bytes = OFFICIAL) -> Release:
        """The release here, which ought to be `body`."""
        return Release("1.5.1", f"http://127.0.0.1:{self.port}/temporal.tar.gz", hashlib.sha256(body).hexdigest())


@contextmanager
def release_host() -> Iterator[ReleaseHost]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            host.asked.append(self.path)
            self.send_response(host.status)
            self.send_header("Content-Length", str(len(host.body)))
            self.end_headers()
            self.wfile.write(host.body[: host.cut] if host.cut >= 0 else host.body)

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  # the name is theirs
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        host = ReleaseHost(server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield host
        finally:
            server.shutdown()
            thread.join()


def program(path: Path, text: str = STAND_IN) -> str:
    """An executable file; its path as text."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return str(path)
