"""Making API keys, and finding whose a key is."""

from __future__ import annotations

import hmac
from datetime import UTC, datetime, timedelta
from typing import Final

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from apps.resources.caller import SYSTEM, Caller
from apps.resources.errors import InvalidInput, NotFound
from apps.resources.kind import Draft
from apps.resources.kinds.api_key.model import ApiKey
from apps.resources.kinds.identity_account.actions import own_account
from apps.resources.ports import machine
from apps.resources.registry import API_KEY
from apps.resources.storage.lookup import find_row, visible
from apps.resources.storage.transaction import repeatable, write_transaction
from apps.resources.wire.codec import with_spec_fields
from apps.resources.writes import actions
from apps.resources.writes.batch import WriteBatch
from apps.resources.writes.outcome import Outcome
from apps.shared.api_keys import PREFIX, complaint_about, fingerprint_of, looked_up_by, new_key

LASTS: Final = timedelta(days=90)
"""A key whose maker does not say."""
USED: Final = "last_used_at"
USES_APART: Final = timedelta(minutes=1)
"""Uses that come closer together are noted once."""


def create_api_key(draft: Draft[ApiKey], caller: Caller) -> tuple[Outcome, str]:
    """Store a key of the caller's own account. The other part of the answer is the key, which is kept nowhere.

    Raises InvalidInput for one that has expired already, AlreadyExists where the account has one of that name, NotFound
    for a caller without an account.
    """
    spec, now = draft.spec or {}, timezone.now()
    if not spec.get("never_expires") and not spec.get("expires_at"):
        draft = with_spec_fields(draft, expires_at=(now + LASTS).replace(microsecond=0))
    elif (end := _moment(spec.get("expires_at", ""))) and end <= now:
        raise InvalidInput.at("spec.expires_at", "has passed already")
    key = new_key()
    draft = with_spec_fields(draft, fingerprint=fingerprint_of(key))
    draft.taken_columns |= {
        "account_id": own_account(caller).pk,
        "prefix": looked_up_by(key),
        "key_hash": hash_of(key),
    }
    return actions.create(draft, caller), key


def own_keys(caller: Caller) -> QuerySet[ApiKey]:
    """Those of the caller's own account, newest first. Raises NotFound for a caller without an account."""
    return visible(API_KEY, caller).filter(account_id=own_account(caller).pk).order_by("-pk")


def find_by_key(key: str) -> ApiKey | None:
    """The stored key that a text is, with its account. Whoever has the text may know: as SYSTEM."""
    if complaint_about(key):
        return None
    wanted = hash_of(key)
    found = visible(API_KEY, SYSTEM).select_related("account").filter(prefix=looked_up_by(key))
    return next((each for each in found if hmac.compare_digest(each.key_hash, wanted)), None)


def get_by_hash(key_or_hash: str) -> ApiKey:
    """The one with this hash, whosever; the key itself is taken, too. Raises NotFound, which repeats neither."""
    wanted = hash_of(key_or_hash) if key_or_hash.startswith(PREFIX) else key_or_hash
    found = visible(API_KEY, SYSTEM).filter(key_hash=wanted).first()
    if found is None:
        raise NotFound(API_KEY.name, f"...{fingerprint_of(key_or_hash)}")
    return found


def has_expired(key: ApiKey, now: datetime) -> bool:
    return key.expiry is not None and key.expiry <= now


def note_use(key: ApiKey, now: datetime) -> None:
    """Keep when a key was last used, to within USES_APART."""
    if _is_due(key, now):
        _note_use(key.pk, now)


@repeatable
def _note_use(key_id: str, now: datetime) -> None:
    with write_transaction():
        key = find_row(API_KEY, key_id, SYSTEM)
        if key is None or not _is_due(key, now):  # revoked, or noted by another process meanwhile
            return
        key.status = {**key.status, USED: now.astimezone(UTC).replace(microsecond=0).isoformat()}
        batch = WriteBatch(API_KEY, SYSTEM, now)
        batch.restate(key)
        batch.save()


def _is_due(key: ApiKey, now: datetime) -> bool:
    before = _moment(key.status.get(USED, ""))
    return before is None or now - before >= USES_APART


def hash_of(key: str) -> str:
    return hmac.digest(machine().keys.pepper(), key.encode(), "sha256").hex()


def _moment(text: str) -> datetime | None:
    return parse_datetime(text) if text else None
