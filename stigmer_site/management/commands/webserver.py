"""The web unit: the admin in a browser, served by waitress on the loopback address in settings.WEB."""

from __future__ import annotations

import logging
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.management import BaseCommand

from stigmer_site import launchers
from stigmer_site.checks import TAG
from stigmer_site.loopback import bind, parse_loopback
from stigmer_site.supervised import Supervisor

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Serve the admin on the loopback address backend.local.web."
    requires_system_checks: list[str] = []  # only ours, below: the others take half of the start

    def handle(self, *args: Any, **options: Any) -> None:  # Any: Django's own
        del args, options
        supervisor = Supervisor.from_settings()
        _check_settings(supervisor)
        address = parse_loopback(settings.WEB)
        with supervisor.starting():
            sockets = bind(address, hint="Use another port: `stigmer config set backend.local.web 127.0.0.1:PORT`")
            supervisor.stage("loading the admin")
            # After the port is ours: these take most of the start.
            import stigmer_site.urls  # noqa: F401  # so that the first page does not wait for it
            from stigmer_site.serving import WebServer
            from stigmer_site.wsgi import application

        launchers.install()
        server = WebServer(application, sockets)
        supervisor.on_stop(server.stop)
        supervisor.ready(str(address))
        server.run()
        logger.info("stopped")


def _check_settings(supervisor: Supervisor) -> None:
    errors = [message for message in checks.run_checks(tags=[TAG]) if message.is_serious()]
    if errors:
        supervisor.give_up(errors[0].msg, errors[0].hint or "")
