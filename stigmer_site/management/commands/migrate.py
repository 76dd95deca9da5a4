"""`manage.py migrate` by hand: as Django's, one process at a time."""

from __future__ import annotations

from typing import Any

from django.core.management.commands import migrate

from stigmer_site.migrating import one_at_a_time


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:  # Any: as Django has them
        with one_at_a_time(lambda: self.stderr.write("Waiting for another process that migrates this database")):
            super().handle(*args, **options)
