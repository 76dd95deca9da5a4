"""One text to be found in others, however it is spelled there, and by what it is found first."""

from __future__ import annotations

import re
from itertools import accumulate
from typing import Final

from apps.shared.masking.encodings import Encoded, encoded
from apps.shared.masking.folding import fold
from apps.shared.masking.spellings import escaped, pieces, spellings

_PLAIN: Final = re.compile(r"[A-Za-z0-9]+")
"""What hardly anybody escapes: where it stands, the rest may be around it."""


class Needle:
    def __init__(self, text: str) -> None:
        folded = fold(text)
        self.pieces = pieces(folded)
        run = max(_PLAIN.finditer(folded), key=lambda found: len(found[0]), default=None)
        at = list(accumulate(map(len, self.pieces), initial=0)).index(run.start()) if run else 0
        self.anchors = dict.fromkeys(escaped(self.pieces[at]), (at, at + 1))
        """Literals, one of which is in every text that it is spelled in, and which pieces they stand for: from, to."""
        if run:
            self.anchors[run[0]] = (at, at + len(run[0]))
        else:
            self.anchors[self.pieces[0]] = (0, 1)
        self.encoded: list[Encoded] = encoded(text.encode("utf-8", "surrogatepass"))

    @property
    def longest(self) -> int:
        """Characters of the longest way to spell it."""
        return sum(len(spellings(piece)[-1]) for piece in self.pieces)
