"""Why a model stopped, in whatever words its host says it."""

from __future__ import annotations

import re

from pydantic_ai import messages

from apps.agents.runtime.models.base import Stop

_CUT = frozenset(
    {
        "context_length_exceeded",
        "incomplete",
        "length",
        "max_length",
        "max_output_tokens",
        "max_tokens",
        "model_context_window_exceeded",
        "model_length",
        "pause_turn",
        "token_limit",
    }
)
_FILTERED = frozenset(
    {
        "blocklist",
        "content_filter",
        "content_filtered",
        "guardrail_intervened",
        "image_safety",
        "prohibited_content",
        "recitation",
        "safety",
        "sensitive",
        "spii",
    }
)
_REFUSED = frozenset({"refusal"})
_FAILED = frozenset(
    {
        "abort",
        "canceled",
        "cancelled",
        "error",
        "insufficient_system_resource",
        "malformed_function_call",
        "network_error",
        "timeout",
    }
)
"""The host could not go on: asked again, it may."""


def stop_of(response: messages.ModelResponse) -> tuple[Stop, str] | None:
    """Why it stopped, and what the host says of it. None for an answer that broke off.

    Hosts have words of their own: one that is not known ends a turn like any other. Some say two at once
    (`content_filter: RECITATION`), either of which may be known.
    """
    details = response.provider_details or {}
    words = set(re.split(r"[:,\s]+", str(details.get("finish_reason") or response.finish_reason or "").strip().lower()))
    if refusal := details.get("refusal"):
        return Stop.REFUSED, str(refusal)
    if words == {""} or words & _FAILED:
        return None
    if words & _REFUSED:
        return Stop.REFUSED, ""
    if words & _CUT or response.finish_reason == "length":
        return Stop.CUT, ""
    if words & _FILTERED or response.finish_reason == "content_filter":
        return Stop.FILTERED, ""
    return Stop.DONE, ""
