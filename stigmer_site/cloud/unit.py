"""What every unit of `stigmer serve` does: look before it begins, say how it is, and end in order."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings

from apps.resources.errors import KeyFileDamaged
from apps.resources.ports import machine
from stigmer_site.cloud import schema
from stigmer_site.cloud.json_logs import JsonFormatter
from stigmer_site.given import SettingsWrong, SettingWrong
from stigmer_site.supervised import Supervisor

END_SECONDS = 25.0
"""After so long a unit that was told to end is gone, whatever it is at. Nothing is lost: others go on."""


@dataclass(frozen=True)
class Unit:
    """One unit, being started. `listen` is its own address, "" for those that nobody calls."""

    name: str
    listen: str
    supervisor: Supervisor

    def on_stop(self, stop: Callable[[], object]) -> None:
        """Call `stop` once, on TERM or INT, in a thread of its own."""

        def end() -> None:
            last = threading.Timer(END_SECONDS, os._exit, [1])
            last.daemon = True
            last.start()
            stop()

        self.supervisor.on_stop(end)


def begin(name: str, listen: str) -> Unit:
    """Raises SettingsWrong for keys that are none; ends the process where it cannot go on."""
    JsonFormatter.unit = name
    os.umask(0o077)
    supervisor = Supervisor(None)
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        machine().keys.read()
    except KeyFileDamaged as damaged:
        hint = "Give every unit the same keys, a line each: id:key"
        raise SettingsWrong([SettingWrong("STIGMER_KEYS", damaged.complaint, hint)]) from damaged
    with supervisor.starting():
        schema.refuse_pending()
    return Unit(name, listen, supervisor)
