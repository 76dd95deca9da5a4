from typing import ClassVar

from apps.resources.base import Resource
from apps.resources.caller import Caller
from apps.resources.errors import Protected
from apps.resources.kind import Action, Draft, Kind
from apps.resources.kinds.organization.model import Organization


class OrganizationKind(Kind):
    name = "Organization"
    plural = "organizations"
    number = 30
    prefix = "org"
    package = "ai.stigmer.tenancy.organization.v1"
    model: ClassVar[type[Resource]] = Organization
    owns_by_org = True
    belongs_to_organization = False

    def permit(self, action: Action, draft: Draft, caller: Caller) -> None:
        if action is Action.CREATED and not caller.is_system:
            raise Protected(
                f"organization {draft.metadata.slug!r} cannot be created: this machine has exactly one, 'local'",
                hint="Use a cloud backend for more organizations",
            )

    def permit_delete(self, row: Resource, caller: Caller) -> None:
        del caller
        raise Protected(f"organization {row.slug!r} cannot be deleted: this machine always has exactly one")
