"""Users and passwords that stand in addresses: nobody need have called them secrets."""

from __future__ import annotations

import re
from typing import Final

from apps.shared.masking.masker import MASK

_USER: Final = re.compile(r"(?<=://)[^/?#\s]*@")


def without_user(text: str) -> str:
    """`text` with the user and the password of every address in it masked."""
    return _USER.sub(f"{MASK}@", text) if "@" in text else text
