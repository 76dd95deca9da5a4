"""What a provider wants to see again of its own answer: thoughts, their signatures, extra fields, why it stopped.

Kept is the library's ModelResponse as its adapter writes it, without what is recorded anyway: of texts only the
lengths, of calls neither names nor ids nor arguments.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

from pydantic_ai import messages

from apps.agents.runtime.models.base import Answer
from apps.resources.json_value import Json

logger = logging.getLogger(__name__)

_RECORDED = {
    "response": ("usage", "timestamp"),
    "tool-call": ("tool_name", "args", "tool_call_id"),
}
"""What the row and the metadata of a message have of its response, and the records of its calls of them."""


def keep(response: messages.ModelResponse) -> dict[str, Json] | None:
    """Plain JSON; None for what nobody can store (half of a character)."""
    (data,) = messages.ModelMessagesTypeAdapter.dump_python([response], mode="json", exclude_none=True)
    kept = _without_recorded(data, "response") | {"parts": [_kept_part(part) for part in data["parts"]]}
    try:
        json.dumps(kept, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return None
    return kept


def restore(answer: Answer) -> messages.ModelResponse | None:
    """The response that an answer came from, with the ids and arguments that its calls have now.

    None where that is not to be had: nothing was kept, or an older version of the library kept it in another form.
    """
    if answer.kept is None:
        return None
    data = answer.kept.data
    try:
        (response,) = messages.ModelMessagesTypeAdapter.validate_python([{**data, "parts": list(_parts(answer))}])
    except (ValueError, LookupError, TypeError) as error:
        logger.info("an answer goes back without what its provider added: %s", type(error).__name__)
        return None
    return response if isinstance(response, messages.ModelResponse) else None


def _kept_part(part: dict[str, Json]) -> dict[str, Json]:
    if part["part_kind"] == "text":
        return {**part, "content": len(part["content"])}
    return _without_recorded(part, part["part_kind"])


def _without_recorded(data: dict[str, Json], kind: str) -> dict[str, Json]:
    return {name: value for name, value in data.items() if name not in _RECORDED.get(kind, ())}


def _parts(answer: Answer) -> Iterator[dict[str, Json]]:
    """The parts, whole again. Raises ValueError or LookupError when they are not those of this answer."""
    text, calls = answer.text, list(answer.calls)
    for part in answer.kept.data["parts"] if answer.kept else ():
        if part["part_kind"] == "text":
            said, text = text[: part["content"]], text[part["content"] :]
            if said.strip():  # hosts refuse blank texts
                yield {**part, "content": said}
        elif part["part_kind"] == "tool-call":
            call = calls.pop(0)
            yield {**part, "tool_name": call.name, "args": call.arguments, "tool_call_id": call.id}
        else:
            yield part
    if text or calls:
        raise ValueError("the record has more than was kept")
