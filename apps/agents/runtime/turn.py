"""One turn of the model: asked, streamed into the records, asked again when that can help."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from apps.agents.runtime.bridge import Bridge
from apps.agents.runtime.errors import ModelFailed
from apps.agents.runtime.limits import Budget
from apps.agents.runtime.models.base import Answer, CallRequest, Finished, Model, ModelError, ModelRequest, TextDelta
from apps.agents.runtime.recorder import Recorder
from apps.resources.executions.events import Speaker
from apps.resources.json_value import Json
from apps.shared.durations import duration
from apps.shared.masking import MaskedStream

FLUSH_SECONDS = 0.04
"""Text that streams in is written at this pace: quick for readers, and few transactions."""
RETRY_AFTER_SECONDS = (0.5, 1.0, 2.0, 4.0)
MAX_WAIT_SECONDS = 60.0
"""The most that a provider may make us wait before the next attempt; a run does not wait for longer."""
SILENCE_SECONDS = 300.0
"""A model that is loaded into memory first may take minutes; then it keeps talking."""


@dataclass
class Turn:
    """What one turn gave, and the index of its message. That message has not ended yet."""

    finished: Finished
    index: int
    model: str
    seconds: float

    @property
    def tokens(self) -> int:
        return self.finished.input_tokens + self.finished.output_tokens

    @property
    def usage(self) -> dict[str, Json]:
        """As it stands in the metadata of the message."""
        return {
            "model": self.model,
            "input_tokens": self.finished.input_tokens,
            "output_tokens": self.finished.output_tokens,
            "seconds": round(self.seconds, 3),
        }


def take_turn(
    bridge: Bridge,
    model: Model,
    request: ModelRequest,
    recorder: Recorder,
    budget: Budget,
    *,
    begin: Callable[[], int] | None = None,
) -> Turn:
    """Ask the model and record its answer as it comes. A turn that breaks off is taken back and tried again.

    `begin` records the message that the answer is appended to, and answers its index; an AI message unless given.
    Raises ModelFailed when the model cannot be asked, RunFailed when a limit is hit, Interrupted.
    """
    begin = begin or partial(recorder.message, Speaker.AI, "", {"model": model.name})
    for delay in (*RETRY_AFTER_SECONDS, None):
        index, begun = begin(), time.monotonic()
        try:
            finished, said = _streamed(bridge, _Stream(model.stream(request)), recorder, index, budget)
            if finished.answer.text != said:  # thoughts, as it turned out
                recorder.dropped(index)
                index = begin()
                recorder.text(index, recorder.masker.text(finished.answer.text))
            return Turn(finished, index, model.name, time.monotonic() - begun)
        except ModelError as error:
            recorder.dropped(index)
            is_too_long = error.retry_after_seconds > MAX_WAIT_SECONDS
            if delay is None or not error.can_retry or is_too_long:
                recorder.flush()
                later = f"; it may be asked again in {duration(error.retry_after_seconds)}" if is_too_long else ""
                raise ModelFailed(f"{recorder.masker.cut(str(error))}{later}", hint=error.hint) from error
            _wait(bridge, error.retry_after_seconds or delay, budget)
    raise RuntimeError("unreachable: the last attempt returns or raises")


def _wait(bridge: Bridge, seconds: float, budget: Budget) -> None:
    bridge.run(asyncio.sleep(budget.at_most(seconds) or 0.0))
    budget.check_time()


def _streamed(bridge: Bridge, stream: _Stream, recorder: Recorder, index: int, budget: Budget) -> tuple[Finished, str]:
    """The end of a turn, and the text that came before it."""
    shown, told = MaskedStream(recorder.masker), ""
    try:
        while True:
            items = bridge.run(stream.next(), seconds=budget.at_most(SILENCE_SECONDS))
            last = items[-1]
            said = _encodable("".join(item.text for item in items if isinstance(item, TextDelta)))
            told += said
            recorder.text(index, shown.feed(said))
            if isinstance(last, Finished):
                recorder.text(index, shown.end())
                return replace(last, answer=_whole(last.answer)), told
            if isinstance(last, Exception):
                raise last
            recorder.flush()
    except TimeoutError:
        budget.check_time()
        raise ModelError(f"the model said nothing for {SILENCE_SECONDS:g} s", can_retry=True) from None
    finally:
        bridge.close_by(stream.close())


def _whole(answer: Answer) -> Answer:
    calls = tuple(CallRequest(*map(_encodable, (call.id, call.name, call.arguments))) for call in answer.calls)
    return replace(answer, text=_encodable(answer.text), calls=calls)


def _encodable(text: str) -> str:
    """JSON can escape half of a character, which nobody can store or send: a question mark takes its place."""
    return text.encode(errors="replace").decode()


class _Stream:
    """Reads a model's stream ahead, so that what comes while the records are written waits here."""

    def __init__(self, events: AsyncIterator[TextDelta | Finished]) -> None:
        self._events = events
        self._queue: asyncio.Queue[TextDelta | Finished | Exception] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    async def next(self) -> Sequence[TextDelta | Finished | Exception]:
        """What has come, at least one item: at once for the first, then in portions of 40 ms."""
        portion = FLUSH_SECONDS
        if self._task is None:
            self._task = asyncio.create_task(self._read())
            portion = 0.0
        items = [await self._queue.get()]
        try:
            async with asyncio.timeout(portion):
                while isinstance(items[-1], TextDelta):
                    items.append(await self._queue.get())
        except TimeoutError:
            pass
        while isinstance(items[-1], TextDelta) and not self._queue.empty():
            items.append(self._queue.get_nowait())
        return items

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _read(self) -> None:
        try:
            async for item in self._events:
                self._queue.put_nowait(item)
            self._queue.put_nowait(ModelError("the model's answer broke off", can_retry=True))
        except Exception as error:  # whoever reads the stream gets it, whatever it is
            self._queue.put_nowait(error)
