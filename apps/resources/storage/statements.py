"""The statements of the busiest paths, made once instead of at every call.

Django assembles a statement anew each time, which costs more than running it: of an apply, of each step of a run.
Values are prepared and read by the fields as usual. Everything else goes through the ORM.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, models
from django.db.models.base import ModelState

from apps.resources.storage import statement_texts as texts
from apps.resources.storage.statement_texts import Column, Reader

Row = TypeVar("Row", bound=models.Model)


def new_row(model: type[Row], values: Mapping[str, Any]) -> Row:
    """As `model(**values)`, in a third of the time: nobody is told. What `values` leaves out has its default."""
    row = model.__new__(model)
    row._state = ModelState()
    row.__dict__.update(
        {name: values[name] if name in values else default() for name, default in texts.defaults_of(model)}
    )
    return row


def insert_rows(rows: Sequence[models.Model]) -> None:
    """Add rows of one model; keys that the database assigns are not read back. Raises IntegrityError."""
    if not rows:
        return
    insert_values(type(rows[0]), [row.__dict__ for row in rows])
    for row in rows:
        row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS


def insert_values(model: type[models.Model], rows: Iterable[Mapping[str, Any]]) -> None:
    """Add rows of one model that are given as the values of its attributes, all of them. Raises IntegrityError."""
    statement, columns = texts.insert(model)
    values = [_prepared(row, columns) for row in rows]
    if not values:
        return
    with _Cursor() as cursor:
        cursor.executemany(statement, values)


def upsert_row(row: models.Model, by: tuple[str, ...], names: tuple[str, ...]) -> None:
    """Add a row, or store these columns of it in the one that has its values in `by`, which are unique together."""
    statement, columns = texts.upsert(type(row), by, names)
    with _Cursor() as cursor:
        cursor.execute(statement, _prepared(row.__dict__, columns))


def insert_numbered(model: type[models.Model], by: tuple[str, str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Add rows as `insert_values` does, numbered. `by`: a column, and the one that numbers the rows with its value.

    Each row gets the number after the largest there is, from 1; nobody else may number these rows meanwhile. Raises
    IntegrityError.
    """
    statement, columns, group = texts.insert_next(model, by)
    values = [[*_prepared(row, columns), row[group]] for row in rows]
    with _Cursor() as cursor:
        cursor.executemany(statement, values)


def fetch_row(model: type[Row], key: str, *, lock: bool = True) -> Row | None:
    """The row with this primary key, with `lock` locked for the transaction where the database can."""
    names = texts.names_of(model)
    values = fetch_values(model, key, names, lock=lock)
    return None if values is None else model.from_db(DEFAULT_DB_ALIAS, names, values)


def fetch_rows(model: type[Row], keys: Sequence[str]) -> list[Row]:
    """The rows with these primary keys, in their order, locked as by `fetch_row`: whoever locks several does so in one
    order."""
    names = texts.names_of(model)
    statement, readers = texts.select_several(model, names, len(keys))
    with _Cursor() as cursor:
        cursor.execute(statement, keys)
        found = cursor.fetchall()
    return [model.from_db(DEFAULT_DB_ALIAS, names, _read(row, readers)) for row in found]


def fetch_first(rows: Callable[[], models.QuerySet[Any, Any]]) -> tuple[Any, ...] | None:
    """The first of `rows`, a query of `values_list` without values in it, which is assembled once for each `rows`."""
    statement, readers = texts.compiled(rows)
    with _Cursor() as cursor:
        cursor.execute(statement)
        found = cursor.fetchone()
    return None if found is None else tuple(_read(found, readers))


def fetch_all(rows: Callable[..., models.QuerySet[Any, Any]], *given: Hashable) -> list[tuple[Any, ...]]:
    """All of `rows(*given)`, a query of `values_list`: it is assembled once for these, with the values in it."""
    statement, values, readers = texts.compiled_with_values(rows, *given)
    with _Cursor() as cursor:
        cursor.execute(statement, values)
        found = cursor.fetchall()
    return [tuple(_read(row, readers)) for row in found]


def fetch_after(model: type[Row], by: tuple[str, str], last: Mapping[str, int]) -> list[Row]:
    """The rows after those with the numbers `last`, by their groups and numbers. `by`: the columns of both."""
    names = texts.names_of(model)
    statement, readers = texts.select_after(model, by, len(last))
    with _Cursor() as cursor:
        cursor.execute(statement, [*chain.from_iterable(last.items())])
        found = cursor.fetchall()
    return [model.from_db(DEFAULT_DB_ALIAS, names, _read(row, readers)) for row in found]


