"""One text to be found in others, however it is spelled there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import accumulate
from typing import Final

from apps.shared.masking.encodings import encoded
from apps.shared.masking.folding import fold
from apps.shared.masking.spellings import beginning, escaped, pieces, spellings, starts

_PLAIN: Final = re.compile(r"[A-Za-z0-9]+")
"""What hardly anybody escapes: where it stands, the rest may be around it."""


class Needle:
    """Finds `text` in folded texts. Made once for a run: what is looked for first is a literal, at next to no cost."""

    def __init__(self, text: str) -> None:
        folded = fold(text)
        self._pieces = pieces(folded)
        run = max(_PLAIN.finditer(folded), key=lambda found: len(found[0]), default=None)
        at = list(accumulate(map(len, self._pieces), initial=0)).index(run.start()) if run else 0
        self._anchors = dict.fromkeys(escaped(self._pieces[at]), (at, at + 1))
        """Literals, and which pieces they stand for: from, to."""
        if run:
            self._anchors[run[0]] = (at, at + len(run[0]))
        else:
            self._anchors[self._pieces[0]] = (0, 1)
        self._encoded = {each.letters: each for each in encoded(text.encode("utf-8", "surrogatepass"))}

    @cached_property
    def _longest(self) -> int:
        """Characters of the longest way to write it."""
        return sum(len(spellings(piece)[-1]) for piece in self._pieces)

    @property
    def literals(self) -> list[str]:
        """What a text has at least one of that it stands in."""
        return [*self._anchors, *self._encoded]

    def spans(self, text: str, literal: str) -> Iterator[tuple[int, int]]:
        """Where it stands around one of its literals: from, to."""
        if literal in self._encoded:
            yield from self._encoded[literal].spans(text)
        if literal not in self._anchors:
            return
        first, last = self._anchors[literal]
        at = text.find(literal)
        while at >= 0:
            end = _after(self._pieces[last:], text, at + len(literal))
            start = None if end is None else _before(self._pieces[:first], text, at)
            if start is not None and end is not None:
                yield start, end
                at = max(at, end - 1)
            at = text.find(literal, at + 1)

    def begun(self, text: str) -> int:
        """How many characters at the end of `text` may be the beginning of it."""
        longest = max(each.begun(text) for each in self._encoded.values())
        firsts = starts(self._pieces[0])
        for at in range(max(0, len(text) - self._longest), len(text) - longest):
            if text[at] in firsts and self._may_begin(text, at):
                return len(text) - at
        return longest

    def _may_begin(self, text: str, at: int) -> bool:
        """Whether `text` breaks off, after `at`, inside it."""
        places = {at}
        for index, piece in enumerate(self._pieces):
            following = set()
            for place in places:
                for form in beginning(piece, text[place]):
                    if text.startswith(form, place):
                        following.add(place + len(form))
                    elif form.startswith(text[place:]):
                        return True
            if len(text) in following and index + 1 < len(self._pieces):
                return True
            places = following - {len(text)}
        return False


def _after(wanted: Sequence[str], text: str, at: int) -> int | None:
    """Where `wanted` ends that begins at `at`, the farthest; None where it does not stand."""
    places = {at}
    for piece in wanted:
        places = {
            place + len(form)
            for place in places
            for form in beginning(piece, text[place : place + 1])
            if text.startswith(form, place)
        }
        if not places:
            return None
    return max(places)


def _before(wanted: Sequence[str], text: str, at: int) -> int | None:
    """Where `wanted` begins that ends at `at`, the farthest; None where it does not stand."""
    places = {at}
    for piece in reversed(wanted):
        places = {place - len(form) for place in places for form in spellings(piece) if text.endswith(form, 0, place)}
        if not places:
            return None
    return min(places)
