"""Conditions on the rows of a kind: what joins lists with what somebody may see or do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q

from apps.resources.base import OwnerScope
from apps.resources.executions.kind import ExecutionKind
from apps.resources.kind import Kind
from apps.resources.registry import (
    API_KEY,
    BY_NAME,
    EXECUTION_CONTEXT,
    IAM_POLICY,
    IDENTITY_ACCOUNT,
    KINDS,
    ORGANIZATION,
)
from apps.resources.roles import (
    ACCOUNT,
    CAN_GRANT_ACCESS,
    CAN_VIEW,
    CAN_VIEW_ACCESS,
    OF_ITS_MAKER,
    PLATFORM,
    TEAM,
    Need,
    Role,
    meets,
    need_of,
)
from apps.resources.storage.lookup import visible_to
from apps.resources.storage.tuples import Principal, Tuple, held_by, ids_held, organizations_held

NOTHING, EVERYTHING = Q(pk__in=()), Q(pk__isnull=False)
AS_MEMBER = Need("", Role.MEMBER)


def within(kind: Kind, who: Principal, relation: str, more: Sequence[Tuple] = ()) -> Q:
    """Those rows on which a principal has a role, a permission or another relation.

    `more`: tuples that count beside those that are stored.
    """
    return _Conditions(who, tuple(more)).on(kind, relation)


@dataclass(frozen=True)
class _Conditions:
    who: Principal
    more: tuple[Tuple, ...]

    def on(self, kind: Kind, relation: str) -> Q:
        need = need_of(relation, of_organization=kind is ORGANIZATION)
        direct = self._direct("pk", kind, need)
        if not need.rank or kind is ORGANIZATION:
            return direct
        if kind is IAM_POLICY:
            return direct | self._policies(relation)
        if kind in (API_KEY, IDENTITY_ACCOUNT, EXECUTION_CONTEXT):
            return direct | self._personal(kind, need)
        if isinstance(kind, ExecutionKind) and kind.parent is not None:
            path = kind.parent.column.removesuffix("_id")
            return direct | self._of_runs(kind, path, BY_NAME[kind.parent.kind], relation)
        return direct | self._ordinary(kind, relation)

    def _personal(self, kind: Kind, need: Need) -> Q:
        """Keys are an account's own; accounts and the variables of runs are the platform's beside that."""
        owner = {API_KEY: "account_id", IDENTITY_ACCOUNT: "pk"}.get(kind)
        own = Q(**{owner: self.who.id}) if owner and self._owns(need) else NOTHING
        return own if kind is API_KEY else own | self._if_on_platform(need, EVERYTHING)

    def _ordinary(self, kind: Kind, relation: str) -> Q:
        need = need_of(relation)
        found = self._of_place(need, "") | self._own(need, "")
        if not self._is_for_makers(relation):
            return found
        member = self._direct("pk", kind, AS_MEMBER) | self._of_place(AS_MEMBER, "")
        return found | (self._made("") & member)

    def _of_runs(self, kind: ExecutionKind, path: str, followed: Kind, relation: str) -> Q:
        """Runs follow what they belong to, `followed`, which `path` leads to."""
        need, prefix = need_of(relation), f"{path}__"
        found = self._direct(f"{path}_id", followed, need) | self._of_place(need, prefix) | self._own(need, prefix)
        if not self._is_for_makers(relation):
            return found
        maker = Q(created_by=self.who.id) | self._made(prefix)
        member = self._direct("pk", kind, AS_MEMBER) | self._direct(f"{path}_id", followed, AS_MEMBER)
        return found | (maker & (member | self._of_place(AS_MEMBER, prefix)))

    def _direct(self, column: str, kind: Kind, need: Need) -> Q:
        """By tuples that lead to the resource itself."""
        return Q(**{f"{column}__in": ids_held(self.who, kind.word, need, self.more)})

    def _of_place(self, need: Need, prefix: str) -> Q:
        """By where it is: in an organization, or on the platform, which every account sees."""
        scope = f"{prefix}owner_scope"
        in_organization = Q(**{f"{scope}__in": (OwnerScope.UNSPECIFIED, OwnerScope.ORGANIZATION)})
        found = in_organization & Q(**{f"{prefix}org__in": organizations_held(self.who, need, self.more)})
        on_platform = Q(**{scope: OwnerScope.PLATFORM})
        if self._is_account and need.rank <= Role.VIEWER:
            return found | on_platform
        return found | self._if_on_platform(need, on_platform)

    def _own(self, need: Need, prefix: str) -> Q:
        """By being the account's alone."""
        own = {f"{prefix}owner_scope": OwnerScope.IDENTITY_ACCOUNT, f"{prefix}created_by": self.who.id}
        return Q(**own) if self._owns(need) else NOTHING

    def _made(self, prefix: str) -> Q:
        """By having made it; what is on the platform is nobody's who made it."""
        on_platform = Q(**{f"{prefix}owner_scope": OwnerScope.PLATFORM})
        return Q(**{f"{prefix}created_by": self.who.id}) & ~on_platform

    def _if_on_platform(self, need: Need, rows: Q) -> Q:
        held = held_by(self.who, ids=(PLATFORM[1],), more=self.more)
        return (
            rows if any((each.kind, each.id) == PLATFORM and meets(each.relation, need) for each in held) else NOTHING
        )

    def _policies(self, relation: str) -> Q:
        """Policies are seen, and made, by who may do that on their resource; by who they are about, seen."""
        needed = CAN_GRANT_ACCESS if relation in OF_ITS_MAKER else CAN_VIEW_ACCESS if relation == CAN_VIEW else relation
        found = Q(resource_kind=TEAM, resource_id__in=ids_held(self.who, TEAM, need_of(needed), self.more))
        if relation == CAN_VIEW:
            found |= Q(principal_kind=self.who.kind, principal_id=self.who.id)
        for kind in KINDS:
            if kind is not IAM_POLICY:
                ids = visible_to(kind, self.on(kind, needed)).values("pk")
                found |= Q(resource_kind=kind.word, resource_id__in=ids)
        of_platform = Q(resource_kind=PLATFORM[0], resource_id=PLATFORM[1])
        return found | self._if_on_platform(need_of(needed), of_platform)

    @property
    def _is_account(self) -> bool:
        return self.who.kind == ACCOUNT and not self.who.relation

    def _owns(self, need: Need) -> bool:
        return self._is_account and 0 < need.rank <= Role.OWNER

    def _is_for_makers(self, relation: str) -> bool:
        return relation in OF_ITS_MAKER and self.who.kind == ACCOUNT
