"""The statements of the busiest paths, made once instead of at every call.

Django assembles a statement anew each time, which costs more than running it: of an apply, of each step of a run.
Values are prepared and read by the fields as usual. Everything else goes through the ORM.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from functools import cache, lru_cache
from itertools import chain
from typing import Any, Final, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections, models

PLAIN: Final = frozenset({str, int, bool, bytes})
"""Types of values that PLAIN_FIELDS would leave as they are."""
PLAIN_FIELDS: Final = (
    models.CharField,
    models.TextField,
    models.IntegerField,
    models.BooleanField,
    models.BinaryField,
    models.ForeignKey,
)
MOMENT: Final = models.DateTimeField()
Row = TypeVar("Row", bound=models.Model)
_Column = tuple[str, Callable[[Any], Any]]  # Any: what the attribute may hold, and what the database takes
"""An attribute, and what prepares its values."""
_Reader = tuple[int, Callable[..., Any], Any]  # Any: what a column holds, and the expression it is read by


def new_row(model: type[Row], values: Mapping[str, Any]) -> Row:
    """As `model(**values)`, in half the time. What `values` leaves out has its default."""
    return model(*[values[name] if name in values else default() for name, default in _defaults(model)])


def insert_rows(rows: Sequence[models.Model]) -> None:
    """Add rows of one model; keys that the database assigns are not read back. Raises IntegrityError."""
    if not rows:
        return
    insert_values(type(rows[0]), [row.__dict__ for row in rows])
    for row in rows:
        row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS


def insert_values(model: type[models.Model], rows: Iterable[Mapping[str, Any]]) -> None:
    """Add rows of one model that are given as the values of its attributes, all of them. Raises IntegrityError."""
    statement, columns = _insert(model)
    values = [_prepared(row, columns) for row in rows]
    with _driver() as cursor:
        cursor.executemany(statement, values)


def insert_numbered(model: type[models.Model], by: tuple[str, str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Add rows as `insert_values` does, numbered. `by`: a column, and the one that numbers the rows with its value.

    Each row gets the number after the largest there is, from 1; nobody else may number these rows meanwhile. Raises
    IntegrityError.
    """
    statement, columns, group = _insert_next(model, by)
    values = [[*_prepared(row, columns), row[group]] for row in rows]
    with _driver() as cursor:
        cursor.executemany(statement, values)


def fetch_row(model: type[Row], key: str) -> Row | None:
    """The row with this primary key, locked for the transaction where the database can."""
    names = _names(model)
    values = fetch_values(model, key, names)
    return None if values is None else model.from_db(DEFAULT_DB_ALIAS, names, values)


def fetch_after(model: type[Row], by: tuple[str, str], last: Mapping[str, int]) -> list[Row]:
    """The rows after those with the numbers `last`, by their groups and numbers. `by`: the columns of both."""
    names = _names(model)
    statement, readers = _select_after(model, by, len(last))
    with _driver() as cursor:
        cursor.execute(statement, [*chain.from_iterable(last.items())])
        found = cursor.fetchall()
    return [model.from_db(DEFAULT_DB_ALIAS, names, _read(row, readers)) for row in found]


def fetch_values(model: type[models.Model], key: str, names: tuple[str, ...]) -> Sequence[Any] | None:
    """These columns of the row with this primary key, locked as by `fetch_row`."""
    statement, readers = _select(model, names)
    with _driver() as cursor:
        cursor.execute(statement, [key])
        found = cursor.fetchone()
    return None if found is None else _read(found, readers)


