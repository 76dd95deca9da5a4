"""Telling somebody that runs fail, beside everything else that the api unit does."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from django.db import connection

from apps.backends import config
from apps.backends.errors import BackendError
from apps.backends.notify import channels_of
from apps.notices.channels import Channels
from apps.processes.files import replace_file
from apps.resources.maintenance import notices

logger = logging.getLogger(__name__)

LOOK_SECONDS: Final = 1.0


class CurrentChannels:
    """The configuration file, read again when it has changed. What it says wrongly changes nothing."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._seen: tuple[int, int] | None = None
        self._last = Channels(environ)

    def __call__(self) -> Channels:
        seen = self._stamp()
        if seen != self._seen:
            self._seen = seen
            try:
                self._last = channels_of(config.load(environ=self._environ), self._environ)
            except (BackendError, OSError) as error:
                logger.warning("the configuration cannot be read, what it said before holds: %s", error)
        return self._last

    def _stamp(self) -> tuple[int, int]:
        try:
            found = Path(config.config_path(self._environ)).stat()
        except OSError:
            return (0, 0)
        return found.st_mtime_ns, found.st_size


class Notifier:
    """`trouble` is a file that says why the last message did not arrive, and is gone once one does."""

    def __init__(self, channels: Callable[[], Channels], trouble: Path) -> None:
        self._channels, self._trouble = channels, trouble
        self._is_silent = False

    def step(self, now: float) -> None:
        """One look. Raises DatabaseError."""
        channels = self._channels()
        if not channels.names:
            if not self._is_silent:
                notices.forget()
                self._trouble.unlink(missing_ok=True)
            self._is_silent = True
            return
        self._is_silent = False
        for parcel in notices.look(channels.names, now, with_recovery=channels.recovery):
            told = channels.deliver(parcel.body, parcel.left)
            failed = {name: why for name, why in told.items() if why}
            for name, why in failed.items():
                logger.warning("notification %s by %s: %s", parcel.id, name, why)
            self._keep(failed)
            notices.settle(parcel, [*failed], time.time())

    def _keep(self, failed: Mapping[str, str]) -> None:
        try:
            if failed:
                self._trouble.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                replace_file(str(self._trouble), "\n".join(failed.values()).encode())
            else:
                self._trouble.unlink(missing_ok=True)
        except OSError as error:
            logger.warning("%s: %s", self._trouble, error.strerror)


def start_notifying(notifier: Notifier) -> None:
    threading.Thread(target=_notify_for_ever, args=[notifier], name="notifying", daemon=True).start()


def _notify_for_ever(notifier: Notifier) -> None:
    while True:
        try:
            notifier.step(time.time())
        except Exception:  # the next look may go better, and nothing is forgotten
            logger.exception("looking for runs that failed has failed")
            connection.close()
        time.sleep(LOOK_SECONDS)
