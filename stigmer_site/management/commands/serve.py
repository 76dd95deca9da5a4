"""`stigmer serve ...`: one unit of a server of many machines, in the foreground, or a job for all of them."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import DatabaseError

from apps.processes.addresses import Address, parse_address
from apps.resources.errors import StigmerError
from apps.resources.storage.failures import storage_error
from stigmer_site.cloud import administrators, schema, unit
from stigmer_site.cloud.tls import tls_files
from stigmer_site.given import SettingsWrong, SettingWrong
from stigmer_site.loopback import HOSTS

LISTENS = {
    "api": ("127.0.0.1:50051", "127.0.0.1:9401"),
    "web": ("127.0.0.1:8234", "127.0.0.1:9402"),
    "runner": ("", "127.0.0.1:9403"),
    "worker": ("", "127.0.0.1:9404"),
    "scheduler": ("", "127.0.0.1:9405"),
}
"""Units: where those listen that are called, and where each says how it is."""


class Command(BaseCommand):
    help = "Run one unit of a server of many machines, or a job for all of them."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        what = parser.add_subparsers(dest="what", required=True)
        what.add_parser("migrate")
        what.add_parser("rotate-keys")
        what.add_parser("create-admin").add_argument("email")
        for name, (listen, health) in LISTENS.items():
            unit_parser = what.add_parser(name)
            unit_parser.add_argument("--health-listen", default=health)
            if listen:
                unit_parser.add_argument("--listen", default=listen)

    def handle(self, *args: Any, **options: Any) -> None:  # Any: as BaseCommand declares them
        del args
        what = options["what"]
        if what == "migrate":
            self._migrate()
        elif what == "rotate-keys":
            with self._telling():
                schema.refuse_pending()
                call_command("rotatesecrets", stdout=self.stdout, stderr=self.stderr)
        elif what == "create-admin":
            self._create_admin(options["email"])
        else:
            listen = checked_address(options["listen"]) if "listen" in options else ""
            health = parsed("--health-listen", options["health_listen"])
            import_module(f"stigmer_site.cloud.units.{what}").run(unit.begin(what, listen, str(health)))

    def _migrate(self) -> None:
        with self._telling():
            found = schema.migrate(lambda: self.stderr.write("Waiting for another process that migrates this database"))
            self.stderr.write(f"Applied: {', '.join(found)}" if found else "Nothing to do: the database is up to date")

    def _create_admin(self, email: str) -> None:
        with self._telling():
            schema.refuse_pending()
            key = administrators.create_admin(email)
            self.stderr.write(f"{email} is an administrator. This API key is shown once, and expires in 90 days:")
            self.stdout.write(key)

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """What keeps a job from being done is one sentence, and the exit code 1."""
        try:
            yield
        except (StigmerError, DatabaseError) as error:
            known = error if isinstance(error, StigmerError) else storage_error(error)
            if known is None:
                raise
            hint = f"\n\nhint: {known.hint}" if known.hint else ""
            self.stderr.write(f"error: {known.message}{hint}")
            sys.exit(1)


def checked_address(listen: str) -> str:
    """An address that may be listened on. Raises SettingsWrong."""
    address = parsed("--listen", listen)
    is_encrypted = tls_files(os.environ) is not None or (settings.BEHIND_PROXY and settings.PROXIES)
    if address.host not in HOSTS and not is_encrypted:
        complaint = f"{listen} can be reached by others, and what goes through it, keys included, is not encrypted"
        hint = (
            "Listen on loopback; or set STIGMER_TLS_CERT_FILE and STIGMER_TLS_KEY_FILE; or STIGMER_TLS=proxy and "
            "STIGMER_PROXIES, where proxies terminate TLS before it"
        )
        raise SettingsWrong([SettingWrong("--listen", complaint, hint)])
    return str(address)


def parsed(option: str, text: str) -> Address:
    """Raises SettingsWrong."""
    try:
        return parse_address(text)
    except ValueError as error:
        raise SettingsWrong([SettingWrong(option, str(error), "Name a HOST:PORT")]) from error
