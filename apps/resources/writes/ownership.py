"""Whoever makes an organization owns it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from apps.resources.caller import Caller
from apps.resources.identity import new_id
from apps.resources.kind import Action, Metadata
from apps.resources.registry import IAM_POLICY, ORGANIZATION
from apps.resources.roles import ACCOUNT, Role
from apps.resources.wire.codec import trusted_draft
from apps.resources.writes.batch import WriteBatch
from apps.resources.writes.outcome import Outcome


def give_to_creator(outcomes: Sequence[Outcome], caller: Caller) -> None:
    """Policies for the organizations that an account has made just now, in the transaction under way."""
    batch = WriteBatch(IAM_POLICY, replace(caller, permit=None))
    for outcome in outcomes:
        if outcome.action is not Action.CREATED:
            continue
        name = new_id(IAM_POLICY.noun)
        spec = {
            "principal": {"kind": ACCOUNT, "id": caller.actor},
            "resource": {"kind": ORGANIZATION.word, "id": outcome.row.pk},
            "relation": Role.OWNER.name.lower(),
        }
        batch.create(trusted_draft(IAM_POLICY, Metadata(name=name, slug=name), spec))
    batch.save()
