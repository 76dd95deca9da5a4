"""Removing now and then what nothing refers to any more, beside everything else that the api unit does."""

from __future__ import annotations

import logging
import threading
import time
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import connection
from django.utils import timezone

from apps.resources.executions.forgetting import forget_steps
from apps.resources.maintenance.collection import collect_artifacts
from apps.resources.storage import journal

logger = logging.getLogger(__name__)

EVERY_SECONDS: Final = 900.0


def start_collecting() -> None:
    threading.Thread(target=_collect_for_ever, name="collecting", daemon=True).start()


def forget_old_changes(now: datetime) -> None:
    """Of the journal, which those who watch read: who comes back later lists again."""
    journal.forget(now - journal.KEPT)


def forget_failed_runs(now: datetime) -> None:
    """What they did: they can no longer be retried."""
    forget_steps(now, timedelta(days=settings.RETRY_DAYS))


def _collect_for_ever() -> None:
    while True:
        for collect in (collect_artifacts, forget_old_changes, forget_failed_runs):
            try:
                collect(timezone.now())
            except Exception:  # the next time may go better, and nobody waits for it
                logger.exception("collecting failed")
        connection.close()  # for long
        time.sleep(EVERY_SECONDS)
