"""What a tool answered, as a text of limited size."""

from __future__ import annotations

import json

import mcp_types as types

from apps.agents.runtime.tools.base import Outcome
from apps.resources.json_value import Json

MAX_RESULT = 32 * 1024
"""Characters of a result that are kept and shown to the model."""


def outcome_of(result: types.CallToolResult) -> Outcome:
    """Of a result in which texts are all that is left."""
    text = "\n".join(block.text for block in result.content if isinstance(block, types.TextContent))
    return Outcome(limited(text), is_error=bool(result.is_error))


def text_of(result: Json) -> str:
    """The text of a result as a server wrote it; of each block what can be shown, and a note where nothing can."""
    content = result.get("content")
    blocks = content if isinstance(content, list) else [] if content is None else [content]
    text = "\n".join(map(_text, blocks))
    structured = result.get("structuredContent")
    if not text and structured is not None:
        return json.dumps(structured)
    return text


def limited(text: str) -> str:
    if len(text) <= MAX_RESULT:
        return text
    return f"{text[:MAX_RESULT]}\n[cut off here: the result has {len(text)} characters, {MAX_RESULT} are kept]"


def _text(block: Json) -> str:
    match block:
        case str(text) | {"type": "text", "text": str(text)} | {"type": "resource", "resource": {"text": str(text)}}:
            return text
        case {"type": "image" | "audio" as kind, "data": str(data)}:
            mime_type = block.get("mimeType") or "of no declared type"
            return f"[{kind}, {mime_type}, {len(data)} characters of base64: not shown]"
        case {"type": "resource", "resource": {"uri": uri}}:
            return f"[resource {uri}: not text, not shown]"
        case {"type": "resource_link", "uri": uri}:
            return f"[resource {block.get('name') or uri}: {uri}]"
    kind = block.get("type") if isinstance(block, dict) else None
    return f"[content of the kind {str(kind)[:40]!r}: not shown]" if kind else "[content of no kind: not shown]"
