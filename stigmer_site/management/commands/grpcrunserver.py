"""The api unit. Takes the place of django-grpc-framework's command of the same name."""

from __future__ import annotations

import os
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils.module_loading import import_string

from apps.processes.addresses import parse_address
from apps.resources.api import server
from apps.resources.errors import AddressInUse
from apps.resources.kinds.iam_policy.actions import ensure_owner
from apps.resources.kinds.identity_account.actions import ensure_local_account
from apps.resources.wire import validation
from apps.resources.writes import actions
from stigmer_site import collecting, database, launchers, loopback
from stigmer_site.access import access
from stigmer_site.admission.door import Door
from stigmer_site.notifying import CurrentChannels, Notifier, start_notifying
from stigmer_site.supervised import Supervisor


class Command(BaseCommand):
    help = "Serve the control plane over gRPC on the configured loopback endpoint."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:  # Any: as BaseCommand declares them
        del args, options
        supervisor = Supervisor.from_settings()
        os.umask(0o077)
        with supervisor.starting():
            running = self._start(supervisor)
        supervisor.on_ping(running.probe)
        supervisor.on_stop(running.stop)
        supervisor.ready(settings.ENDPOINT)
        validation.prepare()
        database.look_for_damage()
        collecting.start_collecting()
        start_notifying(Notifier(CurrentChannels(os.environ), settings.NOTIFY_TROUBLE_FILE))
        running.wait()

    def _start(self, supervisor: Supervisor) -> server.RunningServer:
        settings.DATA_DIR.mkdir(parents=True, exist_ok=True, mode=0o700)
        database.prepare(supervisor)
        actions.ensure_organization(settings.LOCAL_ORGANIZATION, "Everything on this machine")
        ensure_owner(settings.LOCAL_ORGANIZATION, ensure_local_account().pk)
        launchers.install()
        database.keep_connections()
        supervisor.stage("starting the API")
        try:
            return server.serve(
                settings.ENDPOINT,
                # Its own reader of this setting takes Django's test client with it: 50 ms, and what that imports.
                import_string(settings.GRPC_FRAMEWORK["ROOT_HANDLERS_HOOK"]),
                workers=settings.UNARY_WORKERS,
                with_reflection=settings.GRPC_REFLECTION,
                admit=Door(settings.ENDPOINT, settings.API_TOKEN).admit_call,
                **access(),
            )
        except AddressInUse as error:
            port = parse_address(settings.ENDPOINT).port
            raise AddressInUse(
                error.address,
                loopback.holder_of(port),
                hint="Stop it, or use another port: `stigmer config set backend.local.endpoint localhost:PORT`",
            ) from error
