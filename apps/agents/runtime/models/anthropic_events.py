"""The events of hosts that speak Anthropic's protocol."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from apps.agents.runtime.models.mending import Halves
from apps.resources.json_value import Json

_TEXTS = ("text", "thinking", "partial_json")
_NO_USAGE = {"input_tokens": 0, "output_tokens": 0}


class Events:
    """A Mender: characters cut in two, and a usage or a reason that was left out."""

    keeps_names: ClassVar[bool] = True

    def __init__(self) -> None:
        self._halves = Halves()

    def mend(self, event: Json) -> Json:
        match event:
            case {"type": "message_start", "message": dict(message)}:
                message["usage"] = _NO_USAGE | (message.get("usage") or {})
            case {"type": "message_delta", "delta": dict(delta)}:
                delta["stop_reason"] = delta.get("stop_reason") or "end_turn"
                event["usage"] = {"output_tokens": 0} | (event.get("usage") or {})
            case {"type": "content_block_delta", "index": index, "delta": dict(delta)}:
                for name in _TEXTS:
                    if isinstance(delta.get(name), str):
                        delta[name] = self._halves.joined(f"{name} {index}", delta[name])
        return event

    def end(self) -> Iterator[Json]:
        """Nothing: this protocol's last event has a name."""
        yield from ()
