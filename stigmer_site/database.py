"""Bringing the database to the program's schema at start, and keeping the connections to it."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import close_old_connections, connection, reset_queries
from django_grpc_framework.signals import grpc_request_finished, grpc_request_started

from apps.resources.errors import DatabaseTooNew
from apps.resources.storage.connections import drop_if_broken
from stigmer_site import new_database
from stigmer_site.machine.copies import backup_folder, backups_of
from stigmer_site.machine.damage import refuse_emptied
from stigmer_site.machine.local import alarm
from stigmer_site.migrating import one_at_a_time
from stigmer_site.supervised import Supervisor

KEPT_BACKUPS = 3


def prepare(supervisor: Supervisor) -> None:
    """Create or migrate the database; what was there is copied before it changes.

    Raises DatabaseTooNew, StorageDamaged, StorageEmptied.
    """
    if connection.vendor == "sqlite":
        refuse_emptied(Path(connection.settings_dict["NAME"]), settings.SECRETS_KEY_DIR / "secrets")
        alarm().settle()
    if new_database.is_up_to_date():
        return
    with one_at_a_time(lambda: supervisor.stage("waiting for another process that migrates the database")):
        is_new = not new_database.applied()
        if is_new and connection.vendor == "sqlite":
            supervisor.stage("creating the database")
            new_database.make()
        if not new_database.is_up_to_date() and _is_behind():
            _migrate(supervisor, is_new=is_new)


def _is_behind() -> bool:
    from django.db.migrations.executor import MigrationExecutor  # as below

    executor = MigrationExecutor(connection)
    applied = executor.loader.applied_migrations
    unknown = sorted(f"{app}.{name}" for app, name in applied if (app, name) not in executor.loader.disk_migrations)
    if unknown:
        raise DatabaseTooNew(str(connection.settings_dict["NAME"]), unknown)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _migrate(supervisor: Supervisor, *, is_new: bool) -> None:
    if not is_new:
        supervisor.stage("backing up the database")
        back_up(Path(connection.settings_dict["NAME"]))
    supervisor.stage("creating the database" if is_new else "migrating the database")
    from django.core.management.commands.migrate import Command as Migrate  # with much that other starts do not need

    call_command(Migrate(), verbosity=0, interactive=False)  # not ours, which takes the lock that we hold


def back_up(database: Path) -> None:
    """Copy an SQLite file beside itself, consistently, and keep the latest few copies."""
    if connection.vendor != "sqlite":
        return
    folder = backup_folder(database)
    folder.mkdir(mode=0o700, exist_ok=True)
    copy = folder / f"{database.stem}-{datetime.now(UTC):%Y%m%dT%H%M%S}.db"
    part = copy.with_suffix(".part")
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(part)) as target:
        source.backup(target)
    shutil.move(part, copy)
    for old in backups_of(database)[:-KEPT_BACKUPS]:
        old.unlink()


def look_for_damage() -> None:
    """Read the whole database, beside everything else: nobody need wait for it."""
    if connection.vendor == "sqlite":
        threading.Thread(target=alarm().look, name="damage", daemon=True).start()


def keep_connections() -> None:
    """Have a call look after its connection once, at its end, and only when something went wrong on it.

    Django looks at all connections before and after each request, for age as well. Ours are kept for good.
    """
    for signal, receiver in (
        (grpc_request_started, reset_queries),
        (grpc_request_started, close_old_connections),
        (grpc_request_finished, close_old_connections),
    ):
        signal.disconnect(receiver)
    grpc_request_finished.connect(_drop_broken_connection)


def _drop_broken_connection(**_: object) -> None:
    drop_if_broken()
