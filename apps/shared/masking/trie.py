"""Texts to be found, read together as far as they are the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from apps.shared.masking.forms import Forms, forms_of


class Trie:
    """Sequences of pieces, by their numbers. What follows is made once a text leads there: few are ever read far."""

    def __init__(
        self, sequences: Iterable[tuple[int, Sequence[str]]], *, backwards: bool = False, depth: int = 0
    ) -> None:
        self._backwards, self._depth = backwards, depth
        self.ends: list[int] = []
        """The numbers of those that end here."""
        self.further: defaultdict[str, list[tuple[int, Sequence[str]]]] = defaultdict(list)
        """The others, by the piece that comes next."""
        for number, pieces in sequences:
            if len(pieces) == depth:
                self.ends.append(number)
            else:
                self.further[pieces[depth]].append((number, pieces))
        self._children: dict[str, Trie] = {}

    @cached_property
    def forms(self) -> Forms:
        if len(self.further) == 1:
            return forms_of(*self.further, backwards=self._backwards)
        return Forms(self.further, backwards=self._backwards)

    def read(self, text: str, at: int) -> Iterator[tuple[int, int]]:
        """Which stand at `at`, each with the places where it may end."""
        for nodes in self._steps(text, at):
            for node, place in nodes:
                for number in node.ends:
                    yield number, place

    def breaks_off(self, text: str, at: int) -> bool:
        """Whether `text` ends, after `at`, inside one of them."""
        for nodes in self._steps(text, at):
            for node, place in nodes:
                if node.further and (place == len(text) or node.forms.breaks_off(text, place)):
                    return True
        return False

    def _steps(self, text: str, at: int) -> Iterator[set[tuple[Trie, int]]]:
        """Where reading has come to, piece by piece, in every way in which what stands there can be read."""
        here: set[tuple[Trie, int]] = {(self, at)}
        while here:
            yield here
            here = {
                (node.child(piece), after)
                for node, place in here
                if node.further
                for piece, after in node.forms.at(text, place)
            }

    def child(self, piece: str) -> Trie:
        child = self._children.get(piece)
        if child is None:
            child = Trie(self.further[piece], backwards=self._backwards, depth=self._depth + 1)
            self._children[piece] = child
        return child
