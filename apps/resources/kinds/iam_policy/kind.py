import re
from typing import Any

from apps.resources.errors import Violation
from apps.resources.json_value import Json
from apps.resources.kind import Draft, Kind, SpecReview
from apps.resources.kinds.iam_policy.model import IamPolicy
from apps.resources.roles import TEAM

PARTS = ("kind", "id", "relation")
WORD = re.compile(r"[!-~]*")
"""Other characters could make a row too long for an index."""


class IamPolicyKind(Kind[IamPolicy]):
    name = "IamPolicy"
    plural = "IAM policies"
    number = 10
    prefix = "iamp"
    package = "ai.stigmer.iam.iampolicy.v1"
    model = IamPolicy
    is_named_by_id = True
    has_fixed_spec = True
    is_applied = False
    belongs_to_organization = False

    def review(self, spec: dict[str, Json]) -> SpecReview:
        ends = ("principal", "resource")
        words = {f"spec.{end}.{name}": spec.get(end, {}).get(name, "") for end in ends for name in PARTS}
        words["spec.relation"] = spec.get("relation", "")
        wrong = (path for path, word in words.items() if not WORD.fullmatch(word))
        return SpecReview([Violation(path, "may only hold letters, digits and signs of ASCII") for path in wrong])

    def columns(self, draft: Draft) -> dict[str, Json]:
        return tuple_columns(draft.spec or {})


def tuple_columns(spec: dict[str, Json]) -> dict[str, Any]:
    """The columns of a policy by its spec, which also find it."""
    principal, resource = spec.get("principal", {}), spec.get("resource", {})
    principal_kind = spelled(principal.get("kind", ""))
    # Nobody acts as a team: those who belong to it do.
    standard = "member" if principal_kind == TEAM else ""
    return {
        "resource_kind": spelled(resource.get("kind", "")),
        "resource_id": resource.get("id", ""),
        "relation": spec.get("relation", ""),
        "principal_kind": principal_kind,
        "principal_id": principal.get("id", ""),
        "principal_relation": principal.get("relation") or standard,
    }


def spelled(kind: str) -> str:
    """A kind as the contract's enum has it, `identity_account`, also for `IdentityAccount` and `identity-account`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", kind.strip()).replace("-", "_").lower()
