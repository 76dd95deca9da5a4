"""What hosts of OpenAI's protocol say beside it: thoughts under names of their own, their signatures, fields of calls.

They want to see it again with the answer it came with. The library reads one field of thoughts and one of a call; this
takes the others past it, in `provider_details`, which are kept with the answer.
"""

from __future__ import annotations

import re
from typing import Any

from openai.types import chat
from openai.types.chat import ChatCompletionChunk
from pydantic_ai.messages import ModelResponse
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIStreamedResponse

from apps.resources.json_value import Json

BESIDE = "beside"
_OF_THOUGHTS = re.compile("reason|think|thought|signature|extra_content|provider_specific")
_OF_CALL = frozenset({"index", "id", "type", "function", "extra_content"})
_OF_FUNCTION = frozenset({"name", "arguments"})
_READ = ("reasoning", "reasoning_content")
"""The library takes the first of these that has something in it."""
_GROWING = frozenset({*_READ, "reasoning_text", "thinking", "text", "summary", "content"})
"""What comes in pieces. What stands under other names comes whole, maybe with every chunk."""
_WHOLE = ("signature", "data", "id")
"""An entry of a list that has one of these is not gone on with by one that says nothing of its place."""


class Beside:
    """Of one answer's chunks, in order."""

    def __init__(self) -> None:
        self._message: dict[str, Json] = {}
        self._calls: dict[int, dict[str, Json]] = {}

    def see(self, delta: Json) -> None:
        read = next((name for name in _READ if delta.get(name)), "")
        said = {name: value for name, value in delta.items() if _OF_THOUGHTS.search(name) and name != read}
        self._message = _joined(self._message, said)

    def see_call(self, index: int, call: Json) -> None:
        said = {name: value for name, value in call.items() if name not in _OF_CALL}
        function = call.get("function") or {}
        if inner := {name: value for name, value in function.items() if name not in _OF_FUNCTION}:
            said["function"] = inner
        self._calls[index] = _joined(self._calls.get(index, {}), said)

    def found(self) -> dict[str, Json]:
        """`message` and `calls`, one for each; empty where nothing was beside."""
        calls = [self._calls[index] for index in sorted(self._calls)]
        return {"message": self._message, "calls": calls} if self._message or any(calls) else {}


def _joined(before: dict[str, Json], said: dict[str, Json]) -> dict[str, Json]:
    joined = dict(before)
    for name, value in said.items():
        known = before.get(name)
        if isinstance(known, dict) and isinstance(value, dict):
            joined[name] = _joined(known, value)
        elif isinstance(value, list):
            joined[name] = _listed(known if isinstance(known, list) else [], value)
        elif isinstance(known, str) and isinstance(value, str) and name in _GROWING:
            joined[name] = known + value
        elif value not in (None, ""):
            joined[name] = value
    return joined


def _listed(before: list[Json], said: list[Json]) -> list[Json]:
    listed = list(before)
    for entry in said:
        place = next(
            (at for at in reversed(range(len(listed))) if _goes_on(listed[at], entry, len(listed) - 1 - at)), -1
        )
        if place < 0:
            listed.append(entry)
        else:
            listed[place] = _joined(listed[place], entry)
    return listed


def _goes_on(known: Json, entry: Json, distance: int) -> bool:
    """Whether `entry` is more of `known`, which is so many places before the last."""
    if not isinstance(known, dict) or not isinstance(entry, dict) or known.get("type") != entry.get("type"):
        return False
    if known.get("data") or (known.get("id") and entry.get("id") and known["id"] != entry["id"]):
        return False
    if entry.get("index") is not None:
        return bool(known.get("index") == entry["index"])
    return not distance and not any(known.get(name) for name in _WHOLE)


class ChatModel(OpenAIChatModel):
    """Gives hosts back what was beside their answers, where it was."""

    @property
    def _streamed_response_cls(self) -> type[OpenAIStreamedResponse]:
        return _Streamed

    def _map_model_response(self, message: ModelResponse) -> chat.ChatCompletionMessageParam | None:
        made: Any = super()._map_model_response(message)  # Any: fields that the protocol does not have
        beside = (message.provider_details or {}).get(BESIDE)
        if made is None or not beside:
            return made  # type: ignore[no-any-return]
        for call, more in zip(made.get("tool_calls", ()), beside["calls"], strict=False):
            function = {**more.get("function", {}), **call["function"]}
            call.update({name: value for name, value in more.items() if name not in call} | {"function": function})
        return {**beside["message"], **made}  # type: ignore[return-value]


class _Streamed(OpenAIStreamedResponse):
    def _map_provider_details(self, chunk: ChatCompletionChunk) -> dict[str, Any] | None:
        details = super()._map_provider_details(chunk)
        beside = (chunk.choices[0].delta.model_extra or {}).get(BESIDE)
        return {**(details or {}), BESIDE: beside} if beside else details
