"""API keys as texts: how they are made, and how one that was mistyped is told without asking anybody.

`stk_`, 32 characters at random, and six more that are the CRC-32 of those: all of them letters and digits.
"""

from __future__ import annotations

import re
import secrets
import string
import zlib
from typing import Final

PREFIX: Final = "stk_"
ALPHABET: Final = string.digits + string.ascii_uppercase + string.ascii_lowercase
SECRET_CHARACTERS: Final = 32
CHECK_CHARACTERS: Final = 6
"""62 to this power is more than 2 to the power of 32."""
LOOKED_UP: Final = len(PREFIX) + 8
"""So many characters at the start find a key among others; what is left has 142 bits."""
FORM: Final = re.compile(rf"{PREFIX}([0-9A-Za-z]{{{SECRET_CHARACTERS}}})([0-9A-Za-z]{{{CHECK_CHARACTERS}}})")


def new_key() -> str:
    secret = "".join(secrets.choice(ALPHABET) for _ in range(SECRET_CHARACTERS))
    return f"{PREFIX}{secret}{_checksum(secret)}"


def complaint_about(key: str) -> str:
    """What is wrong with a text that somebody gave as a key; empty when it may be one. Never repeats any of it."""
    if not key.startswith(PREFIX):
        return f"an API key begins with {PREFIX}"
    found = FORM.fullmatch(key)
    if found is None:
        return f"an API key has {len(PREFIX) + SECRET_CHARACTERS + CHECK_CHARACTERS} characters: letters and digits"
    return "" if _checksum(found[1]) == found[2] else "the API key is mistyped: its last six characters do not fit"


def fingerprint_of(key: str) -> str:
    """What may be shown of it, to tell keys apart."""
    return key[-CHECK_CHARACTERS:]


def looked_up_by(key: str) -> str:
    return key[:LOOKED_UP]


def _checksum(secret: str) -> str:
    rest, digits = zlib.crc32(secret.encode()), ""
    for _ in range(CHECK_CHARACTERS):
        rest, digit = divmod(rest, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    return digits
