"""The words that scripted units are written in (`from unit_words import *`, in a bare interpreter).

Not the product's own code for units on purpose: this is the protocol once more, in its simplest form.
"""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import time

__all__ = [
    "alone",
    "channel",
    "forever",
    "ignore",
    "json",
    "listen",
    "os",
    "say",
    "signal",
    "socket",
    "subprocess",
    "sys",
    "time",
]

channel = socket.socket(fileno=int(os.environ["STIGMER_SUPERVISOR_FD"]))


def say(**message: object) -> None:
    channel.sendall(json.dumps(message).encode() + b"\n")


def listen(address: str) -> socket.socket:
    host, _, port = address.rpartition(":")
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("127.0.0.1" if host == "localhost" else host, int(port)))
    server.listen(64)
    return server


def alone() -> None:
    """Until the supervisor is gone."""
    while channel.recv(1):
        pass


def ignore(*numbers: int) -> None:
    for number in numbers:
        signal.signal(number, signal.SIG_IGN)


def forever() -> None:
    select.select([], [], [])
