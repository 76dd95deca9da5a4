"""Accounts as callers: what they see and what they may write."""

from __future__ import annotations

from functools import partial

from django.db.models import Q

from apps.resources.caller import Caller, Sight
from apps.resources.identity import is_id
from apps.resources.permission.permits import Permits
from apps.resources.permission.rows import within
from apps.resources.registry import BY_NAME, IDENTITY_ACCOUNT, ORGANIZATION
from apps.resources.roles import ACCOUNT, CAN_VIEW
from apps.resources.storage.lookup import visible_to
from apps.resources.storage.tuples import Principal


def caller_of(account_id: str) -> Caller:
    """Whoever is signed in as this account. References without an organization mean theirs, if they have one alone."""
    mine = visible_to(ORGANIZATION, within(ORGANIZATION, Principal(ACCOUNT, account_id), CAN_VIEW))
    slugs = list(mine.values_list("slug", flat=True)[:2])
    return _limited(account_id, slugs[0] if len(slugs) == 1 else "")


def on_behalf_of(actor: str, org: str) -> Caller:
    """Who made something that the program goes on with by itself (a run): it sees and may do what they do, no more.

    Who is no account is somebody at this machine, whom nothing limits.
    """
    return _limited(actor, org) if is_id(actor, IDENTITY_ACCOUNT.prefix) else Caller(actor=actor, org=org)


def sight_of(account_id: str) -> Sight:
    return partial(_seen_by, Principal(ACCOUNT, account_id))


def _limited(account_id: str, org: str) -> Caller:
    return Caller(account_id, org, sight=sight_of(account_id), permit=Permits(account_id))


def _seen_by(who: Principal, kind: str) -> Q:
    return within(BY_NAME[kind], who, CAN_VIEW)
