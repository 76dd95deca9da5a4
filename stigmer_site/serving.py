"""Waitress on sockets that are ours already, with a stop that other threads may call."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from waitress import create_server, wasyncore
from waitress.channel import HTTPChannel
from waitress.server import BaseWSGIServer

# One person and a few tabs; each thread keeps a database connection of its own.
THREADS = 4
MAX_BODY = 12 * 1024 * 1024
# More than browsers open. Of those that somebody holds without asking for anything, the quietest makes room.
MOST_CONNECTIONS = 200
# Only for idle connections to be dropped; requests and `stop` wake the loop at once.
LOOP_SECONDS = 5.0
# A page asks for more files at once than there are threads: that is no reason to warn.
logging.getLogger("waitress.queue").setLevel(logging.ERROR)


class WebServer:
    """`options` are those of waitress, beyond or instead of ours. `unwrapped` takes each accepted connection and
    answers the socket to serve instead."""

    def __init__(
        self,
        application: Callable[..., Any],
        sockets: list[socket.socket],
        *,
        unwrapped: Callable[[socket.socket], socket.socket] | None = None,
        **options: Any,
    ) -> None:
        self._stopping = threading.Event()
        self._map: dict[int, Any] = {}  # Any: waitress has no types
        ours = {
            "threads": THREADS,
            "connection_limit": 10 * MOST_CONNECTIONS,  # waitress would accept nothing more until one is closed
            "ident": None,
            "max_request_body_size": MAX_BODY,
            "asyncore_use_poll": True,
        }
        self._server = create_server(application, map=self._map, sockets=sockets, **ours | options)
        if unwrapped is not None:
            for listener in self._map.values():
                if isinstance(listener, BaseWSGIServer):
                    listener.accept = partial(_accept, listener.accept, unwrapped)
                    # They are of TCP, which what is served instead need not be.
                    listener.set_socket_options = lambda _: None

    def run(self) -> None:
        """Serve until `stop`; requests under way are finished, for at most 5 s."""
        while not self._stopping.is_set():
            wasyncore.loop(timeout=LOOP_SECONDS, use_poll=True, map=self._map, count=1)
            self._make_room()
        self._server.task_dispatcher.shutdown()
        wasyncore.close_all(self._map)

    def _make_room(self) -> None:
        connections = [each for each in self._map.values() if isinstance(each, HTTPChannel)]
        if len(connections) > MOST_CONNECTIONS:
            waiting = [each for each in connections if not each.requests]
            if waiting:
                min(waiting, key=lambda each: each.last_activity).handle_close()

    def stop(self) -> None:
        self._stopping.set()
        for listener in list(self._map.values()):
            if hasattr(listener, "pull_trigger"):
                listener.pull_trigger()
                return


def _accept(accept: Callable[[], Any], unwrapped: Callable[[socket.socket], socket.socket]) -> Any:
    """As waitress's own: the socket to serve and the address of the peer, or None for nobody."""
    accepted = accept()
    return accepted and (unwrapped(accepted[0]), accepted[1])
