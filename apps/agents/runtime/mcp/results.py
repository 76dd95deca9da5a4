"""What a tool answered, as a text of limited size."""

from __future__ import annotations

import json
from typing import Any

import mcp_types as types

from apps.agents.runtime.tools.base import Outcome

MAX_RESULT = 32 * 1024
"""Characters of a result that are kept and shown to the model."""


def outcome_of(result: types.CallToolResult) -> Outcome:
    text = "\n".join(_text(block) for block in result.content)
    if not text and result.structured_content is not None:
        text = json.dumps(result.structured_content)
    return Outcome(limited(text), is_error=bool(result.is_error))


def limited(text: str) -> str:
    if len(text) <= MAX_RESULT:
        return text
    return f"{text[:MAX_RESULT]}\n[cut off here: the result has {len(text)} characters, {MAX_RESULT} are kept]"


def _text(block: Any) -> str:  # Any: one of the SDK's content blocks
    match block:
        case types.TextContent():
            return block.text
        case types.ImageContent() | types.AudioContent():
            return f"[{block.type}, {block.mime_type}, {len(block.data)} characters of base64: not shown]"
        case types.EmbeddedResource(resource=types.TextResourceContents() as resource):
            return resource.text
        case types.EmbeddedResource():
            return f"[resource {block.resource.uri}: not text, not shown]"
        case types.ResourceLink():
            return f"[resource {block.name}: {block.uri}]"
        case _:
            return "[content of a kind that is not shown]"
