"""What callers are told about access: their own, and that to what they may view the access of."""

from __future__ import annotations

from collections.abc import Sequence

from apps.resources.caller import Caller
from apps.resources.permission.engine import as_principal, demand, standing
from apps.resources.permission.facts import BY_WORD, facts_of_thing
from apps.resources.permission.rows import within
from apps.resources.roles import CAN_VIEW_ACCESS, meets, need_of
from apps.resources.storage.lookup import visible_to
from apps.resources.storage.tuples import Principal, Thing, Tuple, held_by


def is_authorized(asked: Tuple, more: Sequence[Tuple], caller: Caller) -> bool:
    """Whether a principal has a relation. `more` counts beside what is stored.

    Raises NotFound for a resource that is not there, or not the caller's to see; PermissionDenied where its access is
    not theirs to view.
    """
    who = Principal(asked.principal_kind, asked.principal_id, asked.principal_relation)
    thing = Thing(asked.resource_kind, asked.resource_id)
    facts = facts_of_thing(thing)
    if _is_limited(caller, who):
        demand(standing(as_principal(caller), facts), CAN_VIEW_ACCESS, thing.kind, thing.id)
    return standing(who, facts, more).allows(asked.relation)


def ids_within(word: str, who: Principal, relation: str, more: Sequence[Tuple], caller: Caller) -> list[str]:
    """The ids of what, of one kind, a principal has a relation to, sorted.

    Of somebody else, callers hear only what they may view the access of.
    """
    kind = BY_WORD.get(word)
    if kind is None:
        found = _ids_held(who, word, relation, more)
        if not _is_limited(caller, who):
            return sorted(found)
        return sorted(found & _ids_held(as_principal(caller), word, CAN_VIEW_ACCESS, ()))
    rows = visible_to(kind, within(kind, who, relation, more))
    if _is_limited(caller, who):
        rows = rows.filter(within(kind, as_principal(caller), CAN_VIEW_ACCESS))
    return sorted(rows.values_list("pk", flat=True))


def _ids_held(who: Principal, word: str, relation: str, more: Sequence[Tuple]) -> set[str]:
    need = need_of(relation)
    return {held.id for held in held_by(who, kinds=(word,), more=more) if meets(held.relation, need)}


def _is_limited(caller: Caller, who: Principal) -> bool:
    """Whether somebody asks about another, and not everything is theirs."""
    return caller.sight is not None and who != as_principal(caller)
