"""Why a model stopped, in whatever words its host says it."""

from __future__ import annotations

from pydantic_ai import messages

from apps.agents.runtime.models.base import Stop

_CUT = frozenset({"length", "max_tokens", "max_output_tokens", "model_length", "model_context_window_exceeded"})
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
_FAILED = frozenset({"abort", "error", "insufficient_system_resource", "malformed_function_call", "network_error"})
"""The host could not go on: asked again, it may."""


def stop_of(response: messages.ModelResponse) -> tuple[Stop, str] | None:
    """Why it stopped, and what the host says of it. None for an answer that broke off.

    Hosts have words of their own: one that is not known ends a turn like any other.
    """
    details = response.provider_details or {}
    word = str(details.get("finish_reason") or response.finish_reason or "").lower()
    if refusal := details.get("refusal"):
        return Stop.REFUSED, str(refusal)
    if not word or word in _FAILED:
        return None
    if word in _REFUSED:
        return Stop.REFUSED, ""
    if word in _CUT or response.finish_reason == "length":
        return Stop.CUT, ""
    if word in _FILTERED or response.finish_reason == "content_filter":
        return Stop.FILTERED, ""
    return Stop.DONE, ""
