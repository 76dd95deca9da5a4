"""Every statement that goes through Django is looked at: those that write may be refused, those that fail tell why.

So nothing writes to a database that was found damaged, whoever it is: sessions and users of the admin, migrations,
what a library stores by itself. Statements that go straight to the driver (`statements`) stand in `write_transaction`.
"""

from __future__ import annotations

from typing import Any, Final

from django.db import DatabaseError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from apps.resources.ports import machine
from apps.resources.storage.failures import storage_error

WRITING: Final = ("INSERT", "UPDATE", "DELETE", "REPLACE", "CREATE", "ALTER", "DROP")


def guard_writes() -> None:
    """From now on, on every connection of this process."""
    connection_created.connect(_watch, dispatch_uid=__name__)


def _watch(connection: BaseDatabaseWrapper, **_: object) -> None:
    if _looked_at not in connection.execute_wrappers:
        connection.execute_wrappers.append(_looked_at)


def _looked_at(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:  # Any: as Django has them
    if sql.lstrip()[:8].upper().startswith(WRITING):
        machine().refuse_writes()
    try:
        return execute(sql, params, many, context)
    except DatabaseError as error:
        storage_error(error)  # whoever finds the database damaged has everybody stop writing
        raise
