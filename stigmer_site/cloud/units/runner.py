"""Runs of agents: any number of these take them from the queue, each run by one."""

from __future__ import annotations

import logging
import os
import sys

from django.conf import settings
from django.db import connection

from apps.agents.runner import Runner
from apps.agents.runtime.mcp.strays import STRAYS
from apps.resources.ports import machine
from stigmer_site.cloud.unit import Unit
from stigmer_site.machine import run_queue
from stigmer_site.run_options import run_options

logger = logging.getLogger(__name__)


def run(unit: Unit) -> None:
    STRAYS.adopt_orphans()
    with unit.supervisor.starting():
        runner = Runner(run_queue(), machine().bell, run_options(), workers=settings.RUNNER_WORKERS)
        runner.start()
    unit.on_stop(runner.stop)
    unit.ready()
    runner.run_until_stopped()
    connection.close()
    logger.info("ended")
    # Threads of libraries, and runs that would not end, must not keep the process.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
