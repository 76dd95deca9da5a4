"""Keeping what somebody else named out of sentences, where it is longer than any sentence."""

from __future__ import annotations

import re
from typing import Final

_LONGEST: Final = 500
"""Longer than names may be, and than paths are that somebody types."""
_BEGIN, _END = 60, 20
_LONG: Final = re.compile(rf"'[^'\n]{{{_LONGEST},}}'|\"[^\"\n]{{{_LONGEST},}}\"|\S{{{_LONGEST},}}")


def shortened(text: str) -> str:
    """`text` with the middle left out of every quotation and word that is longer than 500 characters."""
    return text if len(text) <= _LONGEST else _LONG.sub(_ends, text)


def _ends(found: re.Match[str]) -> str:
    long = found.group()
    return f"{long[:_BEGIN]}… ({len(long) - _BEGIN - _END:,} characters) …{long[-_END:]}"
