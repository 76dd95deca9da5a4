"""A model whose answers stand in a file: for tests, demos and working offline.

```yaml
turns:
  - text: "Let me look that up."
    calls:
      - {name: find_order, arguments: {number: "1042"}}
  - text: "Your order {{last}} is on its way."    # {{last}}: the last tool result; {{message}}: the message
```

The n-th answer within a run is the n-th turn; beyond the last one, the last is repeated. A turn may have
`when`, a text that the message must contain, and `chunk_delay_seconds`, to look like streaming.
"""

from __future__ import annotations

import asyncio
import json
import math
import os
import re
import stat
from collections.abc import AsyncIterator
from functools import lru_cache, reduce
from pathlib import Path
from typing import Any

from apps.agents.runtime.abandonable import in_thread
from apps.agents.runtime.models.base import (
    Answer,
    CallRequest,
    Finished,
    Human,
    ModelError,
    ModelRequest,
    TextDelta,
    ToolResult,
)

WORD = re.compile(r"\S+\s*|\s+")
MAX_BYTES = 1024 * 1024
"""Of a script. Reading YAML takes 10 s and 100 MB of memory for so much."""
MOST_VALUES = 10_000
"""In the arguments of a call: YAML's aliases make a few lines into more than there is memory for."""
WAY_OUT = "Name a file with such answers: provider `scripted`, model the path of a YAML or JSON file"


class ScriptedModel:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = f"scripted:{path}"

    async def stream(self, request: ModelRequest) -> AsyncIterator[TextDelta | Finished]:
        turn, number = self._turn(request, await self._read())
        text = _filled(str(turn.get("text", "")), request)
        for word in WORD.findall(text):
            if delay := turn.get("chunk_delay_seconds"):
                await asyncio.sleep(delay)
            yield TextDelta(word)
        calls = tuple(
            CallRequest(
                id=f"call-{number}-{index}", name=call["name"], arguments=_arguments(call.get("arguments", {}), request)
            )
            for index, call in enumerate(turn.get("calls", []))
        )
        tokens_in = sum(len(str(message)) for message in request.messages) // 4
        yield Finished(Answer(text, calls), input_tokens=tokens_in, output_tokens=len(text) // 4)

    async def close(self) -> None:
        pass

    def _turn(self, request: ModelRequest, turns: list[dict[str, Any]]) -> tuple[dict[str, Any], int]:
        """The turn that is due and its number among all answers of the conversation."""
        last_human = max((i for i, m in enumerate(request.messages) if isinstance(m, Human)), default=0)
        asked = _text(request.messages[last_human]) if request.messages else ""
        due = sum(isinstance(message, Answer) for message in request.messages[last_human:])
        fitting = [turn for turn in turns if str(turn.get("when", "")) in asked]
        if not fitting:
            raise ModelError(f"{self.path} has no turn for the message {asked[:60]!r}")
        number = sum(isinstance(message, Answer) for message in request.messages)
        return fitting[min(due, len(fitting) - 1)], number

    async def _read(self) -> list[dict[str, Any]]:
        try:
            return await in_thread(self._turns)  # it may be in a file system that does not answer
        except _NoScript as error:
            said = f"the scripted answers {self.path} {error}"
        except (OSError, ValueError) as error:  # ValueError: a path that no system takes
            said = f"the scripted answers {self.path} cannot be read: {getattr(error, 'strerror', None) or error}"
        raise ModelError(said, hint=WAY_OUT)

    def _turns(self) -> list[dict[str, Any]]:
        return _load(self.path, self.path.stat().st_mtime_ns)


class _NoScript(Exception):
    """What is wrong with a script, as the end of a sentence."""


@lru_cache(maxsize=64)
def _load(path: Path, changed_ns: int) -> list[dict[str, Any]]:
    del changed_ns  # part of the key: an edited file is read again
    import yaml

    try:
        script = yaml.safe_load(_content(path))
    except yaml.YAMLError as error:
        raise _NoScript(f"are not valid YAML: {' '.join(str(error).split())}") from error
    except UnicodeDecodeError as error:
        raise _NoScript("are not text in UTF-8") from error
    except RecursionError as error:
        raise _NoScript("are nested too deeply") from error
    turns = script.get("turns") if isinstance(script, dict) else None
    if not isinstance(turns, list) or not all(isinstance(turn, dict) for turn in turns) or not turns:
        raise _NoScript("need a list `turns` with at least one turn")
    for turn in turns:
        _check(turn)
    return turns


def _check(turn: dict[str, Any]) -> None:
    for key in ("text", "when"):
        if isinstance(turn.get(key), list | dict):
            raise _NoScript(f"need text for the `{key}` of a turn")
    delay = turn.get("chunk_delay_seconds", 0)
    if isinstance(delay, bool) or not isinstance(delay, int | float) or not 0 <= delay < math.inf:
        raise _NoScript("need a number of 0 or more for the `chunk_delay_seconds` of a turn")
    calls = turn.get("calls", [])
    if not isinstance(calls, list) or not all(isinstance(call, dict) and call.get("name") for call in calls):
        raise _NoScript("need a list of {name, arguments} for the `calls` of a turn")
    for call in calls:
        if not isinstance(call["name"], str):
            raise _NoScript("need text for the `name` of a call")
        _count(call.get("arguments"), 0)


def _count(value: Any, so_far: int) -> int:
    """How many values there are in `value` and so far. Raises _NoScript for too many, and for keys that are no text."""
    if so_far >= MOST_VALUES:
        raise _NoScript(f"have a call with more than {MOST_VALUES:,} values in its arguments")
    if isinstance(value, dict) and not all(isinstance(key, str) for key in value):
        raise _NoScript("need text for the keys of the arguments of a call")
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return reduce(lambda number, item: _count(item, number), inner, so_far + 1)


def _content(path: Path) -> str:
    """Raises _NoScript for what is no file, or too large a one: a device has no end, and a pipe may have no writer."""
    _refuse_what_is_no_file(path.stat())
    # By now something else may be there, and opening a pipe would wait for its writer.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        _refuse_what_is_no_file(os.fstat(descriptor))
        content: bytes | None = file.read(MAX_BYTES + 1)
    if content is None:  # /proc/kmsg says of itself that it is a file, and is one to wait at
        raise _NoScript("are no regular file: there is nothing to read until somebody writes")
    if len(content) > MAX_BYTES:
        raise _NoScript(f"are larger than {MAX_BYTES // 1024} kB")
    return content.decode()


def _refuse_what_is_no_file(found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise _NoScript("are no regular file")


def _filled(text: str, request: ModelRequest) -> str:
    results = [message.text for message in request.messages if isinstance(message, ToolResult)]
    asked = [message.text for message in request.messages if isinstance(message, Human)]
    return text.replace("{{last}}", results[-1] if results else "").replace("{{message}}", asked[-1] if asked else "")


def _arguments(value: Any, request: ModelRequest) -> str:
    # A text is passed on as it is, so that a script can also hold what is not JSON. YAML makes dates of some texts.
    return value if isinstance(value, str) else _filled(json.dumps(value, default=str), request)


def _text(message: object) -> str:
    return message.text if isinstance(message, Human) else ""
