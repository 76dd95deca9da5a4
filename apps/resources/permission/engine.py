"""Who may do what: one resource at a time, and all resources or all principals at once.

Whatever is answered for one is the answer in lists, too: `Standing.allows`, `rows.within` and `principals` say the same
by different means, which the tests compare.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from apps.resources.caller import SYSTEM, Caller
from apps.resources.errors import NotFound, PermissionDenied
from apps.resources.permission.facts import Facts, facts_of_thing
from apps.resources.registry import IDENTITY_ACCOUNT
from apps.resources.roles import ACCOUNT, CAN_VIEW, LINKS, OF_ITS_MAKER, Need, Role, meets, need_of
from apps.resources.storage.lookup import visible
from apps.resources.storage.tuples import Held, Principal, Thing, Tuple, held_by, principals_with


@dataclass(frozen=True)
class Standing:
    """What a principal has on one resource."""

    who: Principal
    facts: Facts
    held: frozenset[Held]

    @property
    def is_visible(self) -> bool:
        return self.allows(CAN_VIEW)

    def allows(self, relation: str) -> bool:
        """Whether they have this role or permission on it, or any other relation to it."""
        need = need_of(relation, of_organization=self.facts.is_organization)
        return (
            any(meets(held.relation, need) for held in self._counted(relation))
            or 0 < need.rank <= self._given
            or self._made_it(relation)
            or self._is_what_it_belongs_to(relation)
        )

    @property
    def _given(self) -> int:
        """The role that needs no tuple."""
        if self.who.kind != ACCOUNT or self.who.relation:
            return 0
        if self.facts.owner == self.who.id:
            return Role.OWNER
        return Role.VIEWER if self.facts.is_for_all else 0

    def _counted(self, relation: str) -> frozenset[Held]:
        """Relations that are neither roles nor permissions are not passed on by what a resource belongs to."""
        if need_of(relation).rank:
            return self.held
        itself = self.facts.things[0]
        return frozenset(held for held in self.held if Thing(held.kind, held.id) == itself)

    def _made_it(self, relation: str) -> bool:
        return (
            relation in OF_ITS_MAKER
            and not self.facts.is_organization
            and self.who.kind == ACCOUNT
            and self.who.id in self.facts.makers
            and any(meets(held.relation, Need("", Role.MEMBER)) for held in self.held)
        )

    def _is_what_it_belongs_to(self, relation: str) -> bool:
        belongs = relation in LINKS and relation == self.who.kind and not self.who.relation
        return belongs and Thing(self.who.kind, self.who.id) in self.facts.things[1:]


def standing(who: Principal, facts: Facts, more: Sequence[Tuple] = ()) -> Standing:
    """`more`: tuples that count beside those that are stored."""
    things = set(facts.things)
    found = held_by(who, ids={thing.id for thing in things}, more=more)
    return Standing(who, facts, frozenset(held for held in found if Thing(held.kind, held.id) in things))


def demand(found: Standing, permission: str, kind: str, key: str) -> None:
    """Raise NotFound for what cannot be seen, and PermissionDenied for what is seen and not allowed."""
    if not found.is_visible:
        raise NotFound(kind, key)
    if not found.allows(permission):
        raise PermissionDenied(permission, f"{kind} {key}")


def principals(thing: Thing, relation: str, kind: str, more: Sequence[Tuple] = ()) -> list[str]:
    """The ids of the principals of a kind who have a relation to a resource, sorted. Raises NotFound."""
    facts = facts_of_thing(thing)
    need = need_of(relation, of_organization=facts.is_organization)
    found = principals_with(facts.things if need.rank else facts.things[:1], need, kind, more=more)
    if kind == ACCOUNT:
        if facts.owner and 0 < need.rank <= Role.OWNER:
            found.add(facts.owner)
        if facts.is_for_all and 0 < need.rank <= Role.VIEWER:
            found |= set(visible(IDENTITY_ACCOUNT, SYSTEM).values_list("pk", flat=True))
        if relation in OF_ITS_MAKER:
            made = {Principal(ACCOUNT, maker) for maker in facts.makers - found}
            found |= {who.id for who in made if standing(who, facts, more).allows(relation)}
    found |= {other.id for other in facts.things[1:] if relation in LINKS and relation == kind == other.kind}
    return sorted(found)


def as_principal(caller: Caller) -> Principal:
    return Principal(ACCOUNT, caller.actor)
