"""The secrets of one run, and what they are hidden behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeAlias

from apps.shared.masking.folding import fold
from apps.shared.masking.needle import Needle
from apps.shared.masking.numbers import Numbers, as_double, number_of
from apps.shared.masking.search import Search

Json: TypeAlias = Any
"""Whatever JSON holds."""
StandIn: TypeAlias = Callable[[str, Any], Json]  # Any: a str, or a number of JSON
"""What takes the place of something that was found, given the name of its secret and what stood there."""

MASK: Final = "********"
"""What a secret reads as everywhere; written back into a resource, it keeps the stored value."""
SHORTEST: Final = 4
"""Characters of a value that is looked for; shorter ones are in any text, and hiding them protects nothing."""
SHORTEST_LINE: Final = 8
_WORDS: Final = frozenset({"true", "false", "null", "none"})


def _mask(_name: str, _found: Any) -> str:  # Any: as StandIn
    return MASK


def _mask_text(_name: str, found: Any) -> Json:  # Any: as StandIn
    return MASK if isinstance(found, str) else found


class Masker:
    """Finds the secrets of one run, by their names. Made once, then used by any thread."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        names: dict[str, str] = {}
        for name, value in secrets.items():
            for text in _wanted(value):
                names.setdefault(text, name)
        self._names = [*names.values()]
        """By the number of what is looked for."""
        numbers: dict[float, int] = {}
        for needle, text in enumerate(names):
            number = number_of(text)
            if number is not None:
                numbers.setdefault(number, needle)
        self._numbers, self._in_texts = numbers, Numbers(numbers)
        self._shortest = min((len(fold(text)) for text in names), default=0)
        self._search = Search([Needle(text) for text in names])

    def __repr__(self) -> str:
        return f"<masker of {len(self._names)} texts>"

    def __bool__(self) -> bool:
        """Whether there is anything to look for."""
        return bool(self._names)

    def text(self, text: str) -> str:
        return self.replaced(text, _mask)

    def text_after(self, text: str, at: int) -> str:
        """What of `text` stands from `at` on, masked as what stands before says, too."""
        done = []
        for start, end, _ in self.spans(text):
            if end > at:
                done += [text[at : max(at, start)], MASK]
                at = end
        return "".join([*done, text[at:]])

    def cut(self, text: str) -> str:
        """`text`, which may have been cut off in the middle of a secret, with the half that is left masked, too."""
        text = self.text(text)
        begun = self.begun(text)
        return text if begun < SHORTEST else text[:-begun] + MASK

    def value(self, value: Json) -> Json:
        """What JSON holds, with every text and number masked. What has no secret is shared, not copied."""
        return self.replaced_in(value, _mask)

    def texts(self, value: Json) -> Json:
        """The same for texts alone."""
        return self.replaced_in(value, _mask_text)

    def replaced(self, text: str, stand_in: StandIn) -> str:
        """`text` with something else wherever a secret stands; what overlaps counts as one, of the first."""
        spans = self.spans(text)
        if not spans:
            return text
        done, at = [], 0
        for start, end, name in spans:
            done += [text[at:start], stand_in(name, text[start:end])]
            at = end
        return "".join([*done, text[at:]])

    def replaced_in(self, value: Json, stand_in: StandIn) -> Json:
        """The same for every text in a value, keys included, and for numbers. What has none is shared, not copied."""
        if not self._names:
            return value
        if isinstance(value, str):
            return self.replaced(value, stand_in)
        if isinstance(value, list):
            items = [self.replaced_in(item, stand_in) for item in value]
            return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
        if isinstance(value, dict):
            pairs = [(self.replaced(key, stand_in), self.replaced_in(item, stand_in)) for key, item in value.items()]
            same = all(new[0] is key and new[1] is value[key] for new, key in zip(pairs, value, strict=True))
            return value if same else dict(pairs)
        if self._numbers and isinstance(value, int | float) and not isinstance(value, bool):
            number = as_double(value)
            return stand_in(self._names[self._numbers[number]], value) if number in self._numbers else value
        return value

    def spans(self, text: str) -> list[tuple[int, int, str]]:
        """Where secrets stand, in order and apart: from, to, and the name of the first."""
        if len(text) < self._shortest or not self._names:
            return []
        found = [*self._search.spans(text)]
        if self._numbers:
            found += self._in_texts.spans(text)
        if not found:
            return []
        found.sort(key=lambda span: (span[0], -span[1], span[2]))
        apart: list[tuple[int, int, str]] = []
        for start, end, number in found:
            if apart and start < apart[-1][1]:
                first = apart[-1]
                apart[-1] = (first[0], max(first[1], end), first[2])
            else:
                apart.append((start, end, self._names[number]))
        return apart

    def begun(self, text: str) -> int:
        """How many characters at the end of `text` may be the beginning of a secret."""
        return max(self._search.begun(text), self._in_texts.begun(text)) if self._names else 0


NOTHING_SECRET: Final = Masker({})


def _wanted(value: str) -> Iterator[str]:
    """The texts to look for so that `value` is found."""
    whole = value.strip()
    if len(fold(whole)) >= SHORTEST and whole.lower() not in _WORDS:
        yield whole
    lines = [line.strip() for line in whole.splitlines()]
    if len(lines) > 1:
        yield from (line for line in lines if len(line) >= SHORTEST_LINE and not line.startswith("-----"))
