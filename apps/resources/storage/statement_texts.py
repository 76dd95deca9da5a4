"""The texts of the statements of the busiest paths, and how their values are prepared and read; made once each."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, Final

from django.db import DEFAULT_DB_ALIAS, connections, models

NOTHING: Final = frozenset({type(None)})
PLAIN: Final = NOTHING | {str, int, bool, bytes}
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
Column = tuple[str, frozenset[type], Callable[[Any], Any]]  # Any: what an attribute holds, what the database takes
"""An attribute, the types of its values that need no preparing, and what prepares the others."""
Reader = tuple[int, Callable[..., Any], Any]  # Any: what a column holds, and the expression it is read by


def database() -> Any:  # Any: the connection of whichever database
    return connections[DEFAULT_DB_ALIAS]  # not the proxy, which looks this up at each of its uses


def _preparer(field: Any) -> Callable[[Any], Any]:  # Any: a Field, which cannot be subscripted
    """What prepares values of a field. What recurs in most rows (plain values, moments, empty ones) is not asked
    for again: that was a tenth of the cost of an apply."""

    def ask(value: Any) -> Any:
        return field.get_db_prep_save(value, database())

    if type(field) is models.DateTimeField:
        return _moment
    if type(field) is models.JSONField and field.encoder is None:
        return lambda value: ask(value) if value else _empty(value.__class__)
    return ask


@lru_cache(maxsize=16)
def _moment(value: datetime) -> Any:
    return MOMENT.get_db_prep_save(value, database())


@cache
def _empty(container: Callable[[], Any]) -> Any:
    return models.JSONField().get_db_prep_save(container(), database())


@cache
def names_of(model: type[models.Model]) -> tuple[str, ...]:
    return tuple(field.attname for field in model._meta.concrete_fields)


@cache
def defaults_of(model: type[models.Model]) -> list[tuple[str, Callable[[], Any]]]:
    return [(field.attname, field.get_default) for field in model._meta.concrete_fields]


@cache
def compiled(rows: Callable[[], models.QuerySet[Any, Any]]) -> tuple[str, list[Reader]]:
    compiler = rows()[:1].query.get_compiler(DEFAULT_DB_ALIAS)
    statement, values = compiler.as_sql()
    if values:
        raise ValueError(f"there are values in {statement}")
    return statement, _readers_of([expression for expression, _, _ in compiler.select])


@cache
def compiled_with_values(
    rows: Callable[..., models.QuerySet[Any, Any]], *given: Hashable
) -> tuple[str, tuple[Any, ...], list[Reader]]:  # Any: values as the database takes them
    compiler = rows(*given).query.get_compiler(DEFAULT_DB_ALIAS)
    statement, values = compiler.as_sql()
    if values and database().vendor == "sqlite":
        statement %= ("?",) * len(values)
    return statement, tuple(values), _readers_of([expression for expression, _, _ in compiler.select])


@cache
def insert(model: type[models.Model]) -> tuple[str, list[Column]]:
    fields = tuple(field for field in model._meta.concrete_fields if not _is_given_by_the_database(field))
    places = ", ".join([_place()] * len(fields))
    return f"INSERT INTO {_table(model)} ({_columns(fields)}) VALUES ({places})", _columns_of(fields)  # noqa: S608  # names are ours


def _is_given_by_the_database(field: Any) -> bool:  # Any: a Field, which cannot be subscripted
    return isinstance(field, models.AutoField) or bool(field.has_db_default())


@cache
def upsert(model: type[models.Model], by: tuple[str, ...], names: tuple[str, ...]) -> tuple[str, list[Column]]:
    statement, columns = insert(model)
    changes = ", ".join(f"{name} = excluded.{name}" for name in map(_quoted, _fields(model, names)))
    return f"{statement} ON CONFLICT ({_columns(_fields(model, by))}) DO UPDATE SET {changes}", columns


def _quoted(field: models.Field[Any, Any]) -> str:
    return _columns([field])


@cache
def insert_next(model: type[models.Model], by: tuple[str, str]) -> tuple[str, list[Column], str]:
    group, number = _fields(model, by)
    fields = [field for field in model._meta.concrete_fields if not isinstance(field, models.AutoField)]
    given = [field for field in fields if field is not number]
    places = ", ".join([*[_place()] * len(given), f"({select_largest(model, by)}) + 1"])
    statement = f"INSERT INTO {_table(model)} ({_columns([*given, number])}) VALUES ({places})"  # noqa: S608  # as above
    return statement, _columns_of(given), group.attname


@cache
def select_largest(model: type[models.Model], by: tuple[str, str]) -> str:
    group, number = (_columns([field]) for field in _fields(model, by))
    return f"SELECT COALESCE(MAX({number}), 0) FROM {_table(model)} WHERE {group} = {_place()}"  # noqa: S608  # as above


@cache
def select(model: type[models.Model], names: tuple[str, ...], lock: bool) -> tuple[str, list[Reader]]:
    fields = _fields(model, names)
    locked = " FOR UPDATE" if lock and database().features.has_select_for_update else ""
    key = _columns([model._meta.pk])
    return f"SELECT {_columns(fields)} FROM {_table(model)} WHERE {key} = {_place()}{locked}", _readers(fields)  # noqa: S608  # as above


@lru_cache(maxsize=64)
def select_several(model: type[models.Model], names: tuple[str, ...], count: int) -> tuple[str, list[Reader]]:
    fields, key = _fields(model, names), _columns([model._meta.pk])
    locked = " FOR UPDATE" if database().features.has_select_for_update else ""
    among = _among(model, model._meta.pk.attname, count)
    statement = f"SELECT {_columns(fields)} FROM {_table(model)} WHERE {among} ORDER BY {key}{locked}"  # noqa: S608  # as above
    return statement, _readers(fields)


@lru_cache(maxsize=64)
def select_after(model: type[models.Model], by: tuple[str, str], count: int) -> tuple[str, list[Reader]]:
    fields, table = model._meta.concrete_fields, _table(model)
    group, number = (f"{table}.{_columns([field])}" for field in _fields(model, by))
    selected = f"SELECT {', '.join(f'{table}.{_columns([field])}' for field in fields)} FROM {table}"  # noqa: S608  # as above
    if count == 1:  # in the order of the index: nothing to sort
        return f"{selected} WHERE {group} = {_place()} AND {number} > {_place()} ORDER BY {number}", _readers(fields)
    seen = ", ".join([f"({_place()}, {_place()})"] * count)
    wanted = f"{group} = seen.named AND {number} > seen.last ORDER BY {group}, {number}"
    return f"WITH seen(named, last) AS (VALUES {seen}) {selected}, seen WHERE {wanted}", _readers(fields)


@lru_cache(maxsize=64)
def select_by(model: type[models.Model], names: tuple[str, ...], by: str, count: int, keep: bool) -> str:
    locked = " FOR KEY SHARE" if keep and database().features.has_select_for_update else ""
    return f"SELECT {_columns(_fields(model, names))} FROM {_table(model)} WHERE {_among(model, by, count)}{locked}"  # noqa: S608  # as above


@cache
def select_newest(
    model: type[models.Model], names: tuple[str, ...], of: tuple[str, ...], has_end: bool
) -> tuple[str, list[Reader]]:
    key, fields = _columns([model._meta.pk]), [model._meta.pk, *_fields(model, names)]
    conditions = [f"{_columns([field])} = {_place()}" for field in _fields(model, of)]
    conditions += [f"{key} < {_place()}"] if has_end else []
    among = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    selected = f"SELECT {_columns(fields)} FROM {_table(model)}{among}"  # noqa: S608  # as above
    return f"{selected} ORDER BY {key} DESC LIMIT {_place()}", _readers(fields)


@lru_cache(maxsize=64)
def delete(model: type[models.Model], by: str, count: int) -> str:
    return f"DELETE FROM {_table(model)} WHERE {_among(model, by, count)}"  # noqa: S608  # as above


@cache
def update(model: type[models.Model], names: tuple[str, ...], by: str) -> tuple[str, list[Column]]:
    fields = _fields(model, names)
    changes = ", ".join(f"{_columns([field])} = {_place()}" for field in fields)
    key = _columns(_fields(model, (by,)))
    return f"UPDATE {_table(model)} SET {changes} WHERE {key} = {_place()}", _columns_of(fields)  # noqa: S608  # as above


def _among(model: type[models.Model], by: str, count: int) -> str:
    """The condition that a column has one of so many values."""
    return f"{_columns(_fields(model, (by,)))} IN ({', '.join([_place()] * count)})"


def _readers(fields: Iterable[Any]) -> list[Reader]:  # Any: a Field, which cannot be subscripted
    return _readers_of([field.get_col(field.model._meta.db_table) for field in fields])


def _readers_of(expressions: Iterable[Any]) -> list[Reader]:  # Any: Django's expressions have no common type
    connection = database()
    return [
        (place, read, expression)
        for place, expression in enumerate(expressions)
        for read in [*connection.ops.get_db_converters(expression), *expression.get_db_converters(connection)]
    ]


def _place() -> str:
    """How the driver has a value's place in a statement."""
    return "?" if database().vendor == "sqlite" else "%s"


def _columns_of(fields: Sequence[models.Field[Any, Any]]) -> list[Column]:
    return [
        (field.attname, PLAIN if isinstance(field, PLAIN_FIELDS) else NOTHING, _preparer(field)) for field in fields
    ]


def _fields(model: type[models.Model], names: tuple[str, ...]) -> list[models.Field[Any, Any]]:
    by_name = {field.attname: field for field in model._meta.concrete_fields}
    return [by_name[name] for name in names]


def _table(model: type[models.Model]) -> str:
    return str(database().ops.quote_name(model._meta.db_table))


def _columns(fields: Sequence[models.Field[Any, Any]]) -> str:
    return ", ".join(database().ops.quote_name(field.column) for field in fields if field.column)
