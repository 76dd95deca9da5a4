"""A conversation as strict hosts take it, whatever stands in a session."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from apps.agents.runtime.models.base import Answer, CallRequest, Human, Message, ToolResult

_ILLEGAL = re.compile(r"[^a-zA-Z0-9_-]")
_MOST = 64
_BLANK = "(empty)"


def presentable(messages: Iterable[Message]) -> list[Message]:
    """The same conversation: ids of calls unique and legal on both ends, names legal, no blank texts, and what the user
    says in a row as one message."""
    shown: list[Message] = []
    ids = _Ids()
    for message in messages:
        match message:
            case Human() if shown and isinstance(shown[-1], Human):
                shown[-1] = Human(f"{shown[-1].text}\n\n{message.text}")
            case Human():
                shown.append(Human(message.text if message.text.strip() else _BLANK))
            case Answer() if message.calls or message.text.strip():
                shown.append(replace(message, calls=tuple(ids.of_call(call) for call in message.calls)))
            case ToolResult():
                shown.append(ids.of_result(message))
    return shown


class _Ids:
    """Models of different hosts, in different runs of a session, give the same ids, or none that others take."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._latest: dict[str, str] = {}

    def of_call(self, call: CallRequest) -> CallRequest:
        legal = unique = _legal(call.id, "call")
        number = 1
        while unique in self._taken:
            number += 1
            unique = f"{legal[: _MOST - 6]}-{number}"
        self._taken.add(unique)
        self._latest[call.id] = unique
        return replace(call, id=unique, name=_legal(call.name, "unknown"))

    def of_result(self, result: ToolResult) -> ToolResult:
        """Results follow the answer that asked for them: the latest call of that id is meant."""
        return replace(
            result,
            call_id=self._latest.get(result.call_id, _legal(result.call_id, "call")),
            name=_legal(result.name, "unknown"),
            text=result.text if result.text.strip() else _BLANK,
        )


def _legal(name: str, otherwise: str) -> str:
    return _ILLEGAL.sub("_", name)[:_MOST] or otherwise
