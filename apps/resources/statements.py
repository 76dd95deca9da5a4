"""The statements of the busiest paths, made once instead of at every call.

Django assembles a statement anew each time, which costs more than running it: of an apply, of each step of a run.
Values are prepared and read by the fields as usual. Everything else goes through the ORM.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Final, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections, models

PLAIN: Final = frozenset({str, int, bool})
"""Types of values that PLAIN_FIELDS would leave as they are; asking them is a tenth of the cost of an apply."""
PLAIN_FIELDS: Final = (models.CharField, models.TextField, models.IntegerField, models.BooleanField, models.ForeignKey)
Row = TypeVar("Row", bound=models.Model)
_Column = tuple[Any, str, bool]  # Any: a Field, which cannot be subscripted
"""A field, its attribute, and whether plain values of it stay as they are."""
_Reader = tuple[int, Callable[..., Any], Any]  # Any: what a column holds, and the expression it is read by


def insert_rows(rows: Sequence[models.Model]) -> None:
    """Add rows of one model; keys that the database assigns are not read back. Raises IntegrityError."""
    if not rows:
        return
    statement, columns = _insert(type(rows[0]))
    database = _database()
    values = [_prepared(row, columns, database) for row in rows]
    with database.cursor() as cursor:
        cursor.executemany(statement, values)
    for row in rows:
        row._state.adding, row._state.db = False, database.alias


def fetch_row(model: type[Row], key: str) -> Row | None:
    """The row with this primary key, locked for the transaction where the database can."""
    names = tuple(field.attname for field in model._meta.concrete_fields)
    values = fetch_values(model, key, names)
    return None if values is None else model.from_db(DEFAULT_DB_ALIAS, names, values)


def fetch_values(model: type[models.Model], key: str, names: tuple[str, ...]) -> Sequence[Any] | None:
    """These columns of the row with this primary key, locked as by `fetch_row`."""
    statement, readers = _select(model, names)
    database = _database()
    with database.cursor() as cursor:
        cursor.execute(statement, [key])
        found = cursor.fetchone()
    if found is None:
        return None
    values = list(found)
    for place, read, expression in readers:
        values[place] = read(values[place], expression, database)
    return values


def update_row(row: models.Model, names: tuple[str, ...]) -> None:
    """Store these columns of a row."""
    statement, columns = _update(type(row), names)
    database = _database()
    with database.cursor() as cursor:
        cursor.execute(statement, [*_prepared(row, columns, database), row.pk])


def _database() -> Any:  # Any: the connection of whichever database
    return connections[DEFAULT_DB_ALIAS]  # not the proxy, which looks this up at each of its uses


def _prepared(row: models.Model, columns: Sequence[_Column], database: Any) -> list[Any]:
    """The values of a row as the database takes them."""
    given = row.__dict__
    return [
        value
        if (value := given[name]) is None or (is_plain and type(value) in PLAIN)
        else field.get_db_prep_save(value, database)
        for field, name, is_plain in columns
    ]


@cache
def _insert(model: type[models.Model]) -> tuple[str, list[_Column]]:
    fields = tuple(field for field in model._meta.concrete_fields if not isinstance(field, models.AutoField))
    places = ", ".join(["%s"] * len(fields))
    return f"INSERT INTO {_table(model)} ({_columns(fields)}) VALUES ({places})", _columns_of(fields)  # noqa: S608  # names are ours


@cache
def _select(model: type[models.Model], names: tuple[str, ...]) -> tuple[str, list[_Reader]]:
    fields, database = _fields(model, names), _database()
    locked = " FOR UPDATE" if database.features.has_select_for_update else ""
    readers = [
        (place, read, expression)
        for place, expression in enumerate(field.get_col(model._meta.db_table) for field in fields)
        for read in [*database.ops.get_db_converters(expression), *expression.get_db_converters(database)]
    ]
    key = _columns([model._meta.pk])
    return f"SELECT {_columns(fields)} FROM {_table(model)} WHERE {key} = %s{locked}", readers  # noqa: S608  # as above


@cache
def _update(model: type[models.Model], names: tuple[str, ...]) -> tuple[str, list[_Column]]:
    fields = _fields(model, names)
    changes = ", ".join(f"{_columns([field])} = %s" for field in fields)
    return f"UPDATE {_table(model)} SET {changes} WHERE {_columns([model._meta.pk])} = %s", _columns_of(fields)  # noqa: S608  # as above


def _columns_of(fields: Sequence[models.Field[Any, Any]]) -> list[_Column]:
    return [(field, field.attname, isinstance(field, PLAIN_FIELDS)) for field in fields]


def _fields(model: type[models.Model], names: tuple[str, ...]) -> list[models.Field[Any, Any]]:
    by_name = {field.attname: field for field in model._meta.concrete_fields}
    return [by_name[name] for name in names]


def _table(model: type[models.Model]) -> str:
    return str(_database().ops.quote_name(model._meta.db_table))


def _columns(fields: Sequence[models.Field[Any, Any]]) -> str:
    return ", ".join(_database().ops.quote_name(field.column) for field in fields if field.column)
