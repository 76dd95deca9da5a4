"""Answers from the tuples of access, by two recursive queries over their one table: what somebody has, and who has it.

Both go at most MOST_STEPS tuples far, so circles end. A step is one of two: through all who have a relation (members of
a team), or from what a resource belongs to (`roles.LINKS`) down to it.
"""

# ruff: noqa: S608, S611 - statements are made of names of ours and of places for values

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache
from typing import Final, NamedTuple

from django.db import connection
from django.db.models.expressions import RawSQL

from apps.resources.kinds.iam_policy.model import IamPolicy
from apps.resources.kinds.organization.model import Organization
from apps.resources.roles import LINKS, PERMISSIONS, ROLES, Need, Role

MOST_STEPS: Final = 6
COLUMNS: Final = ("resource_kind", "resource_id", "relation", "principal_kind", "principal_id", "principal_relation")


class Thing(NamedTuple):
    """A resource or a principal."""

    kind: str
    id: str


class Principal(NamedTuple):
    """Who: one alone or, with a relation, all who have that relation to it."""

    kind: str
    id: str
    relation: str = ""


class Tuple(NamedTuple):
    """A row of the table, or one that somebody wants to be taken into account beside these."""

    resource_kind: str
    resource_id: str
    relation: str
    principal_kind: str
    principal_id: str
    principal_relation: str = ""


class Held(NamedTuple):
    """That somebody has a relation to something."""

    kind: str
    id: str
    relation: str


def held_by(
    who: Principal, *, kinds: Collection[str] = (), ids: Collection[str] = (), more: Sequence[Tuple] = ()
) -> set[Held]:
    """What a principal has, directly or not; on resources of these kinds alone, or with these ids, where given."""
    wanted, values = "", [value for each in more for value in each]
    values += _values(who)
    for column, among in (("kind", kinds), ("id", ids)):
        if among:
            wanted += f" {'AND' if wanted else 'WHERE'} {column} IN ({', '.join(['%s'] * len(among))})"
            values += sorted(among)
    with connection.cursor() as cursor:
        cursor.execute(f"{_held(len(more))} SELECT DISTINCT kind, id, relation FROM held{wanted}", values)
        return {Held(*row) for row in cursor.fetchall()}


def principals_with(things: Sequence[Thing], need: Need, kind: str, *, more: Sequence[Tuple] = ()) -> set[str]:
    """The ids of all principals of a kind who have what is needed on one of these, directly or not."""
    values: list[str | int] = [value for each in more for value in each]
    for thing in things:
        values += [thing.kind, thing.id, need.relation, int(need.rank)]
    with connection.cursor() as cursor:
        cursor.execute(_holders(len(more), len(things)), [*values, kind])
        return {found for (found,) in cursor.fetchall()}


def ids_held(who: Principal, kind: str, need: Need, more: Sequence[Tuple] = ()) -> RawSQL:
    """As a part of a query: the ids of what, of one kind, the principal has what is needed on."""
    select = f"SELECT id FROM held WHERE kind = %s AND {_MEETS}"
    return _raw(select, who, [kind, *_needed(need)], more)


def organizations_held(who: Principal, need: Need, more: Sequence[Tuple] = ()) -> RawSQL:
    """As `ids_held`, the slugs of organizations, by which their resources name them."""
    ids = f"SELECT id FROM held WHERE kind = 'organization' AND {_MEETS}"
    select = f"SELECT slug FROM {Organization._meta.db_table} WHERE id IN ({ids})"
    return _raw(select, who, _needed(need), more)


def _raw(select: str, who: Principal, wanted: Sequence[str | int], more: Sequence[Tuple]) -> RawSQL:
    beside = [value for each in more for value in each]
    return RawSQL(f"{_held(len(more))} {select}", [*beside, *_values(who), *wanted])


def _values(who: Principal) -> list[str]:
    return [who.id, who.kind, who.relation]


def _needed(need: Need) -> list[str | int]:
    return [need.relation, int(need.rank), int(need.rank)]


