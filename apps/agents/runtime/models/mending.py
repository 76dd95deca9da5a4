"""What hosts stream, put right event by event before the library joins it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator
from typing import ClassVar, Protocol

import httpx2

from apps.resources.json_value import Json
from apps.shared.characters import whole_characters

_DATA, _EVENT, _DONE = b"data:", b"event:", b"[DONE]"


class Mender(Protocol):
    """Of one answer's events, in order."""

    keeps_names: ClassVar[bool]
    """Whether the protocol names its events. Where it does not, a name without data would be read as an answer."""

    def mend(self, event: Json) -> Json:
        """`event`, which may be changed in place."""

    def end(self) -> Iterator[Json]:
        """What is missing before the end of the stream."""


async def mend_response(response: httpx2.Response, *, make: Callable[[], Mender]) -> None:
    """A hook of an HTTP client: a stream of events is mended while it is read."""
    is_stream = response.headers.get("content-type", "").startswith("text/event-stream")
    if is_stream and "content-encoding" not in response.headers and isinstance(response.stream, httpx2.AsyncByteStream):
        response.stream = _Mended(response.stream, make())


class _Mended(httpx2.AsyncByteStream):
    """Each event has its data in one line."""

    def __init__(self, stream: httpx2.AsyncByteStream, mender: Mender) -> None:
        self._stream, self._mender = stream, mender

    async def __aiter__(self) -> AsyncIterator[bytes]:
        rest = b""
        async for piece in self._stream:
            *lines, rest = (rest + piece).split(b"\n")
            if lines:
                yield b"".join(b"%b\n" % mended for line in lines for mended in self._line(line))
        if rest:
            yield b"\n".join(self._line(rest))

    def _line(self, line: bytes) -> Iterator[bytes]:
        if not line.startswith(_DATA):
            if self._mender.keeps_names or not line.startswith(_EVENT):
                yield line
            return
        data = line[len(_DATA) :].strip()
        if data == _DONE:
            for event in self._mender.end():
                yield from (_line_of(event), b"")
            yield line
            return
        try:
            event = json.loads(data)
        except ValueError:
            yield line  # the library says what is wrong with it
            return
        yield _line_of(self._mender.mend(event))

    async def aclose(self) -> None:
        await self._stream.aclose()


def _line_of(event: Json) -> bytes:
    return b"%b %b" % (_DATA, json.dumps(event).encode())


class Halves:
    """Characters that a host has cut in two, by the text that they are in."""

    def __init__(self) -> None:
        self._waiting: dict[str, str] = {}

    def joined(self, channel: str, text: str) -> str:
        """`text` with the half that came before it, and without that at its end."""
        text = self._waiting.pop(channel, "") + text
        if text.isascii():
            return text
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
        if "\ud800" <= text[-1] <= "\udbff":
            self._waiting[channel], text = text[-1], text[:-1]
        return whole_characters(text)

    def rest(self, channel: str) -> str:
        """U+FFFD for a half that waits for another one, at the end of all pieces."""
        return "\ufffd" if self._waiting.pop(channel, "") else ""
