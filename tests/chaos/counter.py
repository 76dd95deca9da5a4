"""What steps have their effects on: a service that counts how often each was asked for."""

from __future__ import annotations

import threading
from collections import Counter
from random import Random

from tests.support.http import Answer, Asked, StandIn

PREFIX = "/effects/"
SLOWEST_SECONDS = 0.08
"""Between an effect and the answer that tells of it; a kill in there leaves an outcome unknown."""


class Effects(StandIn):
    """`POST /effects/TAG/STEP` is an effect, `GET` of it is none, and `/refuse` answers 422."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self.hold = threading.Event()
        """Cleared, it keeps the answers to effects back: they have happened, and nobody knows yet."""
        self.hold.set()
        super().__init__()
        # Whoever asks is killed in the middle of it, and that is nothing to print.
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]

    def answer(self, asked: Asked) -> Answer:
        with self._lock:
            self.asked.append(asked)
            delay = self._random.uniform(0.0, SLOWEST_SECONDS)
        if not asked.path.startswith(PREFIX):
            return Answer({"reason": "refused"}, status=422)
        held = asked.method == "POST"
        return Answer(
            {"step": asked.path.rpartition("/")[2]}, delay=delay, before=lambda _: self._wait() if held else None
        )

    def _wait(self) -> None:
        self.hold.wait(60)

    def of(self, tag: str) -> Counter[str]:
        """How often each step of the run with this tag had its effect."""
        with self._lock:
            paths = [asked.path for asked in self.asked if asked.method == "POST"]
        return Counter(path.rpartition("/")[2] for path in paths if path.startswith(f"{PREFIX}{tag}/"))
