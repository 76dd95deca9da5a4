"""What a run has asked of models, from their messages: kept when it ends, for whoever sums it up."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from apps.resources.executions.model import Execution, RunUsage
from apps.resources.storage.statements import insert_values

Envelope = Any  # AgentExecution or WorkflowExecution
LONG_PROMPTS: Final = (32_000, 100_000, 128_000, 199_999, 200_000, 256_000, 272_000, 512_000, 524_288)
"""Tokens of a prompt above which some provider charges another price."""
LONGEST_NAME: Final = 200


@dataclass
class Tokens:
    """Of one model."""

    read: int = 0
    written: int = 0


def tokens_by_model(envelope: Envelope) -> dict[tuple[str, int], Tokens]:
    """By the name of the model ("" for none) and the largest of LONG_PROMPTS, or 0, that its prompts were longer than.

    Empty for a run in which no model spoke.
    """
    found: defaultdict[tuple[str, int], Tokens] = defaultdict(Tokens)
    for message in getattr(envelope.status, "messages", ()):
        fields = message.metadata.fields
        read, written = (
            max(0, int(fields[name].number_value)) if name in fields else 0
            for name in ("input_tokens", "output_tokens")
        )
        if read or written:
            model = fields["model"].string_value if "model" in fields else ""
            tokens = found[model[:LONGEST_NAME], prompt_over(read)]
            tokens.read, tokens.written = tokens.read + read, tokens.written + written
    return dict(found)


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
