"""TLS before a server that speaks plain HTTP: each connection is unwrapped here, and handed on as a pair of sockets.

Waitress knows no TLS, and its sockets are used by several threads, which OpenSSL's must not be. The server accepts
connections as before and gets, instead of each, a socket that carries what was unwrapped, with the same peer's address.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from ssl import SSLContext, SSLError
from typing import Final

logger = logging.getLogger(__name__)

FIRST_SECONDS: Final = 10.0
"""For a connection to say something, and to agree on TLS."""
END_SECONDS: Final = 3.0
"""For what is still on its way when the server has ended."""
PIECE: Final = 2**16
HANDSHAKE: Final = b"\x16"
"""With it every connection of TLS begins."""
PLAIN: Final = b"This address speaks TLS: ask it by https://\n"
REFUSAL: Final = (
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n"
    b"Content-Length: %d\r\n\r\n%b" % (len(PLAIN), PLAIN)
)


class TlsFront:
    """`context` is asked for each connection, so that a new certificate serves the next one."""

    def __init__(self, context: Callable[[], SSLContext]) -> None:
        self._context = context
        self._loop = asyncio.new_event_loop()
        self._open: set[asyncio.Task[None]] = set()
        threading.Thread(target=self._loop.run_forever, name="tls", daemon=True).start()

    def unwrapped(self, connection: socket.socket) -> socket.socket:
        """What the server reads and writes instead of `connection`, which is closed with it."""
        inner, outer = socket.socketpair()
        self._loop.call_soon_threadsafe(self._begin, connection, outer)
        return inner

    def close(self) -> None:
        """Let through what the server had answered before it ended."""

        async def rest() -> None:
            if self._open:
                await asyncio.wait(self._open, timeout=END_SECONDS)

        asyncio.run_coroutine_threadsafe(rest(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)

    def _begin(self, connection: socket.socket, outer: socket.socket) -> None:
        task = self._loop.create_task(self._serve(connection, outer))
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def _serve(self, connection: socket.socket, outer: socket.socket) -> None:
        connection.setblocking(False)
        with outer, connection:
            try:
                if await self._speaks_tls(connection):
                    await self._relay(connection, outer)
                else:
                    connection.recv(PIECE)  # what is left unread would have the answer taken back
                    await self._loop.sock_sendall(connection, REFUSAL)
            except SSLError as error:
                logger.debug("no TLS with %s: %s", connection, error.reason)
            except (OSError, TimeoutError) as error:
                logger.debug("a connection broke off: %s", error)

    async def _speaks_tls(self, connection: socket.socket) -> bool:
        """By its first byte, which is left where it is. Nothing at all is an end, too. Raises TimeoutError, OSError."""
        readable = asyncio.Event()
        self._loop.add_reader(connection, readable.set)
        try:
            async with asyncio.timeout(FIRST_SECONDS):
                await readable.wait()
        finally:
            self._loop.remove_reader(connection)
        return connection.recv(1, socket.MSG_PEEK) in (HANDSHAKE, b"")

    async def _relay(self, connection: socket.socket, outer: socket.socket) -> None:
        reader = asyncio.StreamReader(limit=PIECE)
        protocol = asyncio.StreamReaderProtocol(reader)
        transport, _ = await self._loop.connect_accepted_socket(
            lambda: protocol, connection, ssl=self._context(), ssl_handshake_timeout=FIRST_SECONDS
        )
        writer = asyncio.StreamWriter(transport, protocol, reader, self._loop)
        from_server, to_server = await asyncio.open_connection(sock=outer, limit=PIECE)
        try:
            asking = asyncio.create_task(_pump(reader, to_server))
            await _pump(from_server, writer)  # the server decides when it is over
            asking.cancel()
        finally:
            for each in (writer, to_server):
                each.close()
                with suppress(OSError):
                    await each.wait_closed()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Until the one side has said its last word, or the other is gone."""
    with suppress(OSError):
        while piece := await reader.read(PIECE):
            writer.write(piece)
            await writer.drain()
    with suppress(OSError):
        if writer.can_write_eof():
            writer.write_eof()
