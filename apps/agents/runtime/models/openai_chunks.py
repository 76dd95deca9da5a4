"""The chunks of hosts that speak OpenAI's protocol.

The library adds up what comes under one index and reads each piece of text by itself. Hosts send names again with
every piece, several calls under one index, tags and characters cut in two, and no reason at the end.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from apps.agents.runtime.models.beside import BESIDE, Beside
from apps.agents.runtime.models.mending import Halves
from apps.agents.runtime.models.thoughts import ThoughtTags
from apps.resources.json_value import Json

_TEXTS = ("content", "reasoning_content", "reasoning", "refusal")


@dataclass
class _Call:
    index: int
    id: str
    name: str
    arguments: str = ""

    def is_another(self, call_id: str, name: str) -> bool:
        """Whether a piece under the same index belongs to another call."""
        if call_id and self.id:
            return call_id != self.id
        return bool(name) and _is_whole(self.arguments)


class Chunks:
    """A Mender of OpenAI's chunks."""

    keeps_names: ClassVar[bool] = False

    def __init__(self) -> None:
        self._calls: dict[int, _Call] = {}
        self._made = 0
        self._halves = Halves()
        self._tags = ThoughtTags()
        self._beside = Beside()
        self._last: Json = {}
        self._has_ended = False

    def mend(self, chunk: Json) -> Json:
        choices = chunk.get("choices") if isinstance(chunk, dict) else None
        if isinstance(chunk, dict) and (error := _error_of(chunk)):
            return {"error": error}
        if not choices or not isinstance(choices[0], dict):
            return chunk
        choice = choices[0]
        if not isinstance(choice.get("delta"), dict):
            choice["delta"] = {}  # null, with some hosts' reason
        delta = choice["delta"]
        if not isinstance(chunk.get("created", 0), int):
            chunk["created"] = 0  # nobody asks for it, and one that is no number would take the answer with it
        self._last = chunk
        self._has_ended = self._has_ended or bool(choice.get("finish_reason"))
        for name in _TEXTS:
            if isinstance(delta.get(name), str):
                delta[name] = self._halves.joined(name, delta[name])
        self._mend_text(delta)
        calls = delta.get("tool_calls")
        for call in calls if isinstance(calls, list) else ():
            self._mend_call(call)
        self._beside.see(delta)
        if choice.get("finish_reason"):
            delta[BESIDE] = self._beside.found()
        return chunk

    def end(self) -> Iterator[Json]:
        """What was held back, and a reason where none was given: the host says that it is done."""
        text = self._tags.end() + self._halves.rest("content")
        if not self._last or (self._has_ended and not text):
            return
        reason = None if self._has_ended else "tool_calls" if self._calls else "stop"
        delta = {BESIDE: self._beside.found()} | ({"content": text} if text else {})
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        yield {**self._last, "choices": [choice]}

    def _mend_text(self, delta: Json) -> None:
        if not isinstance(delta.get("content"), str):
            return
        thoughts, delta["content"] = self._tags.feed(delta["content"])
        if thoughts:
            delta["reasoning_content"] = (delta.get("reasoning_content") or "") + thoughts

    def _mend_call(self, call: Json) -> None:
        function = call.get("function") or {}
        under, call_id, name = call.get("index") or 0, call.get("id") or "", function.get("name") or ""
        known = self._calls.get(under)
        if known is None or known.is_another(call_id, name):
            known = self._calls[under] = _Call(self._made, call_id, name)
            self._made += 1
        elif name.startswith(known.name):
            function["name"] = name[len(known.name) :]  # all of it again, and maybe more
            known.name = name
        else:
            known.name += name
        call["index"] = known.index
        self._beside.see_call(known.index, call)
        if name == known.name and function.get("arguments") == known.arguments and _is_whole(known.arguments):
            function["arguments"] = ""  # the whole call again
        if isinstance(function.get("arguments"), str):
            function["arguments"] = self._halves.joined(f"arguments {known.index}", function["arguments"])
            known.arguments += function["arguments"]


def _error_of(chunk: dict[str, Json]) -> Json:
    """What a host says in place of an answer, as the library reads it; None for a chunk."""
    error = chunk.get("error")
    if not error and not chunk.get("choices") and "error" in (chunk.get("object"), chunk.get("type")):
        error = {key: value for key, value in chunk.items() if key not in ("object", "type")}
    return {"message": error} if isinstance(error, str) and error else error or None


def _is_whole(arguments: str) -> bool:
    try:
        return isinstance(json.loads(arguments), dict)
    except ValueError:
        return False
