"""A name that stands for another address each time that it is looked up.

    rebind(monkeypatch, "shop.example", "127.0.0.1", "127.0.0.2")

The last answer is given for ever. Whoever connects to what was found first reaches the first address.
"""

from __future__ import annotations

import socket
from typing import Any

import pytest


def rebind(monkeypatch: pytest.MonkeyPatch, name: str, *answers: str) -> list[str]:
    """What has been answered so far."""
    told: list[str] = []
    real = socket.getaddrinfo

    def answer(host: Any, *more: Any, **named: Any) -> Any:
        if (host.decode() if isinstance(host, bytes) else host) != name:
            return real(host, *more, **named)
        told.append(answers[min(len(told), len(answers) - 1)])
        return real(told[-1], *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    return told
