"""Prices for who must not wait for them: the first look takes a second, and goes on meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Collection

from apps.resources.ports import machine
from apps.shared.prices import Tariff


def prices_within(wanted: Collection[Tariff], seconds: float) -> bool:
    """Whether the prices of these are looked up by then; from then on, asking for them takes no time."""
    if not wanted:
        return True
    done, source = threading.Event(), machine().prices

    def look() -> None:
        try:
            source.look_up(wanted)
        finally:
            done.set()

    threading.Thread(target=look, name="prices", daemon=True).start()
    return done.wait(seconds)
