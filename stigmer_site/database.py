"""Bringing the database to the program's schema at start."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from apps.resources.errors import DatabaseTooNew
from apps.resources.storage import backup_folder, backups_of
from stigmer_site.supervised import Supervisor

KEPT_BACKUPS = 3


def prepare(supervisor: Supervisor) -> None:
    """Create or migrate the database. Raises DatabaseTooNew; what was there is copied before it changes."""
    executor = MigrationExecutor(connection)
    applied = executor.loader.applied_migrations
    unknown = sorted(f"{app}.{name}" for app, name in applied if (app, name) not in executor.loader.disk_migrations)
    if unknown:
        raise DatabaseTooNew(str(connection.settings_dict["NAME"]), unknown)
    if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return
    if applied:
        supervisor.stage("backing up the database")
        back_up(Path(connection.settings_dict["NAME"]))
    supervisor.stage("migrating the database" if applied else "creating the database")
    call_command("migrate", verbosity=0, interactive=False)


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
