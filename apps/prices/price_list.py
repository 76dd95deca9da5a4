"""The prices that one process knows: looked up once, and those of the user's own as they are now."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from apps.prices.own import BadPrices, OwnPrice, own_price_of, read_own
from apps.shared.prices import Prices, Tariff, UnitPrice

logger = logging.getLogger(__name__)
LOOK_UP_SECONDS = 60.0
DAYS_AHEAD = 15
COMMAND = (sys.executable, "-P", "-m", "apps.prices")


@dataclass
class PriceList:
    """`file` is the user's own; it need not exist, and is read again when it has changed."""

    file: Path
    command: tuple[str, ...] = COMMAND
    _known: dict[Tariff, UnitPrice | None] = field(default_factory=dict)
    _source: str = ""
    _own: tuple[tuple[int, int], list[OwnPrice]] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def look_up(self, wanted: Collection[Tariff]) -> Prices:
        """What is known of these. Whatever goes wrong is told in `problem`: sums of tokens are worth having without."""
        problem, own = "", list[OwnPrice]()
        with self._lock:
            try:
                own = self._read_own()
            except BadPrices as error:
                problem = str(error)
            mine = {each: price for each in wanted if (price := own_price_of(own, each.model)) is not None}
            try:
                self._learn([each for each in wanted if each not in self._known and each not in mine])
            except (OSError, ValueError, subprocess.SubprocessError) as error:
                logger.warning("cannot look prices up: %s", error)
                problem = problem or "the list of prices cannot be read now: see the log of the server"
            prices = {each: self._known.get(each) for each in wanted}
            prices |= {each: UnitPrice(price.read, price.written) for each, price in mine.items()}
            return Prices(prices, self._source, str(self.file), problem)

    def _read_own(self) -> list[OwnPrice]:
        try:
            found = self.file.stat()
        except OSError:
            return []
        seen = (found.st_mtime_ns, found.st_size)
        if self._own is None or self._own[0] != seen:
            self._own = seen, read_own(self.file)
        return self._own[1]

    def _learn(self, wanted: Collection[Tariff]) -> None:
        if not wanted:
            return
        # Those of the next days, too: asked on each of them, somebody would wait for the list every morning.
        ahead = {each._replace(day=each.day + timedelta(days=days)) for each in wanted for days in range(DAYS_AHEAD)}
        wanted = sorted(ahead - self._known.keys())
        asked = json.dumps([[each.model, each.prompt_over, each.day.isoformat()] for each in wanted])
        done = subprocess.run(
            self.command, input=asked, capture_output=True, text=True, check=True, timeout=LOOK_UP_SECONDS
        )
        told = json.loads(done.stdout)
        self._source = told["source"]
        for each, price in zip(wanted, told["prices"], strict=True):
            self._known[each] = UnitPrice(*map(Decimal, price)) if price else None
