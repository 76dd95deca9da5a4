"""The admin in a browser: any number of these serve it, and know the sessions of all."""

from __future__ import annotations

import logging
import os
from dataclasses import replace

from django.conf import settings

from apps.processes.addresses import parse_address
from apps.resources import ports
from stigmer_site import launchers
from stigmer_site.cloud.pages import page_caller, start_here
from stigmer_site.cloud.tls import tls_files
from stigmer_site.cloud.tls_front import TlsFront
from stigmer_site.cloud.unit import Unit
from stigmer_site.loopback import bind

logger = logging.getLogger(__name__)

THREADS = 16
"""Each keeps a connection to the database."""
BEHIND_PROXY = {"trusted_proxy": "*", "trusted_proxy_headers": {"x-forwarded-proto"}}
"""For waitress: from where proxies connect is asked in our own middleware."""


def run(unit: Unit) -> None:
    launchers.install()
    ports.install(replace(ports.machine(), page_caller=page_caller, start_run=start_here))
    with unit.supervisor.starting():
        sockets = bind(parse_address(unit.listen), hint="Choose another with `--listen HOST:PORT`")
    import stigmer_site.urls  # noqa: F401  # so that the first page does not wait for it
    from stigmer_site.serving import WebServer
    from stigmer_site.wsgi import application

    files = tls_files(os.environ)
    front = TlsFront(files.context) if files else None
    server = WebServer(
        application,
        sockets,
        threads=THREADS,
        unwrapped=front.unwrapped if front else None,
        **(BEHIND_PROXY if settings.BEHIND_PROXY else {"url_scheme": "https"} if front else {}),
    )

    def stop() -> None:
        unit.linger(settings.DRAIN_SECONDS)
        server.stop()

    unit.on_stop(stop)
    unit.ready()
    server.run()
    if front:
        front.close()
    logger.info("ended")
