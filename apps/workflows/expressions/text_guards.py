"""Definitions for jq that stand in for its operators and functions where a run has texts in its input.

jq has one order for all values, in which every text is greater than every number, joins texts by `+` and repeats them
by `*`. Each function here is jq's own, asked twice where an input's text takes part: with the texts, and with what they
plainly say. Only where both say the same is it the answer; where they do not, whoever gave the input has to say which
is meant. Only texts, one of them no input's or saying no number, is compared as jq compares texts: a host's "404"
is a text because the host says so. A program's operators are calls of `_less`, `_plus` and so on, so they are found by
those names.
`$__texts` has each text of the input with the number or truth value that it says, or null.
"""

from __future__ import annotations

from typing import Final

from apps.workflows.expressions.safety import every_token
from apps.workflows.expressions.tokens import Token

_OPERATORS: Final = ("==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "+=", "-=", "*=", "/=")
_FUNCTION_WORDS: Final = """
    IN add bsearch contains flatten group_by index indices inside limit max max_by min min_by rindex skip sort sort_by
    unique unique_by
"""
_FUNCTIONS: Final = frozenset(_FUNCTION_WORDS.split())


def guards_for(tokens: tuple[Token, ...]) -> str:
    """The definitions to put before a program; empty for one that compares nothing and only moves its values.

    jq puts `"\\(.a) and \\(.b)"` together by the same function as `+`: where a program has both, neither is guarded.
    """
    every = [token for token, _ in every_token(tokens)]
    if not any(token.is_operator(*_OPERATORS) or token.text in _FUNCTIONS for token in every):
        return ""
    return _WITHOUT_PLUS if any(not isinstance(part, str) for token in every for part in token.parts) else _ALL


_HELPERS: Final = r"""
def __in: type == "string" and (. as $text | $__texts | has($text));
def __says: if __in then $__texts[.] else null end;
def __plain: type == "number" or type == "boolean";
def __holds:
  if . < "" then false elif type == "string" then __in
  else first((.[] | if . < "" then empty elif __holds then true else empty end), false) end;
def __meant:
  if type == "string" then (__says as $says | if $says == null then . else $says end)
  elif type == "array" then map(__meant) elif type == "object" then map_values(__meant) else . end;
def __cool(a; b): a < "" and b < "";
def __refuse($done):
  ([.. | select(__says != null)] + [.. | select(__in)])[0] as $text
  | [.. | select(__plain) | type][0] as $other
  | "'" + (if $text | length > 40 then $text[:39] + "…" else $text end) + "'" | . as $shown
  | error("the input " + $shown + " is text, and is " + $done
    + (if $other then " with a " + $other else " as such, not as the " + ($text | __meant | type) + " that it says" end)
    + "; give it as `--input KEY:=VALUE`");
def __mixed:
  . as $all | [.[] | __says | type] | unique | any(.[]; . as $kind | $kind != "null" and any($all[]; type == $kind));
def __same(op; $done):
  if __holds | not then op else
    op as $answer | (try [__meant | op] catch null) as $other
    | if $other == null or $other[0] == ($answer | __meant) then $answer else __refuse($done) end
  end;
def __as_texts: all(.[]; type == "string") and any(.[]; __says == null);
def __list(op; $done):
  if type != "array" or __as_texts then op elif __mixed then __refuse($done) else __same(op; $done) end;
def __ordered(plain; $a; $b; op):
  if __cool($a; $b) then plain
  elif ($a | __in) and ($b | __plain) or ($b | __in) and ($a | __plain) then [$a, $b] | __refuse("compared")
  elif [$a, $b] | __as_texts then plain
  else [$a, $b] | __same(op; "compared") end;
def __true(op):
  if __holds | not then op else
    op as $is | if $is or ((try (__meant | op) catch false) | not) then $is else __refuse("compared") end
  end;
def __by(f; op; whole):
  if type != "array" then whole else
    [range(length) as $i | {i: $i, k: [.[$i] | f]}] as $keys
    | if [$keys[].k[]] | __as_texts then whole
      elif [$keys[].k[]] | __mixed then [$keys[].k] | __refuse("compared")
      elif ($keys | op) == ($keys | map(.k |= __meant) | op) then whole
      else [$keys[].k] | __refuse("compared") end
  end;
def __counted($n): if $n | __says | type == "number" then $n | __refuse("used") else . end;
def __among(op):
  (if .[0] | type == "array" then [.[0][], .[1]] else . end) as $compared
  | if $compared | __as_texts then op
  elif (.[0] | type) == "array" and ($compared | __mixed) then __refuse("compared")
  else __same(op; "compared") end;
"""
_ORIGINALS: Final = """
def __lt(a; b): a < b; def __le(a; b): a <= b; def __gt(a; b): a > b; def __ge(a; b): a >= b;
def __eq(a; b): a == b;
def __plus(a; b): a + b; def __minus(a; b): a - b; def __times(a; b): a * b; def __over(a; b): a / b;
def __sort: sort; def __sort_by(f): sort_by(f); def __group_by(f): group_by(f); def __unique: unique;
def __unique_by(f): unique_by(f); def __min: min; def __max: max; def __min_by(f): min_by(f);
def __max_by(f): max_by(f);
def __add: add; def __limit(n; f): limit(n; f); def __skip(n; f): skip(n; f); def __flatten(n): flatten(n);
def __index: .[1] as $x | .[0] | index($x); def __rindex: .[1] as $x | .[0] | rindex($x);
def __indices: .[1] as $x | .[0] | indices($x); def __bsearch: .[1] as $x | .[0] | bsearch($x);
def __contains: .[1] as $x | .[0] | contains($x);
"""
# The right side is the outer loop, as in jq's own.
_GUARDED: Final = """
def _less(a; b): b as $b | a as $a | __ordered(__lt($a; $b); $a; $b; __lt(.[0]; .[1]));
def _lesseq(a; b): b as $b | a as $a | __ordered(__le($a; $b); $a; $b; __le(.[0]; .[1]));
def _greater(a; b): b as $b | a as $a | __ordered(__gt($a; $b); $a; $b; __gt(.[0]; .[1]));
def _greatereq(a; b): b as $b | a as $a | __ordered(__ge($a; $b); $a; $b; __ge(.[0]; .[1]));
def _equal(a; b): b as $b | a as $a
  | if __cool($a; $b) then __eq($a; $b) else [$a, $b] | __true(__eq(.[0]; .[1])) end;
def _notequal(a; b): _equal(a; b) | not;
def _minus(a; b): b as $b | a as $a
  | if __cool($a; $b) then __minus($a; $b) else [$a, $b] | __same(__minus(.[0]; .[1]); "subtracted") end;
def _multiply(a; b): b as $b | a as $a
  | if __cool($a; $b) then __times($a; $b) else [$a, $b] | __same(__times(.[0]; .[1]); "multiplied") end;
def _divide(a; b): b as $b | a as $a
  | if __cool($a; $b) then __over($a; $b) else [$a, $b] | __same(__over(.[0]; .[1]); "divided") end;
def sort: __list(__sort; "compared"); def unique: __list(__unique; "compared");
def min: __list(__min; "compared"); def max: __list(__max; "compared"); def add: __list(__add; "added");
def add(f): [f] | add;
def sort_by(f): __by(f; __sort_by(.k) | map(.i); __sort_by(f));
def group_by(f): __by(f; __group_by(.k) | map(map(.i)); __group_by(f));
def unique_by(f): __by(f; __unique_by(.k) | map(.i); __unique_by(f));
def min_by(f): __by(f; __min_by(.k) | .i; __min_by(f)); def max_by(f): __by(f; __max_by(.k) | .i; __max_by(f));
def index(x): x as $x | [., $x] | __among(__index); def rindex(x): x as $x | [., $x] | __among(__rindex);
def indices(x): x as $x | [., $x] | __among(__indices); def bsearch(x): x as $x | [., $x] | __among(__bsearch);
def contains(x): x as $x | [., $x] | __true(__contains);
def inside(x): . as $part | x as $x | [$x, $part] | __true(__contains);
def IN(s): any(s == .; .); def IN(source; s): any(source == s; .);
def limit(n; f): n as $n | __counted($n) | __limit($n; f); def skip(n; f): n as $n | __counted($n) | __skip($n; f);
def flatten(n): n as $n | __counted($n) | __flatten($n);
"""
_GUARDED_PLUS: Final = """
def _plus(a; b): b as $b | a as $a
  | if ($a | __in) and ($b | __in) then [$a, $b] | __same(__plus(.[0]; .[1]); "added") else __plus($a; $b) end;
"""


def _on_one_line(definitions: str) -> str:
    return "".join(f"{line.strip()} " for line in definitions.splitlines() if line)


_WITHOUT_PLUS: Final = _on_one_line(_HELPERS + _ORIGINALS + _GUARDED)
_ALL: Final = _WITHOUT_PLUS + _on_one_line(_GUARDED_PLUS)
