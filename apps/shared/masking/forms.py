"""The spellings of pieces, found by how a text goes on."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterator
from functools import cached_property, lru_cache
from typing import Final

from apps.shared.masking.spellings import spellings

_KEY: Final = 3
"""Characters that most spellings differ in, be they of thousands."""


class Forms:
    """What stands for any of some pieces. `backwards`: in texts that are read from their end, reversed."""

    def __init__(self, pieces: Collection[str], *, backwards: bool = False) -> None:
        found = defaultdict(list)
        for piece in pieces:
            for form in spellings(piece):
                found[form[::-1] if backwards else form].append(piece)
        self._pieces = dict(found)
        sizes: defaultdict[str, set[int]] = defaultdict(set)
        for form in self._pieces:
            sizes[form[:_KEY]].add(len(form))
        self._sizes = {key: tuple(sorted(each)) for key, each in sizes.items()}
        self.starts = frozenset(form[0] for form in self._pieces)
        """What a text goes on with, if one of them stands there."""

    def at(self, text: str, place: int) -> Iterator[tuple[str, int]]:
        """The pieces that are written at `place`, each with the place after it."""
        key = text[place : place + _KEY]
        for end in range(1, len(key) + 1):
            for size in self._sizes.get(key[:end], ()):
                form = text[place : place + size]
                if len(form) == size:  # at the end of a text it may be less, and another one
                    yield from ((piece, place + size) for piece in self._pieces.get(form, ()))

    def breaks_off(self, text: str, place: int) -> bool:
        """Whether `text` ends, after `place`, inside one of them."""
        if len(text) - place >= self._longest:
            return False
        rest = text[place:]
        at = bisect_left(self._sorted, rest + "\0")
        return at < len(self._sorted) and self._sorted[at].startswith(rest)

    @cached_property
    def _longest(self) -> int:
        return max(map(len, self._pieces), default=0)

    @cached_property
    def _sorted(self) -> list[str]:
        return sorted(self._pieces)


@lru_cache(maxsize=2048)
def forms_of(piece: str, *, backwards: bool = False) -> Forms:
    """Those of one piece, which many texts share."""
    return Forms([piece], backwards=backwards)
