"""One text to be found in others, however it is spelled there, and by what it is found first."""

from __future__ import annotations

import re
from functools import cached_property
from itertools import accumulate
from typing import Final

from apps.shared.masking.encodings import stubs, written_in_base64, written_in_digits
from apps.shared.masking.folding import fold, lowered
from apps.shared.masking.spellings import escaped, pieces, spellings

_PLAIN: Final = re.compile(r"[a-z0-9]+")
"""What hardly anybody escapes: where it stands, the rest may be around it."""


class Needle:
    """In small letters, as everything that is looked through."""

    def __init__(self, text: str) -> None:
        self._text = text
        folded = lowered(fold(text))
        self.pieces = pieces(folded)
        run = max(_PLAIN.finditer(folded), key=lambda found: len(found[0]), default=None)
        at = list(accumulate(map(len, self.pieces), initial=0)).index(run.start()) if run else 0
        self.anchors = dict.fromkeys(escaped(self.pieces[at]), (at, at + 1))
        """Literals, one of which is in every text that it is spelled in, and which pieces they stand for: from, to."""
        if run:
            self.anchors[run[0]] = (at, at + len(run[0]))
        else:
            self.anchors[self.pieces[0]] = (0, 1)
        self.stubs = stubs(text)
        """Texts, one of which is in every text that it is encoded in."""
        self.wide = "\0".join((run[0] if run else folded)[:4])
        """What stands in every text that is its UTF-16, taken for Latin-1."""

    @property
    def longest(self) -> int:
        """Characters of the longest way to spell it."""
        return sum(len(spellings(piece)[-1]) for piece in self.pieces)

    @cached_property
    def in_base64(self) -> set[str]:
        return written_in_base64(self._text)

    @cached_property
    def in_digits(self) -> set[str]:
        return written_in_digits(self._text)
