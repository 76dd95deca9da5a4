"""Encryption of secret values at rest.

Ciphertexts name their key (`k1:gAAAA...`), so keys can be rotated: new values take the newest key
and old ones are read with theirs. The key file is 0600 beside the database.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

MASK = "********"
"""What a secret value reads as everywhere; written back, it keeps the stored value."""


def seal(plaintext: str) -> str:
    key_id, fernet = list(_keys().items())[-1]
    return f"{key_id}:{fernet.encrypt(plaintext.encode()).decode()}"


def unseal(sealed: str) -> str:
    """The plaintext. Raises KeyError when the key of `sealed` is not on this machine."""
    key_id, _, token = sealed.partition(":")
    return _keys()[key_id].decrypt(token.encode()).decode()


def same(sealed: str, plaintext: str) -> bool:
    return unseal(sealed) == plaintext


@cache
def _keys() -> dict[str, Fernet]:
    """Key id to key, oldest first; the first key is made when there is none."""
    # cryptography takes 30 ms to import and most processes meet no secret.
    from cryptography.fernet import Fernet

    path = Path(settings.SECRETS_KEY_DIR) / "secrets"
    if not path.exists():
        _write_first_key(path, Fernet.generate_key().decode())
    lines = path.read_text().split()
    return {key_id: Fernet(key) for key_id, _, key in (line.partition(":") for line in lines)}


def _write_first_key(path: Path, key: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_suffix(f".{os.getpid()}")
    fresh.touch(mode=0o600)
    fresh.write_text(f"k1:{key}\n")
    try:
        path.hardlink_to(fresh)  # two processes may get here at once: the first one's key stands
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
