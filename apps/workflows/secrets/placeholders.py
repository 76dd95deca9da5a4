"""What stands for a secret everywhere in a run.

The interpreter never holds a secret. `.secrets.KEY` is a *placeholder*: a string that can be put anywhere a string
can and joined with other text, stored in variables, sent through jq, written to Temporal's history. The code that
makes a call replaces placeholders by values on its way out and values by placeholders on the way back (`RunSecrets`),
so that a service which echoes a token does not put it into the run's data. What people see is masked.

Two properties carry this:

- A placeholder contains the run's nonce, 128 bits that never leave the process boundary, so text that comes from
  outside cannot pretend to be one and have a secret delivered to it.
- It is full of characters every encoding touches (quotes, spaces, upper and lower case, percent, non-ASCII). An
  expression that changes a secret instead of moving it (base64, trim, split, comparison) therefore breaks the
  placeholder, and is refused instead of sending the wrong bytes (`expressions/sealed.py`).

What is asked for or comes back in another form than the secret itself has a name of two parts, `KEY|form`.
"""

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from functools import lru_cache

from apps.shared.masking import MASK
from apps.workflows.values import Json, map_strings

OPEN, CLOSE = " \u27ea\"'&<%\\,Aa", "\u27eb "
URI = "uri"
"""The form of a secret that is encoded as one value of an address: jq's `@uri`."""

BASE64 = "base64"
"""The form of text with secrets in it that is encoded as a whole: jq's `@base64`."""


def placeholder(name: str, nonce: str) -> str:
    """The string that stands for the secret `name` in a run."""
    return f"{OPEN}{name} {nonce}{CLOSE}"


def placeholders(names: list[str], nonce: str) -> dict[str, str]:
    """`.secrets` of a run: each name with its placeholder."""
    return {name: placeholder(name, nonce) for name in names}


def encoded(name: str) -> str:
    """The name of a secret, or of a form of it, that is encoded for an address once more."""
    return f"{name}|{URI}"


def in_base64(pieces: Sequence[str]) -> str:
    """The name of what is encoded in base64: `pieces` are, in turn, text and the names of (forms of) secrets."""
    return f"{pieces[1].partition('|')[0]}|{BASE64}:{urlsafe_b64encode(json.dumps(pieces).encode()).decode()}"


def pieces_of(told: str) -> list[str]:
    """The pieces again, from what such a name says behind its colon."""
    pieces: list[str] = json.loads(urlsafe_b64decode(told))
    return pieces


def intact(text: str, nonce: str) -> bool:
    """Whether every trace of the nonce in `text` belongs to a whole placeholder."""
    return text.count(nonce) == len(pattern_of(nonce).findall(text))


def mask(value: Json, nonce: str) -> Json:
    """`value` for people: every placeholder as eight asterisks, and what is left of those that somebody has quoted."""
    if not nonce:
        return value
    whole, quoted = pattern_of(nonce), _quoted(nonce)
    return map_strings(
        value, lambda text: quoted.sub(MASK, whole.sub(MASK, text)).replace(nonce, MASK) if nonce in text else text
    )


def shows_part(text: str, nonce: str) -> bool:
    """Whether something of a placeholder stands in `text` that `mask` would leave there: it was cut."""
    return "\u27ea" in pattern_of(nonce).sub("", text)


@lru_cache(maxsize=64)
def pattern_of(nonce: str) -> re.Pattern[str]:
    """Finds placeholders; the group is the name."""
    return re.compile(f"{re.escape(OPEN)}([^ \u27eb]+) {re.escape(nonce)}{CLOSE}")


@lru_cache(maxsize=64)
def _quoted(nonce: str) -> re.Pattern[str]:
    r"""Finds placeholders that `repr`, JSON or the folding of blanks has changed."""
    return re.compile(rf" ?(?:\u27ea|\\+u27ea)[^\u27ea\u27eb]*?{re.escape(nonce)}(?:(?:\u27eb|\\+u27eb) ?)?")
