"""What a run has asked of models, by its messages: kept when it ends for who sums it up, read off its events before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from apps.resources.executions.event_base import Data
from apps.resources.executions.events import MessageAdded, MessageEnded, MessagesDropped, StatusReplaced, event_of
from apps.resources.executions.model import Execution, ExecutionEvent, RunUsage
from apps.resources.storage.statements import insert_values

Envelope = Any  # AgentExecution or WorkflowExecution
LONG_PROMPTS: Final = (32_000, 100_000, 128_000, 199_999, 200_000, 256_000, 272_000, 512_000, 524_288)
"""Tokens of a prompt above which some provider charges another price."""
LONGEST_NAME: Final = 200
SAID: Final = tuple(each.type for each in (MessageAdded, MessageEnded, MessagesDropped, StatusReplaced))
"""Types of the events that tell what models were asked."""


@dataclass
class Tokens:
    """Of one model."""

    read: int = 0
    written: int = 0


def tokens_by_model(envelope: Envelope) -> dict[tuple[str, int], Tokens]:
    """By the name of the model ("" for none) and the largest of LONG_PROMPTS, or 0, that its prompts were longer than.

    Empty for a run in which no model spoke.
    """
    answers = []
    for message in getattr(envelope.status, "messages", ()):
        fields = message.metadata.fields
        read, written = (
            int(fields[name].number_value) if name in fields else 0 for name in ("input_tokens", "output_tokens")
        )
        answers.append((fields["model"].string_value if "model" in fields else "", read, written))
    return summed_up(answers)


def tokens_so_far(events: Iterable[ExecutionEvent]) -> dict[tuple[str, int], Tokens]:
    """As `tokens_by_model`, of a run under way; of its events, all that are of SAID are wanted, in their order."""
    said: list[Data] = []
    for event in map(event_of, events):
        if isinstance(event, MessageAdded):
            said.append({**event.metadata})
        elif isinstance(event, MessageEnded):
            said[event.index].update(event.metadata)
        elif isinstance(event, MessagesDropped):
            del said[event.index :]
        elif isinstance(event, StatusReplaced) and "messages" in event.status:
            said = [{**(message.get("metadata") or {})} for message in event.status["messages"]]
    return summed_up((_text(each), _count(each, "input_tokens"), _count(each, "output_tokens")) for each in said)


def summed_up(answers: Iterable[tuple[str, int, int]]) -> dict[tuple[str, int], Tokens]:
    """Of answers with the names of their models, tokens read and written; what is below 0 counts as 0."""
    found: defaultdict[tuple[str, int], Tokens] = defaultdict(Tokens)
    for model, *counts in answers:
        read, written = (max(0, each) for each in counts)
        if read or written:
            tokens = found[model[:LONGEST_NAME], prompt_over(read)]
            tokens.read, tokens.written = tokens.read + read, tokens.written + written
    return dict(found)


def _text(said: Data) -> str:
    return model if isinstance(model := said.get("model"), str) else ""


def _count(said: Data, name: str) -> int:
    return int(said[name]) if isinstance(said.get(name), int | float) else 0


def prompt_over(tokens: int) -> int:
    """The largest of LONG_PROMPTS that a prompt of so many tokens is longer than, or 0."""
    return max((limit for limit in LONG_PROMPTS if tokens > limit), default=0)


def keep_usage(row: Execution, envelope: Envelope, ended_at: datetime) -> None:
    """Note what a run that ends has asked of models, in its row and beside it."""
    found = tokens_by_model(envelope)
    row.tokens = sum(each.read + each.written for each in found.values()) if found else None
    insert_values(
        RunUsage,
        [
            {
                "execution_id": row.pk,
                "model": model,
                "prompt_over": over,
                "input_tokens": tokens.read,
                "output_tokens": tokens.written,
                "target_id": row.target_id,
                "org": row.org,
                "ended_second": int(ended_at.timestamp()),
            }
            for (model, over), tokens in sorted(found.items())
        ],
    )
