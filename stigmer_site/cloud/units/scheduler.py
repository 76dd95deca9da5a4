"""What is due now and then, for the whole server. Several of these do nothing twice: each thing is claimed as a row."""

from __future__ import annotations

import logging
import os
import threading
from typing import Final

from django.conf import settings
from django.db import DatabaseError, connection
from prometheus_client import REGISTRY

from apps.agents.sweeper import Sweeper
from apps.resources.ports import QueueLost
from apps.resources.registry import AGENT_EXECUTION
from apps.resources.storage.connections import drop_if_broken
from stigmer_site.cloud.metrics import Runs
from stigmer_site.cloud.unit import Unit
from stigmer_site.collecting import start_collecting
from stigmer_site.machine import run_queue
from stigmer_site.notifying import CurrentChannels, Notifier, start_notifying

logger = logging.getLogger(__name__)

SWEEP_EVERY_SECONDS: Final = 3.0


def run(unit: Unit) -> None:
    stopping = threading.Event()
    with unit.supervisor.starting():
        queue = run_queue()
    REGISTRY.register(Runs())
    start_collecting()
    start_notifying(Notifier(CurrentChannels(os.environ), settings.NOTIFY_TROUBLE_FILE))
    unit.on_stop(stopping.set)
    unit.ready()
    sweeper = Sweeper(AGENT_EXECUTION, queue.put, queue.waiting)
    while not stopping.wait(SWEEP_EVERY_SECONDS):
        _sweep(sweeper)
    connection.close()
    logger.info("ended")


def _sweep(sweeper: Sweeper) -> None:
    """Have runs worked on that no runner knows of, even where every runner is busy or gone."""
    try:
        sweeper.sweep()
    except QueueLost as error:
        logger.warning("could not have all abandoned runs worked on, trying again: %s", error)
    except DatabaseError:
        logger.exception("could not look for abandoned runs; trying again")
        drop_if_broken()
