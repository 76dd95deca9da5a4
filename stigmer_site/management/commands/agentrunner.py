"""The runner unit: the agents' runs, taken from the queue."""

from __future__ import annotations

import os
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connection

from apps.agents.runner import Runner
from apps.agents.runtime.mcp.strays import STRAYS
from apps.resources.ports import machine
from stigmer_site import database
from stigmer_site.machine import run_queue
from stigmer_site.run_options import run_options
from stigmer_site.supervised import Supervisor


class Command(BaseCommand):
    help = "Run the agents whose runs are waiting."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:  # Any: as BaseCommand declares them
        del args, options
        supervisor = Supervisor.from_settings()
        os.umask(0o077)
        STRAYS.adopt_orphans()
        with supervisor.starting():
            runner = _start(supervisor)
        supervisor.on_ping(runner.probe)
        supervisor.on_stop(runner.stop)
        supervisor.ready("")
        runner.run_until_stopped()
        connection.close()
        # Threads of libraries, and runs that would not end, must not keep the process.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def _start(supervisor: Supervisor) -> Runner:
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True, mode=0o700)
    database.prepare(supervisor)
    supervisor.stage("starting the runner")
    runner = Runner(run_queue(), machine().bell, run_options(), workers=settings.RUNNER_WORKERS)
    runner.start()
    return runner
