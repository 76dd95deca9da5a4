"""Making a conversation fit into what a model can read at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from apps.agents.runtime.errors import RunFailed
from apps.agents.runtime.history import size
from apps.agents.runtime.models.base import Human, Message, ToolResult

CHARACTERS_PER_TOKEN = 4
SHARE = 0.75
"""Of what the model can read: the rest is for tools, instructions and the answer."""
LEFT_OUT = "[an older tool result, left out to make room]"
KEPT_RESULTS = 4


def room(context_tokens: int) -> int:
    """Characters of conversation that fit."""
    return int(context_tokens * CHARACTERS_PER_TOKEN * SHARE)


def fit(messages: Sequence[Message], *, characters: int) -> list[Message]:
    """As much of the latest as fits: oldest exchanges go first, then older tool results of the last one.

    A note takes the place of what went. Raises RunFailed when even the last exchange does not fit.
    """
    kept = list(messages)
    if size(kept) <= characters:
        return kept
    starts = [index for index, message in enumerate(kept) if isinstance(message, Human)]
    for start in starts[1:]:
        if size(kept[start:]) <= characters:
            return _with_note(kept[start:], start)
    last = starts[-1] if starts else 0
    exchange = _without_older_results(kept[last:])
    if size(exchange) > characters:
        raise RunFailed(
            f"the conversation is larger than the model can read ({size(exchange)} characters; {characters} fit)",
            hint="Start a new session, or ask for less at once",
        )
    return _with_note(exchange, last)


def _with_note(kept: list[Message], left_out: int) -> list[Message]:
    first = kept[0]
    if not left_out or not isinstance(first, Human):
        return kept
    note = f"[{left_out} older messages of this conversation were left out to make room.]"
    return [replace(first, text=f"{note}\n\n{first.text}"), *kept[1:]]


def _without_older_results(messages: list[Message]) -> list[Message]:
    results = [index for index, message in enumerate(messages) if isinstance(message, ToolResult)]
    older = set(results[:-KEPT_RESULTS])
    return [
        replace(message, text=LEFT_OUT) if index in older and isinstance(message, ToolResult) else message
        for index, message in enumerate(messages)
    ]
