from apps.resources.base import OwnerScope
from apps.resources.errors import Violation
from apps.resources.json_value import Json
from apps.resources.kind import Kind, SpecReview
from apps.resources.kinds.api_key.model import ApiKey


class ApiKeyKind(Kind[ApiKey]):
    name = "ApiKey"
    plural = "API keys"
    number = 12
    prefix = "key"
    package = "ai.stigmer.iam.apikey.v1"
    model = ApiKey
    default_scope = OwnerScope.IDENTITY_ACCOUNT
    belongs_to_organization = False
    is_applied = False
    computed_fields = ("key_hash", "fingerprint")
    spec_columns = ("expires_at",)

    def review(self, spec: dict[str, Json]) -> SpecReview:
        if spec.get("never_expires") and spec.get("expires_at"):
            return SpecReview([Violation("spec.expires_at", "is given beside never_expires: give one of them")])
        return SpecReview()
