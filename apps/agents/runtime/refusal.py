"""What a host says for itself when it refuses something."""

from __future__ import annotations

import json

SHOWN = 500
_PLACES = ("error_description", "message", "msg", "detail", "error", "errors", "title", "reason")
"""Where hosts put their sentence, the best first."""


def words_of(body: object) -> str:
    """The sentence in the body of a refusal, wherever its host puts it: one line, empty when there is none."""
    if isinstance(body, bytes):
        return words_of(body.decode("utf-8", "replace"))
    if isinstance(body, str):
        return _words_in(body.strip("\ufeff \t\r\n\0"))
    if isinstance(body, list) and body:
        return words_of(body[0])
    if isinstance(body, dict):
        said = next((body[place] for place in _PLACES if body.get(place)), None)
        return words_of(said if said is not None else json.dumps(body, default=str))
    return "" if body is None else str(body)[:SHOWN]


def _words_in(text: str) -> str:
    try:
        value = json.loads(text) if text[:1] in {"{", "["} else None
    except (ValueError, RecursionError):
        value = None
    if isinstance(value, dict) and not any(value.get(place) for place in _PLACES):
        value = None
    return words_of(value) if value else text.partition("\n")[0].strip()[:SHOWN]