def _rank(column: str) -> str:
    ranks = {**dict.fromkeys(PERMISSIONS, Role.VIEWER), **ROLES}
    cases = " ".join(f"WHEN '{name}' THEN {int(rank)}" for name, rank in ranks.items())
    return f"CASE {column} {cases} ELSE 0 END"


_MEETS: Final = f"(relation = %s OR (%s > 0 AND {_rank('relation')} >= %s))"
_LINKS: Final = ", ".join(f"'{name}'" for name in sorted(LINKS))


def _source(more: int) -> str:
    """The table, and so many tuples beside it."""
    columns = ", ".join(COLUMNS)
    table = f"SELECT {columns} FROM {IamPolicy._meta.db_table}"
    beside = "SELECT " + ", ".join(f"CAST(%s AS varchar) AS {name}" for name in COLUMNS)
    return f"({' UNION ALL '.join([table, *[beside] * more])})" if more else IamPolicy._meta.db_table


@cache
def _held(more: int) -> str:
    all_who_have = (
        "(step.principal_relation <> '' AND (step.principal_relation = held.relation"
        f" OR ({_rank('step.principal_relation')} > 0"
        f" AND {_rank('held.relation')} >= {_rank('step.principal_relation')})))"
    )
    belongs = f"(step.principal_relation = '' AND step.relation IN ({_LINKS}))"
    passed_on = f"CASE WHEN {belongs} THEN held.relation ELSE step.relation END"
    tuples = f"tuples AS {_source(more)}, " if more else ""
    source = "tuples" if more else _source(0)
    return (
        f"WITH RECURSIVE {tuples}held(kind, id, relation, steps) AS ("
        "SELECT CAST(resource_kind AS varchar), CAST(resource_id AS varchar), CAST(relation AS varchar), 1"
        f" FROM {source}"
        " WHERE principal_id = %s AND principal_kind = %s AND principal_relation = %s"
        f" UNION SELECT step.resource_kind, step.resource_id, {passed_on}, held.steps + 1"
        f" FROM held JOIN {source} step ON step.principal_id = held.id AND step.principal_kind = held.kind"
        f" AND ({all_who_have} OR {belongs}) WHERE held.steps < {MOST_STEPS})"
    )


@cache
def _holders(more: int, things: int) -> str:
    meets = "(step.relation = wanted.relation OR (wanted.rank > 0 AND {} >= wanted.rank))".format(
        _rank("step.relation")
    )
    belongs = f"(step.principal_relation = '' AND step.relation IN ({_LINKS}))"
    through = f"(step.principal_relation <> '' AND {meets})"
    tuples = f"tuples AS {_source(more)}, " if more else ""
    source = "tuples" if more else _source(0)
    begins = " UNION ALL ".join(
        ["SELECT CAST(%s AS varchar), CAST(%s AS varchar), CAST(%s AS varchar), CAST(%s AS integer), 1"] * things
    )
    relation = f"CASE WHEN {belongs} THEN wanted.relation ELSE step.principal_relation END"
    rank = f"CASE WHEN {belongs} THEN wanted.rank ELSE {_rank('step.principal_relation')} END"
    return (
        f"WITH RECURSIVE {tuples}wanted(kind, id, relation, rank, steps) AS (SELECT * FROM ({begins}) AS begun"
        f" UNION SELECT step.principal_kind, step.principal_id, {relation}, {rank}, wanted.steps + 1"
        f" FROM wanted JOIN {source} step ON step.resource_id = wanted.id AND step.resource_kind = wanted.kind"
        f" AND ({through} OR {belongs}) WHERE wanted.steps < {MOST_STEPS})"
        f" SELECT DISTINCT step.principal_id FROM wanted JOIN {source} step"
        f" ON step.resource_id = wanted.id AND step.resource_kind = wanted.kind AND {meets}"
        " WHERE step.principal_relation = '' AND step.principal_kind = %s"
    )