def find(
    model: type[models.Model], names: tuple[str, ...], by: str, values: Sequence[str], *, keep: bool = False
) -> list[tuple[Any, ...]]:
    """These columns of the rows whose column `by` has one of `values`. The columns are plain: texts, numbers, bytes.

    With `keep` nobody can delete these rows until the transaction ends, nor give them other keys.
    """
    with _driver() as cursor:
        cursor.execute(_find(model, names, by, len(values), keep), values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def update_row(row: models.Model, names: tuple[str, ...]) -> None:
    """Store these columns of a row."""
    statement, columns = _update(type(row), names)
    with _driver() as cursor:
        cursor.execute(statement, [*_prepared(row.__dict__, columns), row.pk])


def delete_rows(model: type[models.Model], by: str, values: Sequence[str]) -> None:
    """Delete the rows whose column `by` has one of `values`; nothing else goes with them."""
    with _driver() as cursor:
        cursor.execute(_delete(model, by, len(values)), values)


def _database() -> Any:  # Any: the connection of whichever database
    return connections[DEFAULT_DB_ALIAS]  # not the proxy, which looks this up at each of its uses


@contextmanager
def _driver() -> Iterator[Any]:  # Any: a cursor of whichever driver
    """The driver's own cursor: Django's reads each statement for places to put values, at every call."""
    database = _database()
    database.ensure_connection()
    with database.wrap_database_errors, closing(database.connection.cursor()) as cursor:
        yield cursor


def _read(found: Sequence[Any], readers: Sequence[_Reader]) -> list[Any]:
    """The values of a row as its attributes have them."""
    values = list(found)
    for place, read, expression in readers:
        values[place] = read(values[place], expression, _database())
    return values


def _prepared(given: Mapping[str, Any], columns: Sequence[_Column]) -> list[Any]:
    """The values of a row as the database takes them."""
    return [None if (value := given[name]) is None else prepare(value) for name, prepare in columns]


def _preparer(field: Any) -> Callable[[Any], Any]:  # Any: a Field, which cannot be subscripted
    """What prepares values of a field. What recurs in most rows (plain values, moments, empty ones) is not asked
    for again: that was a tenth of the cost of an apply."""

    def ask(value: Any) -> Any:
        return field.get_db_prep_save(value, _database())

    if isinstance(field, PLAIN_FIELDS):
        return lambda value: value if type(value) in PLAIN else ask(value)
    if type(field) is models.DateTimeField:
        return _moment
    if type(field) is models.JSONField and field.encoder is None:
        return lambda value: ask(value) if value else _empty(value.__class__)
    return ask


@lru_cache(maxsize=16)
def _moment(value: datetime) -> Any:
    return MOMENT.get_db_prep_save(value, _database())


@cache
def _empty(container: Callable[[], Any]) -> Any:
    return models.JSONField().get_db_prep_save(container(), _database())


@cache
def _names(model: type[models.Model]) -> tuple[str, ...]:
    return tuple(field.attname for field in model._meta.concrete_fields)


@cache
def _defaults(model: type[models.Model]) -> list[tuple[str, Callable[[], Any]]]:
    return [(field.attname, field.get_default) for field in model._meta.concrete_fields]


@cache
def _insert(model: type[models.Model]) -> tuple[str, list[_Column]]:
    fields = tuple(field for field in model._meta.concrete_fields if not isinstance(field, models.AutoField))
    places = ", ".join([_place()] * len(fields))
    return f"INSERT INTO {_table(model)} ({_columns(fields)}) VALUES ({places})", _columns_of(fields)  # noqa: S608  # names are ours


@cache
def _insert_next(model: type[models.Model], by: tuple[str, str]) -> tuple[str, list[_Column], str]:
    group, number = _fields(model, by)
    fields = [field for field in model._meta.concrete_fields if not isinstance(field, models.AutoField)]
    largest = f"SELECT MAX({_columns([number])}) FROM {_table(model)} WHERE {_columns([group])} = {_place()}"  # noqa: S608  # as above
    given = [field for field in fields if field is not number]
    places = ", ".join([*[_place()] * len(given), f"COALESCE(({largest}), 0) + 1"])
    statement = f"INSERT INTO {_table(model)} ({_columns([*given, number])}) VALUES ({places})"  # noqa: S608  # as above
    return statement, _columns_of(given), group.attname


@cache
def _select(model: type[models.Model], names: tuple[str, ...]) -> tuple[str, list[_Reader]]:
    fields = _fields(model, names)
    locked = " FOR UPDATE" if _database().features.has_select_for_update else ""
    key = _columns([model._meta.pk])
    return f"SELECT {_columns(fields)} FROM {_table(model)} WHERE {key} = {_place()}{locked}", _readers(fields)  # noqa: S608  # as above


@lru_cache(maxsize=64)
def _select_after(model: type[models.Model], by: tuple[str, str], count: int) -> tuple[str, list[_Reader]]:
    fields, table = model._meta.concrete_fields, _table(model)
    group, number = (f"{table}.{_columns([field])}" for field in _fields(model, by))
    selected = f"SELECT {', '.join(f'{table}.{_columns([field])}' for field in fields)} FROM {table}"  # noqa: S608  # as above
    if count == 1:  # in the order of the index: nothing to sort
        return f"{selected} WHERE {group} = {_place()} AND {number} > {_place()} ORDER BY {number}", _readers(fields)
    seen = ", ".join([f"({_place()}, {_place()})"] * count)
    wanted = f"{group} = seen.named AND {number} > seen.last ORDER BY {group}, {number}"
    return f"WITH seen(named, last) AS (VALUES {seen}) {selected}, seen WHERE {wanted}", _readers(fields)


@lru_cache(maxsize=64)
def _find(model: type[models.Model], names: tuple[str, ...], by: str, count: int, keep: bool) -> str:
    locked = " FOR KEY SHARE" if keep and _database().features.has_select_for_update else ""
    return f"SELECT {_columns(_fields(model, names))} FROM {_table(model)} WHERE {_among(model, by, count)}{locked}"  # noqa: S608  # as above


@lru_cache(maxsize=64)
def _delete(model: type[models.Model], by: str, count: int) -> str:
    return f"DELETE FROM {_table(model)} WHERE {_among(model, by, count)}"  # noqa: S608  # as above


@cache
def _update(model: type[models.Model], names: tuple[str, ...]) -> tuple[str, list[_Column]]:
    fields = _fields(model, names)
    changes = ", ".join(f"{_columns([field])} = {_place()}" for field in fields)
    return f"UPDATE {_table(model)} SET {changes} WHERE {_columns([model._meta.pk])} = {_place()}", _columns_of(fields)  # noqa: S608  # as above


def _among(model: type[models.Model], by: str, count: int) -> str:
    """The condition that a column has one of so many values."""
    return f"{_columns(_fields(model, (by,)))} IN ({', '.join([_place()] * count)})"


def _readers(fields: Iterable[Any]) -> list[_Reader]:  # Any: a Field, which cannot be subscripted
    database = _database()
    return [
        (place, read, expression)
        for place, expression in enumerate(field.get_col(field.model._meta.db_table) for field in fields)
        for read in [*database.ops.get_db_converters(expression), *expression.get_db_converters(database)]
    ]


def _place() -> str:
    """How the driver has a value's place in a statement."""
    return "?" if _database().vendor == "sqlite" else "%s"


def _columns_of(fields: Sequence[models.Field[Any, Any]]) -> list[_Column]:
    return [(field.attname, _preparer(field)) for field in fields]


def _fields(model: type[models.Model], names: tuple[str, ...]) -> list[models.Field[Any, Any]]:
    by_name = {field.attname: field for field in model._meta.concrete_fields}
    return [by_name[name] for name in names]


def _table(model: type[models.Model]) -> str:
    return str(_database().ops.quote_name(model._meta.db_table))


def _columns(fields: Sequence[models.Field[Any, Any]]) -> str:
    return ", ".join(_database().ops.quote_name(field.column) for field in fields if field.column)
