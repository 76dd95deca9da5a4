from typing import ClassVar

from apps.resources.base import OwnerScope
from apps.resources.caller import LOCAL, Caller
from apps.resources.errors import Protected, Violation
from apps.resources.identity import MAX_NAME
from apps.resources.json_value import Json
from apps.resources.kind import Kind, Protection, SpecReview
from apps.resources.kinds.identity_account.model import IdentityAccount


class SomebodySitsHere:
    """The account of this machine stays: what it has made would be nobody's."""

    def permit_creation(self, slug: str, caller: Caller) -> None:
        del slug, caller

    def permit_deletion(self, slug: str, caller: Caller) -> None:
        del caller
        if slug == LOCAL.actor:
            raise Protected(f"identity account {slug!r} cannot be deleted: it is whoever sits at this machine")


class IdentityAccountKind(Kind[IdentityAccount]):
    name = "IdentityAccount"
    plural = "identity accounts"
    number = 11
    prefix = "ida"
    package = "ai.stigmer.iam.identityaccount.v1"
    model = IdentityAccount
    default_scope = OwnerScope.IDENTITY_ACCOUNT
    belongs_to_organization = False
    is_applied = False
    protection: ClassVar[Protection | None] = SomebodySitsHere()
    spec_columns = ("idp_id", "email")
    # They say who it is: whoever could change them would be somebody else.
    settled_fields = ("idp_id", "email", "is_machine_account")

    def review(self, spec: dict[str, Json]) -> SpecReview:
        return SpecReview(
            [
                Violation(f"spec.{name}", f"must have at most {MAX_NAME} characters, got {len(spec[name])}")
                for name in self.spec_columns
                if len(spec.get(name, "")) > MAX_NAME
            ]
        )
