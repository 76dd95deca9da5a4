"""What every unit of `stigmer serve` does: look before it begins, say how it is, and end in order."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from django.conf import settings

from apps.processes.addresses import parse_address
from apps.resources.errors import KeyFileDamaged
from apps.resources.ports import machine
from stigmer_site.cloud import health, metrics, schema
from stigmer_site.cloud.broker import Broker
from stigmer_site.cloud.health import Check, Health
from stigmer_site.cloud.json_logs import JsonFormatter
from stigmer_site.given import SettingsWrong, SettingWrong
from stigmer_site.supervised import Supervisor

logger = logging.getLogger(__name__)

END_SECONDS: Final = 25.0
"""After so long a unit that was told to end is gone, whatever it is at. Nothing is lost: others go on."""


@dataclass
class Unit:
    """One unit, being started. `listen` is its own address, "" for those that nobody calls."""

    name: str
    listen: str
    supervisor: Supervisor
    health: Health
    _hurried: threading.Event = field(default_factory=threading.Event)

    def ready(self) -> None:
        self.health.is_started = True
        self.supervisor.ready(self.listen)

    def on_stop(self, stop: Callable[[], object]) -> None:
        """Call `stop` once, on TERM or INT, in a thread of its own. A second signal ends every `linger`."""
        wanted = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: (self._hurried if wanted.is_set() else wanted).set())

        def end() -> None:
            wanted.wait()
            self.health.is_ending = True
            logger.info("ending")
            last = threading.Timer(END_SECONDS, os._exit, [1])
            last.daemon = True
            last.start()
            stop()

        threading.Thread(target=end, name="end", daemon=True).start()

    def linger(self, seconds: float) -> None:
        """Go on as before, for whoever has not noticed yet that this unit ends."""
        self._hurried.wait(seconds)


def begin(name: str, listen: str, health_listen: str) -> Unit:
    """Raises SettingsWrong for keys that are none and a broker that does not take us.

    Ends the process where it cannot go on.
    """
    JsonFormatter.unit = name
    os.umask(0o077)
    supervisor = Supervisor(None)
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        machine().keys.read()
    except KeyFileDamaged as damaged:
        hint = "Give every unit the same keys, a line each: id:key"
        raise SettingsWrong([SettingWrong("STIGMER_KEYS", damaged.complaint, hint)]) from damaged
    metrics.BUILD.info({"version": settings.VERSION, "unit": name})
    state = Health({"database": health.database}, _elsewhere())
    with supervisor.starting():
        health.serve(parse_address(health_listen), state)
        schema.refuse_pending()
    return Unit(name, listen, supervisor, state)


def _elsewhere() -> dict[str, Check]:
    """What else a server stands on. While one of these is away runs wait, and nobody is refused.

    Raises SettingsWrong for a broker that is there and does not take us.
    """
    broker = Broker(settings.BROKER_URL)
    broker.refuse_wrong()
    if not settings.TEMPORAL_ADDRESS:
        return {"broker": broker}
    return {"broker": broker, "temporal": health.reachable(parse_address(settings.TEMPORAL_ADDRESS))}
