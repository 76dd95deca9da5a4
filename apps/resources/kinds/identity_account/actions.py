"""How accounts come about: the one of this machine at its first start, others by signing up."""

from __future__ import annotations

import re
from typing import Final, cast

from django.db import IntegrityError
from django.db.models import Q

from apps.resources.caller import LOCAL, SYSTEM, Caller
from apps.resources.errors import AlreadyExists, InvalidInput, NotFound
from apps.resources.identity import new_id
from apps.resources.json_value import Json
from apps.resources.kinds.identity_account.model import IdentityAccount
from apps.resources.registry import IDENTITY_ACCOUNT
from apps.resources.storage.lookup import visible
from apps.resources.wire.codec import draft_from_json
from apps.resources.writes import actions

MOST_EMAIL: Final = 254
EMAIL: Final = re.compile(r"[^@\s\x00-\x20\x7f]+@[^@\s\x00-\x20\x7f]+")
SIGNED_UP: Final = "email|"
"""Before the address: the id, at no identity provider, of who signed up with an address alone."""


def ensure_local_account() -> IdentityAccount:
    """The account of whoever sits at this machine, made unless it is there."""
    found = _one(Q(idp_id=LOCAL.actor))
    return found or _created({"name": LOCAL.actor, "slug": LOCAL.actor}, {"idp_id": LOCAL.actor})


def sign_up(email: str) -> IdentityAccount:
    """The account with this address, made unless it is there. Raises InvalidInput for what is no address."""
    address = email.strip().lower()
    if len(address) > MOST_EMAIL or not EMAIL.fullmatch(address) or not address.isprintable():
        raise InvalidInput.at("value", "must be an email address, such as jane@example.com")
    metadata = {"name": address, "slug": new_id(IDENTITY_ACCOUNT.noun)}
    return _one(Q(email=address)) or _created(metadata, {"idp_id": f"{SIGNED_UP}{address}", "email": address})


def own_account(caller: Caller) -> IdentityAccount:
    """The account of whoever asks. Raises NotFound: the installation itself has none."""
    found = _one(Q(pk=caller.actor) | Q(idp_id=caller.actor))
    if found is None:
        raise NotFound(IDENTITY_ACCOUNT.name, caller.actor)
    return found


def get_account(what: Q, said: str, caller: Caller) -> IdentityAccount:
    """The one that meets a condition by which there is one at most. `said`: what was asked for. Raises NotFound."""
    found = visible(IDENTITY_ACCOUNT, caller).filter(what).first()
    if found is None:
        raise NotFound(IDENTITY_ACCOUNT.name, said)
    return found


def _created(metadata: dict[str, Json], spec: dict[str, Json]) -> IdentityAccount:
    draft = draft_from_json(IDENTITY_ACCOUNT, {"metadata": metadata, "spec": spec}, SYSTEM)
    try:
        return cast("IdentityAccount", actions.create(draft, SYSTEM).row)
    except (AlreadyExists, IntegrityError):  # somebody else has made it between our look and our write
        return get_account(Q(idp_id=spec["idp_id"]), metadata["name"], SYSTEM)


def _one(what: Q) -> IdentityAccount | None:
    """As SYSTEM: who somebody is does not depend on what they see."""
    return visible(IDENTITY_ACCOUNT, SYSTEM).filter(what).first()