def largest(model: type[models.Model], by: tuple[str, str], key: str) -> int:
    """Of the rows that `fetch_after` gives for `key` after 0, the number of the last; 0 where there are none."""
    with _Cursor() as cursor:
        cursor.execute(texts.select_largest(model, by), [key])
        return int(cursor.fetchone()[0])


def fetch_values(
    model: type[models.Model], key: str, names: tuple[str, ...], *, lock: bool = True
) -> Sequence[Any] | None:
    """These columns of the row with this primary key, locked as by `fetch_row`."""
    statement, readers = texts.select(model, names, lock)
    with _Cursor() as cursor:
        cursor.execute(statement, [key])
        found = cursor.fetchone()
    return None if found is None else _read(found, readers)


def find(
    model: type[models.Model], names: tuple[str, ...], by: str, values: Sequence[str | int], *, keep: bool = False
) -> list[tuple[Any, ...]]:
    """These columns of the rows whose column `by` has one of `values`. The columns are plain: texts, numbers, bytes.

    With `keep` nobody can delete these rows until the transaction ends, nor give them other keys.
    """
    with _Cursor() as cursor:
        cursor.execute(texts.select_by(model, names, by, len(values), keep), values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def find_newest(
    model: type[models.Model], names: tuple[str, ...], of: Mapping[str, str], *, before: str, most: int, at_once: int
) -> Iterator[tuple[Any, ...]]:
    """The primary keys and these columns of the newest `most` rows that have the values `of`.

    Newest is the largest key; those before the key `before`, if there is one. Asked for `at_once` at a time: there is
    never more in memory.
    """
    while most > 0:
        statement, readers = texts.select_newest(model, names, tuple(of), bool(before))
        size = min(most, at_once)
        with _Cursor() as cursor:
            cursor.execute(statement, [*of.values(), *([before] if before else []), size])
            found = cursor.fetchall()
        yield from (tuple(_read(row, readers)) for row in found) if readers else found
        most -= size
        if len(found) < size:
            return
        before = found[-1][0]


def update_row(row: models.Model, names: tuple[str, ...]) -> None:
    """Store these columns of a row."""
    _store(type(row), names, row._meta.pk.attname, row.pk, row.__dict__)


def update_rows(rows: Sequence[models.Model], names: tuple[str, ...]) -> None:
    """Store these columns of rows of one model."""
    if not rows:
        return
    statement, columns = texts.update(type(rows[0]), names, rows[0]._meta.pk.attname)
    with _Cursor() as cursor:
        cursor.executemany(statement, [[*_prepared(row.__dict__, columns), row.pk] for row in rows])


def update_values(model: type[models.Model], by: str, key: str, values: Mapping[str, Any]) -> None:
    """Store these values in the rows whose column `by` is `key`."""
    _store(model, tuple(values), by, key, values)


def _store(
    model: type[models.Model], names: tuple[str, ...], by: str, key: Any, given: Mapping[str, Any]
) -> None:  # Any: as above
    statement, columns = texts.update(model, names, by)
    with _Cursor() as cursor:
        cursor.execute(statement, [*_prepared(given, columns), key])


def delete_rows(model: type[models.Model], by: str, values: Sequence[str]) -> None:
    """Delete the rows whose column `by` has one of `values`; nothing else goes with them."""
    with _Cursor() as cursor:
        cursor.execute(texts.delete(model, by, len(values)), values)


class _Cursor:
    """The driver's own cursor: Django's reads each statement for places to put values, at every call.

    A class, for a generator would take longer than some of the statements.
    """

    __slots__ = ("_cursor", "_database")

    def __enter__(self) -> Any:  # Any: a cursor of whichever driver
        self._database = database = texts.database()
        with database.wrap_database_errors:
            if database.connection is None:
                database.ensure_connection()
            self._cursor = database.connection.cursor()
        return self._cursor

    def __exit__(self, *raised: Any) -> None:
        self._cursor.close()
        if raised[0] is not None:
            self._database.wrap_database_errors.__exit__(*raised)


def _read(found: Sequence[Any], readers: Sequence[Reader]) -> list[Any]:
    """The values of a row as its attributes have them."""
    values = list(found)
    for place, read, expression in readers:
        values[place] = read(values[place], expression, texts.database())
    return values


def _prepared(given: Mapping[str, Any], columns: Sequence[Column]) -> list[Any]:
    """The values of a row as the database takes them."""
    return [
        value if type(value := given[name]) in as_they_are else prepare(value) for name, as_they_are, prepare in columns
    ]
