"""The API, over gRPC: any number of these answer for one server."""

from __future__ import annotations

import logging
import os

from django.conf import settings

from apps.resources.api import server
from apps.resources.api.authentication import admit_everybody
from apps.resources.api.authorization import authorize
from apps.resources.errors import AddressInUse
from apps.resources.wire import validation
from stigmer_site import database, launchers
from stigmer_site.cloud.access import CloudCallers, ProxiesOnly
from stigmer_site.cloud.metrics import CountedCalls
from stigmer_site.cloud.tls import tls_files
from stigmer_site.cloud.unit import Unit
from stigmer_site.cloud.variables import networks
from stigmer_site.handlers import grpc_handlers

logger = logging.getLogger(__name__)

GRACE_SECONDS = 15.0
"""For calls under way once no new ones are taken."""


def run(unit: Unit) -> None:
    callers = CloudCallers()
    with unit.supervisor.starting():
        running = _start(unit, callers)

    def stop() -> None:
        # Whoever asks is told at once; who sends calls needs a moment to hear of it, and all are answered until then.
        running.health.enter_graceful_shutdown()
        unit.linger(settings.DRAIN_SECONDS)
        callers.end_streams()
        running.server.stop(GRACE_SECONDS)

    unit.on_stop(stop)
    validation.prepare()
    unit.ready()
    running.wait()
    logger.info("ended")


def _start(unit: Unit, callers: CloudCallers) -> server.RunningServer:
    launchers.install()
    files = tls_files(os.environ)
    database.keep_connections()
    try:
        return server.serve(
            unit.listen,
            grpc_handlers,
            workers=settings.UNARY_WORKERS,
            with_reflection=settings.GRPC_REFLECTION,
            admit=ProxiesOnly(tuple(networks(settings.PROXIES))) if settings.PROXIES else admit_everybody,
            identify=callers,
            authorize=authorize,
            interceptors=[CountedCalls()],
            credentials=files.credentials() if files else None,
        )
    except AddressInUse as error:
        raise AddressInUse(error.address, "another process", hint="Choose another with `--listen HOST:PORT`") from error
