"""Runs of workflows, for the Temporal that all units know: any number of these share its queue."""

from __future__ import annotations

import asyncio
import logging
import os
import sys

from django.conf import settings

from apps.resources.ports import machine
from stigmer_site import launchers
from stigmer_site.cloud.unit import Unit
from stigmer_site.given import SettingsWrong, SettingWrong
from stigmer_site.machine import installation
from stigmer_site.temporal_place import TemporalPlace

logger = logging.getLogger(__name__)


def run(unit: Unit) -> None:
    """Raises SettingsWrong where there is no Temporal."""
    if not settings.TEMPORAL_ADDRESS:
        raise SettingsWrong([SettingWrong("TEMPORAL_ADDRESS", "it is not set", "Name a Temporal: HOST:PORT")])
    code = 1
    try:
        with unit.supervisor.starting():
            import uvloop  # as in the command `workflowworker`

            uvloop.new_event_loop().run_until_complete(_work(unit))
        logger.info("ended")
        code = 0
    except Exception:
        logger.exception("the workflow worker ended")
    finally:
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        # Not sys.exit: interpreters that loaded temporalio may crash while they are torn down.
        os._exit(code)


async def _work(unit: Unit) -> None:
    from apps.workflows.worker.unit import WorkerUnit  # half a second

    launchers.install()
    unit.health.needed["temporal"] = unit.health.others.pop("temporal")
    worker = WorkerUnit(
        TemporalPlace(settings.STATE_FILE, settings.TEMPORAL_ADDRESS).find,
        settings.TEMPORAL_NAMESPACE,
        await asyncio.to_thread(installation),
        # What is too large for a history is in files, which every worker must find.
        settings.BLOBS_DIR / "workflows",
        machine().bell,
        ready=lambda _: unit.ready(),
        reach=settings.REACH,
    )
    unit.on_stop(worker.stop)
    logger.info("waiting for Temporal on %s", settings.TEMPORAL_ADDRESS)
    await worker.run()
