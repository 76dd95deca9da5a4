from typing import ClassVar, Final

from apps.resources.caller import LOCAL, Caller
from apps.resources.errors import Protected
from apps.resources.kind import Kind, Protection
from apps.resources.kinds.organization.model import Organization

RESERVED: Final = frozenset({LOCAL.org, "platform", "system", "stigmer"})


class ExactlyOne:
    """Of a machine of one's own: the installation makes it, and it stays. Accounts make and delete others."""

    def permit_creation(self, slug: str, caller: Caller) -> None:
        if caller.permit is not None and slug in RESERVED:
            raise Protected(f"organization {slug!r} cannot be created: the name is reserved")
        if not caller.is_system and caller.permit is None:
            raise Protected(f"organization {slug!r} cannot be created: this machine has exactly one, 'local'")

    def permit_deletion(self, slug: str, caller: Caller) -> None:
        if caller.permit is None or slug == LOCAL.org:
            raise Protected(f"organization {slug!r} cannot be deleted: this machine always has exactly one")


class OrganizationKind(Kind[Organization]):
    name = "Organization"
    plural = "organizations"
    number = 30
    prefix = "org"
    package = "ai.stigmer.tenancy.organization.v1"
    model = Organization
    owns_by_org = True
    belongs_to_organization = False
    protection: ClassVar[Protection | None] = ExactlyOne()
