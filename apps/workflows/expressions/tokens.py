"""What a jq program consists of, as far as we read it."""

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["number", "string", "field", "variable", "format", "name", "operator"]


@dataclass(frozen=True, slots=True)
class Token:
    """One token. `text` is what jq is given; `start` and `end` are offsets in what the author wrote."""

    kind: Kind
    text: str
    start: int
    end: int
    parts: tuple["str | tuple[Token, ...]", ...] = field(default=())
    """Of a string: its literal pieces (decoded) and the programs interpolated between them."""

    def is_operator(self, *texts: str) -> bool:
        return self.kind == "operator" and self.text in texts


_JQ_WORDS = """
    abs acos acosh add all and any arrays as ascii ascii_downcase ascii_upcase asin asinh atan atanh booleans break
    builtins catch cbrt ceil combinations cos cosh def elif else empty end erf erfc error exp exp10 exp2 explode expm1
    fabs false finites first flatten floor foreach frexp from_entries fromdate fromdateiso8601 fromjson gamma gmtime
    have_decnum have_literal_numbers if implode infinite isfinite isinfinite isnan isnormal iterables j0 j1 join keys
    keys_unsorted label last length lgamma lgamma_r localtime log log10 log1p log2 logb ltrim map max min mktime modf
    nan nearbyint normals not now null nulls numbers objects or paths recurse reduce reverse rint round rtrim scalars
    significand sin sinh sort sqrt strings tan tanh tgamma then to_entries toboolean todate todateiso8601 tojson
    tonumber tostream tostring transpose trim true trunc try type unique utf8bytelength values y0 y1
"""
JQ_FUNCTIONS = frozenset(_JQ_WORDS.split())
"""Keywords of jq and functions without arguments: a word that is none of them cannot follow a minus sign."""
OURS = frozenset({"uuid", "random"})
"""Functions that jq does not have, and we do."""
BEFORE_PARENTHESES = frozenset({"and", "or", "if", "then", "elif", "else", "try", "catch", "as", "reduce", "foreach"})
"""Words that may stand before a parenthesis and call nothing."""
