"""A number that is a secret, where a text writes it in another way: `1000.0`, `1,000`, `1e3` for `1000`.

Only a number that stands by itself counts, and only one that is equal to the secret as far as doubles are. So nothing
is masked because it has some of the same digits, and no small number, for those are no secrets (masker.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from math import inf
from typing import Final

LONGEST: Final = 400
"""Characters of a number that is read."""
SHORTEST: Final = 4
_SECRET: Final = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d{1,3})?")
_GROUPS: Final = r"\d{1,3}(?:([,_' \u00a0\u202f\u2019])\d{3}(?:\1\d{3})*|(?:(?:\.\d{3}){2,}|\.\d{3}(?=,\d)))"
"""Thousands, as most of the world sets them apart; a dot before three digits alone is one of decimals."""
_WRITTEN: Final = re.compile(
    rf"(?<![\w.,])[+-]?(?:{_GROUPS}|\d+)(?:[.,]\d+)?(?:[eE][+-]?\d{{1,3}})?(?!\w|[.,]\d)", re.ASCII
)
_BEGUN: Final = re.compile(r"(?:[+-]|[+-]?\d[\d.,_' \u00a0\u202f\u2019eE+-]*)\Z", re.ASCII)


class Numbers:
    """Those that are secrets, each with the number of its needle."""

    def __init__(self, known: Mapping[float, int]) -> None:
        self._known = known

    def spans(self, text: str) -> Iterator[tuple[int, int, int]]:
        for found in _WRITTEN.finditer(text):
            if SHORTEST - 1 <= len(found[0]) <= LONGEST:
                for number in _readings(found[0]):
                    if number in self._known:
                        yield found.start(), found.end(), self._known[number]
                        break

    def begun(self, text: str) -> int:
        """How many characters at the end of `text` belong to a number that may go on."""
        found = _BEGUN.search(text, max(0, len(text) - LONGEST)) if self._known else None
        return len(found[0]) if found else 0


def number_of(secret: str) -> float | None:
    """The number that a value may come back as, if it is long enough to be looked for."""
    if len(secret) > LONGEST or not _SECRET.fullmatch(secret):
        return None
    number = int(secret) if secret.lstrip("+-").isdigit() else float(secret)
    return as_double(number) if len(str(number).removesuffix(".0")) >= SHORTEST else None


def as_double(number: float) -> float:
    """As most programs read a number of JSON: of a long one they send back the first digits."""
    try:
        return float(number)
    except OverflowError:
        return inf if number > 0 else -inf


def _readings(written: str) -> Iterator[float]:
    """With a dot for decimals, then with a comma."""
    plain = re.sub(r"[_' \u00a0\u202f\u2019]", "", written)
    if plain.count(".") <= 1:
        yield float(plain.replace(",", ""))
    if "," in plain and plain.count(",") == 1:
        yield float(plain.replace(".", "").replace(",", "."))
    if plain.count(".") > 1 and "," not in plain:
        yield float(plain.replace(".", ""))
