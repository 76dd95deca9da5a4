"""The worker unit: runs workflows for Temporal. Started before Temporal serves; it waits."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from apps.resources.ports import machine
from stigmer_site import launchers
from stigmer_site.machine import installation
from stigmer_site.supervised import Supervisor
from stigmer_site.temporal_place import TemporalPlace


class Command(BaseCommand):
    help = "Run workflows for the Temporal server that the configuration names."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:  # Any: as BaseCommand declares them
        del args, options
        supervisor = Supervisor.from_settings()
        os.umask(0o077)
        supervisor.stage("loading the workflow worker")
        code = 1
        try:
            with supervisor.starting():
                import uvloop  # a run costs a tenth less processor time than on asyncio's own loop

                # Not asyncio.run: it would wait for calls under way, however long they take.
                uvloop.new_event_loop().run_until_complete(_run(supervisor))
            code = 0
        except Exception:
            logging.getLogger(__name__).exception("the workflow worker ended")
        finally:
            logging.shutdown()
            sys.stdout.flush()
            sys.stderr.flush()
            # Not sys.exit: interpreters that loaded temporalio may crash while they are torn down.
            os._exit(code)


async def _run(supervisor: Supervisor) -> None:
    from apps.workflows.worker.unit import WorkerUnit  # half a second: after the stage is told

    launchers.install()
    unit = WorkerUnit(
        TemporalPlace(settings.STATE_FILE, settings.TEMPORAL_ADDRESS).find,
        settings.TEMPORAL_NAMESPACE,
        await asyncio.to_thread(installation),
        settings.DATA_DIR,
        machine().bell,
        ready=lambda address: supervisor.ready(f"Temporal on {address}"),
    )
    supervisor.on_ping(asyncio.get_running_loop().call_soon_threadsafe)
    supervisor.on_stop(unit.stop)
    supervisor.stage("waiting for Temporal")
    await unit.run()
