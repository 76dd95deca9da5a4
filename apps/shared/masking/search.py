"""Finding many texts in one pass, however they are spelled: what it costs depends little on how many they are."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from functools import cached_property
from typing import TYPE_CHECKING, Final

from apps.shared.masking.folding import Folded, lowered
from apps.shared.masking.layers import (
    ONE_ALPHABET,
    Layer,
    Squeezed,
    decoded_layers,
    has_soft_breaks,
    in_base64,
    in_digits,
    without_soft_breaks,
    without_zeros,
)
from apps.shared.masking.needle import Needle
from apps.shared.masking.trie import Trie

if TYPE_CHECKING:
    from ahocorasick_rs import BytesAhoCorasick

Span = tuple[int, int, int]
"""From, to, and the number of the needle."""
_BREAKING: Final = re.compile(r"=(?:\r|\\(?:r\\?)?)?\Z")
"""A soft break that is not all there yet."""
_MARKING: Final = re.compile(r"[0\\]\Z")
"""What may go on as `0x` or `\\x`."""
_FARTHEST_APART: Final = 5
"""Characters of a text for a letter, with what may stand between."""


DEEPEST: Final = 3
"""How often what is decoded may hold something encoded."""


class Search:
    """Finds needles, by their numbers, in texts."""

    def __init__(self, needles: Sequence[Needle]) -> None:
        self._needles = needles
        self._anchored: dict[str, list[int]] = {}
        for number, needle in enumerate(needles):
            for literal in needle.anchors:
                self._anchored.setdefault(literal, []).append(number)
        self._stubs: dict[str, set[str]] = {}
        """As they stand in a text, by themselves in lower case."""
        for needle in needles:
            for stub in needle.stubs:
                self._stubs.setdefault(stub.lower(), set()).add(stub)
        self._wide = frozenset(needle.wide for needle in needles)
        self._anchors: dict[str, _Anchor] = {}
        """Of the literals that were met so far."""

    def spans(self, text: str, *, depth: int = DEEPEST) -> Iterator[Span]:
        """Where needles stand, in no order."""
        read = Folded(text) if "\\\\" in text else None
        data = (read.text if read else text).encode("utf-8", "surrogatepass").lower()
        at_hand = self._at_hand(data)
        if at_hand:
            for start, end, number in self._anchored_spans(data, at_hand):
                yield (read.unfolded(start), read.unfolded(end), number) if read else (start, end, number)
        is_broken = "=" in text and has_soft_breaks(text)
        if depth and (at_hand or is_broken):
            yield from self._in_layers(self._layers(text, at_hand, is_broken=is_broken), depth - 1)

    def _anchored_spans(self, data: bytes, at_hand: Set[str]) -> Iterator[Span]:
        """Around those of the literals that stand for pieces of needles."""
        literals = self._anchored.keys() & at_hand
        haystack = _Haystack(data.decode("utf-8", "surrogatepass")) if literals else None
        for literal in literals:
            if haystack:
                yield from self._anchor(literal).spans(haystack)

    def _layers(self, text: str, at_hand: Set[str], *, is_broken: bool) -> Iterator[Layer]:
        """What the text may hold."""
        if is_broken:
            yield without_soft_breaks(text)
        if not self._wide.isdisjoint(at_hand):
            yield without_zeros(text)
        if any(self._is_encoded(text, stub) for stub in at_hand & self._stubs.keys()):
            yield from decoded_layers(text)

    def _is_encoded(self, text: str, stub: str) -> bool:
        """Whether a stub stands there that was found without looking at its case."""
        return any(each == stub or each in text for each in self._stubs[stub])

    def begun(self, text: str) -> int:
        """How many characters at the end of `text` may be the beginning of a needle."""
        most = max(self._begun(text), self._letters.begun(text))
        if "=" in text:
            joined = without_soft_breaks(_BREAKING.sub("", text))
            size = len(joined.text)
            place = joined.back(size - self._begun(joined.text), size)
            return max(most, len(text) - place[0] if place else 0)
        return most

    def _begun(self, text: str) -> int:
        folded = Folded(text)
        read = lowered(folded.text)
        starts = self._beginnings.forms.starts
        for at in range(max(0, len(read) - self._longest), len(read)):
            if read[at] in starts and self._beginnings.breaks_off(read, at):
                return len(text) - folded.unfolded(at)
        return 0

    def _in_layers(self, layers: Iterable[Layer], depth: int) -> Iterator[Span]:
        for layer in layers:
            for start, end, number in self.spans(layer.text, depth=depth):
                place = layer.back(start, end)
                if place:
                    yield (*place, number)

    def _anchor(self, literal: str) -> _Anchor:
        anchor = self._anchors.get(literal)
        if anchor is None:
            numbers = self._anchored[literal]
            anchor = self._anchors[literal] = _Anchor(literal, {each: self._needles[each] for each in numbers})
        return anchor

    def _at_hand(self, data: bytes) -> set[str]:
        """The literals that stand in `data`, in lower case."""
        found = self._automaton.find_matches_as_indexes(data, overlapping=True)
        return {self._literals[number] for number, _, _ in found}

    @cached_property
    def _literals(self) -> list[str]:
        return list({*self._anchored, *self._stubs, *self._wide})

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
        return _Letters(self._needles)

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

    def __init__(self, needles: Sequence[Needle]) -> None:
        self._base64 = sorted({letters for needle in needles for letters in needle.in_base64})
        self._digits = sorted({letters for needle in needles for letters in needle.in_digits})
        self._longest = _FARTHEST_APART * max(map(len, (*self._base64, *self._digits)), default=0)

    def begun(self, text: str) -> int:
        """How many characters at the end of `text` may be the beginning of some of them."""
        tail = text[max(0, len(text) - self._longest) :]
        digits = _MARKING.sub("", tail)
        begun = self._begun(in_digits(digits), self._digits)
        return max(self._begun(in_base64(tail), self._base64), begun and begun + len(tail) - len(digits))

    @staticmethod
    def _begun(squeezed: Squeezed, known: list[str]) -> int:
        letters = squeezed.letters.translate(ONE_ALPHABET).decode("ascii")
        for at in range(len(letters)):
            rest = letters[at:]
            place = bisect_left(known, rest)
            if place < len(known) and known[place].startswith(rest):
                return len(squeezed.data) - squeezed.place(at)
        return 0
