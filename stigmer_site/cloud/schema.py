"""The schema of the database that all units share: one job brings it to this version, and nobody begins before."""

from __future__ import annotations

from collections.abc import Callable

from django.db import connection, connections

from apps.resources.storage_errors import MigrationsPending
from stigmer_site import new_database
from stigmer_site.machine.cluster import MIGRATE
from stigmer_site.migrating import one_at_a_time


def pending() -> list[str]:
    """Migrations of this program that are not applied, as `app.name`. Later ones may be: the next version's.

    Raises DatabaseError.
    """
    missing = new_database.of_this_program() - new_database.applied()
    if not missing:
        return []
    from django.db.migrations.executor import MigrationExecutor  # one may stand for others: this knows, and takes long

    executor = MigrationExecutor(connection)
    return [f"{each.app_label}.{each.name}" for each, _ in executor.migration_plan(executor.loader.graph.leaf_nodes())]


def refuse_pending() -> None:
    """Raises MigrationsPending, and DatabaseError."""
    if pending():
        raise MigrationsPending(MIGRATE)


def migrate(tell_waiting: Callable[[], object]) -> list[str]:
    """Apply what is pending, and answer its names. One process at a time: others wait, then find nothing to do.

    Raises StorageBusy after ten minutes.
    """
    if "listen" in connections.databases:
        # The lock is the connection's: a pooler would lend that to others.
        connections.databases["default"] = connections.databases["listen"]
    with one_at_a_time(tell_waiting):
        found = pending()
        if found:
            from django.core.management import call_command
            from django.core.management.commands.migrate import Command as Migrate

            call_command(Migrate(), verbosity=0, interactive=False)
    return found
