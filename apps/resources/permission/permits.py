"""Whether a limited caller may write: asked where rows are written, whichever call, page or project led there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from apps.resources.base import OwnerScope, Resource
from apps.resources.errors import NotFound, PermissionDenied
from apps.resources.executions.kind import ExecutionKind
from apps.resources.kind import Draft, Kind
from apps.resources.kinds.iam_policy.model import IamPolicy
from apps.resources.permission.engine import Standing, demand, standing
from apps.resources.permission.facts import Facts, facts_of, facts_of_thing
from apps.resources.registry import (
    AGENT,
    API_KEY,
    BY_NAME,
    EXECUTION_CONTEXT,
    IAM_POLICY,
    IDENTITY_ACCOUNT,
    ORGANIZATION,
    SESSION,
    WORKFLOW,
)
from apps.resources.roles import (
    ACCOUNT,
    CAN_CREATE_EXECUTION,
    CAN_CREATE_INSTANCE,
    CAN_DELETE,
    CAN_EDIT,
    CAN_EXECUTE,
    CAN_GRANT_ACCESS,
    CAN_VIEW_ACCESS,
    PLATFORM,
    Role,
)
from apps.resources.storage.lookup import organization_id
from apps.resources.storage.tuples import Principal, Thing

CREATE = "create"
OPERATOR = Role.OPERATOR.name.lower()
RUN_OF = {"agent_id": AGENT, "workflow_id": WORKFLOW}
"""The field of a run's spec with what it is a run of."""
INSTANCES = frozenset({"AgentInstance", "WorkflowInstance"})


@dataclass(frozen=True)
class Permits:
    """The Permit of an account. Each raises NotFound for what it may not see, PermissionDenied for what it may."""

    account_id: str

    def creation(self, draft: Draft) -> None:
        kind, metadata = draft.kind, draft.metadata
        if kind in (ORGANIZATION, API_KEY):
            return  # whoever is signed in; a key is their own
        if kind in (EXECUTION_CONTEXT, IDENTITY_ACCOUNT) or metadata.owner_scope == OwnerScope.PLATFORM:
            self.operator()
        elif isinstance(kind, ExecutionKind):
            self._run(draft)
        elif kind is IAM_POLICY:
            self.grant(draft.kind.columns(draft))
        else:
            self.membership(metadata.org)
            if kind.name in INSTANCES and kind.parent is not None and draft.spec:
                self.use(BY_NAME[kind.parent.kind], draft.spec.get(kind.parent.spec_field, ""), CAN_CREATE_INSTANCE)

    def change(self, row: Resource, kind: Kind, draft: Draft) -> None:
        self.on(kind, row.pk, CAN_EDIT)
        if kind.parent is not None and kind.name in INSTANCES and draft.spec:
            wanted = draft.spec.get(kind.parent.spec_field, "")
            if wanted != getattr(row, kind.parent.column):
                self.use(BY_NAME[kind.parent.kind], wanted, CAN_CREATE_INSTANCE)

    def removal(self, row: Resource, kind: Kind) -> None:
        if isinstance(row, IamPolicy):
            self.grant({name: getattr(row, name) for name in ("resource_kind", "resource_id", "relation")})
        elif kind is EXECUTION_CONTEXT:
            self.operator()
        else:
            self.on(kind, row.pk, CAN_DELETE)

    def on(self, kind: Kind, resource_id: str, permission: str) -> None:
        """For a permission on a stored resource."""
        demand(self._standing(facts_of(kind, resource_id)), permission, kind.name, resource_id)

    def on_policy(self, policy: IamPolicy, permission: str) -> None:
        """Policies are for who may do that with what they are about; one's own are to be seen."""
        thing = Thing(policy.resource_kind, policy.resource_id)
        if permission != CAN_VIEW_ACCESS or (policy.principal_kind, policy.principal_id) != (ACCOUNT, self.account_id):
            self.on_thing(thing, permission)

    def on_thing(self, thing: Thing, permission: str) -> None:
        """For a permission on whatever a policy names."""
        demand(self._standing(facts_of_thing(thing)), permission, thing.kind, thing.id)

    def grant(self, columns: dict[str, Any]) -> None:
        """Giving and taking access: nobody gives, or takes, more than they have."""
        thing, relation = Thing(columns["resource_kind"], columns["resource_id"]), columns["relation"]
        found = self._standing(facts_of_thing(thing))
        demand(found, CAN_GRANT_ACCESS, thing.kind, thing.id)
        if not found.allows(relation):
            raise PermissionDenied(relation, f"{thing.kind} {thing.id}")

    def sees_organization(self, org: str) -> None:
        found = organization_id(org)
        if not found or not self._standing(facts_of(ORGANIZATION, found)).is_visible:
            raise NotFound(ORGANIZATION.name, org)

    def membership(self, org: str, permission: str = CREATE) -> None:
        """For making something in an organization. Without one, what is made says what is missing."""
        if not org:
            return
        found = organization_id(org)
        if not found:
            raise NotFound(ORGANIZATION.name, org)
        demand(self._standing(facts_of(ORGANIZATION, found)), permission, ORGANIZATION.name, org)

    def use(self, kind: Kind, resource_id: str, permission: str) -> None:
        """For making something of it. What is the platform's may be used by all who see it, where they may make it."""
        facts = facts_of(kind, resource_id)
        if not facts.is_for_all:
            demand(self._standing(facts), permission, kind.name, resource_id)

    def operator(self) -> None:
        thing = Thing(*PLATFORM)
        if not self._standing(facts_of_thing(thing)).allows(OPERATOR):
            raise PermissionDenied(OPERATOR, f"{thing.kind} {thing.id}")

    def _run(self, draft: Draft) -> None:
        """A run of something, in a session or of an instance: both are used."""
        spec, parent = draft.spec or {}, draft.kind.parent
        for field, kind in RUN_OF.items():
            if spec.get(field):
                self.use(kind, spec[field], CAN_EXECUTE)
        if parent is None or not spec.get(parent.spec_field):
            return
        followed = BY_NAME[parent.kind]
        if followed is SESSION:
            self.on(followed, spec[parent.spec_field], CAN_CREATE_EXECUTION)
        else:
            self.use(followed, spec[parent.spec_field], CAN_CREATE_EXECUTION)
        if draft.parent is None or draft.metadata.org != draft.parent.org:
            self.membership(draft.metadata.org)

    def _standing(self, facts: Facts) -> Standing:
        return standing(Principal(ACCOUNT, self.account_id), facts)
