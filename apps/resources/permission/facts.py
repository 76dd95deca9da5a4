"""What decides who may do something with a resource, besides the tuples: whose it is, and what it follows."""

from __future__ import annotations

from dataclasses import dataclass

from apps.resources.base import OwnerScope
from apps.resources.caller import SYSTEM
from apps.resources.executions.kind import ExecutionKind
from apps.resources.kind import Kind
from apps.resources.registry import (
    API_KEY,
    BY_NAME,
    EXECUTION_CONTEXT,
    IDENTITY_ACCOUNT,
    KINDS,
    ORGANIZATION,
)
from apps.resources.roles import PLATFORM
from apps.resources.storage.lookup import get_values, organization_id
from apps.resources.storage.tuples import Thing

BY_WORD = {kind.word: kind for kind in KINDS}


@dataclass(frozen=True)
class Facts:
    things: tuple[Thing, ...]
    """The resource and what it belongs to: a role on any of them is a role on it."""
    owner: str = ""
    """The account whose alone it is."""
    makers: frozenset[str] = frozenset()
    """Accounts that have made it, or what it follows."""
    is_for_all: bool = False
    """Whether every account sees it."""

    @property
    def is_organization(self) -> bool:
        return self.things[0].kind == ORGANIZATION.word


def facts_of(kind: Kind, resource_id: str) -> Facts:
    """As SYSTEM: whether somebody may see it is what is asked. Raises NotFound."""
    itself = Thing(kind.word, resource_id)
    if kind is API_KEY:
        return Facts((itself,), owner=get_values(kind, resource_id, ("account_id",), SYSTEM)[0])
    if isinstance(kind, ExecutionKind) and kind.parent is not None:
        names = ("created_by", kind.parent.column)
        maker, followed_id = get_values(kind, resource_id, names, SYSTEM)
        followed = facts_of(BY_NAME[kind.parent.kind], followed_id)
        return Facts((itself, *followed.things), followed.owner, followed.makers | {maker}, followed.is_for_all)
    scope, org, maker = get_values(kind, resource_id, ("owner_scope", "org", "created_by"), SYSTEM)
    if kind is ORGANIZATION:
        return Facts((itself,))
    if kind is IDENTITY_ACCOUNT:
        return Facts((itself, Thing(*PLATFORM)), owner=resource_id)
    if kind is EXECUTION_CONTEXT:
        return Facts((itself, Thing(*PLATFORM)))
    return _ordinary(itself, scope, org, maker)


def facts_of_thing(thing: Thing) -> Facts:
    """Of whatever a policy names: what this server does not know stands for itself. Raises NotFound."""
    kind = BY_WORD.get(thing.kind)
    return facts_of(kind, thing.id) if kind is not None else Facts((thing,), is_for_all=thing == PLATFORM)


def facts_of_new(kind: Kind, scope: int, org: str) -> Facts:
    """Of a resource that is to be made."""
    return _ordinary(Thing(kind.word, ""), scope, org, "")


def _ordinary(itself: Thing, scope: int, org: str, maker: str) -> Facts:
    if scope == OwnerScope.IDENTITY_ACCOUNT:
        return Facts((itself,), owner=maker, makers=frozenset({maker}))
    if scope == OwnerScope.PLATFORM:
        return Facts((itself, Thing(*PLATFORM)), is_for_all=True)
    owner = organization_id(org) if org else ""
    things = (itself, Thing(ORGANIZATION.word, owner)) if owner else (itself,)
    return Facts(things, makers=frozenset({maker}))
