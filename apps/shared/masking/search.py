"""Finding many texts in one pass, however they are spelled: what it costs depends little on how many they are."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from apps.shared.masking.encodings import Encoded
from apps.shared.masking.needle import Needle
from apps.shared.masking.trie import Trie

if TYPE_CHECKING:
    from ahocorasick_rs import BytesAhoCorasick

Span = tuple[int, int, int]
"""From, to, and the number of the needle."""


class Search:
    """Finds needles, by their numbers, in folded texts."""

    def __init__(self, needles: Sequence[Needle]) -> None:
        self._needles = needles
        self._anchored: dict[str, list[int]] = {}
        self._encoded: dict[str, list[tuple[int, Encoded]]] = {}
        for number, needle in enumerate(needles):
            for literal in needle.anchors:
                self._anchored.setdefault(literal, []).append(number)
            for each in needle.encoded:
                self._encoded.setdefault(each.letters, []).append((number, each))
        self._anchors: dict[str, _Anchor] = {}
        """Of the literals that were met so far."""

    def spans(self, text: str) -> Iterator[Span]:
        """Where needles stand, in no order."""
        haystack = _Haystack(text)
        for literal in self._at_hand(text):
            if literal in self._anchored:
                yield from self._anchor(literal).spans(haystack)
            for number, each in self._encoded.get(literal, ()):
                yield from ((start, end, number) for start, end in each.spans(text))

    def begun(self, text: str) -> int:
        """How many characters at the end of `text` may be the beginning of a needle."""
        most = self._letters.begun(text)
        starts = self._beginnings.forms.starts
        for at in range(max(0, len(text) - self._longest), len(text) - most):
            if text[at] in starts and self._beginnings.breaks_off(text, at):
                return len(text) - at
        return most

    def _anchor(self, literal: str) -> _Anchor:
        anchor = self._anchors.get(literal)
        if anchor is None:
            numbers = self._anchored[literal]
            anchor = self._anchors[literal] = _Anchor(literal, {each: self._needles[each] for each in numbers})
        return anchor

    def _at_hand(self, text: str) -> set[str]:
        """The literals that stand in `text`."""
        found = self._automaton.find_matches_as_indexes(text.encode("utf-8", "surrogatepass"), overlapping=True)
        return {self._literals[number] for number, _, _ in found}

    @cached_property
    def _literals(self) -> list[str]:
        return list(self._anchored | self._encoded)

    @cached_property
    def _automaton(self) -> BytesAhoCorasick:
        # Here, where there is something to look for: most processes and runs have no secrets.
        from ahocorasick_rs import BytesAhoCorasick, Implementation

        # The others take long to be made, or are slow where there is something to find.
        literals = [literal.encode("utf-8", "surrogatepass") for literal in self._literals]
        return BytesAhoCorasick(literals, implementation=Implementation.ContiguousNFA)

    @cached_property
    def _beginnings(self) -> Trie:
        return Trie((number, needle.pieces) for number, needle in enumerate(self._needles))

    @cached_property
    def _letters(self) -> _Letters:
        return _Letters([each for needle in self._needles for each in needle.encoded])

    @cached_property
    def _longest(self) -> int:
        return max(needle.longest for needle in self._needles)


class _Haystack:
    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def mirrored(self) -> str:
        return self.text[::-1]


class _Anchor:
    """The needles that are found by one literal."""

    def __init__(self, literal: str, needles: Mapping[int, Needle]) -> None:
        self.literal = literal
        around = {number: (needle.pieces, *needle.anchors[literal]) for number, needle in needles.items()}
        self._forwards = Trie((number, pieces[last:]) for number, (pieces, _, last) in around.items())
        before = ((number, pieces[:first][::-1]) for number, (pieces, first, _) in around.items())
        self._backwards = Trie(before, backwards=True)

    def spans(self, haystack: _Haystack) -> Iterator[Span]:
        done: dict[int, int] = {}
        """Where the last one of each ends: it is not looked for inside itself."""
        at = haystack.text.find(self.literal)
        while at >= 0:
            for start, end, number in self._around(haystack, at):
                if at >= done.get(number, 0):
                    done[number] = end
                    yield start, end, number
            at = haystack.text.find(self.literal, at + 1)

    def _around(self, haystack: _Haystack, at: int) -> Iterator[Span]:
        """Those that stand around the literal at `at`, each as far as it reaches."""
        ends = _farthest(self._forwards.read(haystack.text, at + len(self.literal)))
        if ends:
            size = len(haystack.text)
            begins = _farthest(self._backwards.read(haystack.mirrored, size - at))
            yield from ((size - begins[number], ends[number], number) for number in begins.keys() & ends.keys())


def _farthest(found: Iterable[tuple[int, int]]) -> dict[int, int]:
    """Of the places of each number, the last."""
    last: dict[int, int] = {}
    for number, place in found:
        last[number] = max(last.get(number, place), place)
    return last


class _Letters:
    """Letters in which values are encoded, in order: whether a text ends inside some of them is one look each place."""

    def __init__(self, encoded: Sequence[Encoded]) -> None:
        self._sorted = sorted(each.letters for each in encoded)
        self._longest = max((len(letters) for letters in self._sorted), default=0)
        self._go_on = {each.letters for each in encoded if each.after}
        """Those whose next letter belongs to the value, too."""

    def begun(self, text: str) -> int:
        """How many characters at the end of `text` may be the beginning of some of them."""
        for at in range(max(0, len(text) - self._longest), len(text)):
            rest = text[at:]
            if rest in self._go_on:
                return len(rest)
            place = bisect_left(self._sorted, rest + "\0")
            if place < len(self._sorted) and self._sorted[place].startswith(rest):
                return len(rest)
        return 0
