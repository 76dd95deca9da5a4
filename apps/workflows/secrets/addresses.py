"""A secret in an address: the whole, its beginning, or one value somewhere in it."""

from collections.abc import Callable, Sequence
from typing import Final
from urllib.parse import quote

from apps.workflows.secrets.placeholders import BASE64, pattern_of

_BETWEEN: Final = "!$'()*,;:@/"
_IN_PATH: Final = f"{_BETWEEN}&=+"
"""What stands for itself in a path. A slash does: a value may be several segments."""
_IN_QUERY: Final = f"{_BETWEEN}?"
_TOKEN: Final = 16
"""Characters of a segment that is more than a word."""


def opened_address(pieces: Sequence[str], value_of: Callable[[str], str]) -> str:
    """The address of which `pieces` are, in turn, text and the names of secrets.

    What stands at its beginning is written as it is, up to the path; what comes later is encoded for its place, unless
    it is in a form that is meant for addresses already.
    """
    done = ""
    for number, piece in enumerate(pieces):
        if number % 2 == 0:
            done += piece
        else:
            value = value_of(piece)
            done += value if "|" in piece and f"|{BASE64}:" not in piece else _placed(value, done)
    return done


def target_parts(address: str) -> list[str]:
    """What its host is told of an address, as far as it may be what is secret about it: path, query, long segments."""
    _, scheme, rest = address.partition("://")
    target = rest.partition("/")[2].partition("#")[0] if scheme else ""
    path, _, query = target.partition("?")
    segments = [segment for segment in path.split("/") if len(segment) >= _TOKEN]
    return list(dict.fromkeys(part for part in (target, path.rstrip("/"), query, *segments) if part))


def begins_sealed(address: str, nonce: str) -> bool:
    """Whether an address begins with a secret, so that nobody can say yet how it begins."""
    return bool(nonce) and pattern_of(nonce).match(address) is not None


def _placed(value: str, before: str) -> str:
    _, scheme, rest = before.partition("://")
    if "?" in rest or "#" in rest:
        return quote(value, safe=_IN_QUERY)
    if scheme and "/" in rest:
        return quote(value, safe=_IN_PATH)
    return value
