"""Whoever runs the server makes the first administrator; who comes later is made by those."""

from __future__ import annotations

from datetime import UTC, datetime

from apps.resources.caller import SYSTEM
from apps.resources.json_value import Json
from apps.resources.kinds.api_key.actions import create_api_key
from apps.resources.kinds.iam_policy.actions import grant, policy_draft
from apps.resources.kinds.identity_account.actions import sign_up
from apps.resources.permission.callers import caller_of
from apps.resources.registry import API_KEY
from apps.resources.roles import ACCOUNT, PLATFORM, Role
from apps.resources.wire.codec import draft_from_json


def create_admin(email: str) -> str:
    """Make the account with this address an operator of the platform. A new API key of it, told this once.

    The account and its role are made unless they are there; each call makes a key. Raises InvalidInput for no address.
    """
    account = sign_up(email)
    policy: dict[str, Json] = {
        "principal": {"kind": ACCOUNT, "id": account.pk},
        "resource": {"kind": PLATFORM[0], "id": PLATFORM[1]},
        "relation": Role.OPERATOR.name.lower(),
    }
    grant(policy_draft(policy), SYSTEM)
    name = f"create-admin {datetime.now(UTC):%Y-%m-%d %H:%M:%S.%f}"
    draft = draft_from_json(API_KEY, {"metadata": {"name": name}, "spec": {}}, SYSTEM)
    return create_api_key(draft, caller_of(account.pk))[1]
