"""Between a run, which is plain sequential code, and its models and tools, which are asynchronous.

The run's event loop moves only while the run waits for it in `run`. So no database call ever happens
inside a running loop: each thread keeps one connection, and the ORM is used as everywhere else.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, TypeVar

from apps.agents.runtime.errors import Interrupted, NotBegun

Value = TypeVar("Value")
CLOSING_SECONDS = 15.0


class Bridge:
    """One event loop for one run. `interrupt` may be called from any thread; all else from the run's."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()
        self._loop = self._runner.get_loop()
        self._task: asyncio.Task[Any] | None = None
        self._is_effect = False
        self.is_interrupted = False

    def run(
        self, coroutine: Coroutine[Any, Any, Value], *, seconds: float | None = None, is_effect: bool = False
    ) -> Value:
        """Wait for `coroutine`. Raises Interrupted once somebody asked for it, TimeoutError after `seconds`.

        NotBegun is raised where somebody had asked before: then nothing of `coroutine` was done.
        With `is_effect` a gentle interruption waits for its end: it does something outside.
        """
        self._is_effect = is_effect
        try:
            return self._runner.run(self._interruptible(coroutine, seconds))
        except asyncio.CancelledError:
            raise Interrupted from None

    def close_by(self, coroutine: Coroutine[Any, Any, object]) -> None:
        """Wait for something that tidies up, even when interrupted, for at most 15 s."""
        self._runner.run(_limited(coroutine))

    def interrupt(self, *, gently: bool = False) -> None:
        """End the run's waiting, now or, `gently`, once what has an effect is done."""
        self.is_interrupted = True
        with contextlib.suppress(RuntimeError):  # the loop is closed: the run has ended by itself
            self._loop.call_soon_threadsafe(self._cancel, gently)

    def check(self) -> None:
        """Raise Interrupted when somebody asked for it."""
        if self.is_interrupted:
            raise Interrupted

    def __enter__(self) -> Bridge:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._runner.close()

    async def _interruptible(self, coroutine: Coroutine[Any, Any, Value], seconds: float | None) -> Value:
        if self.is_interrupted:
            coroutine.close()
            raise NotBegun
        self._task = asyncio.current_task()
        try:
            async with asyncio.timeout(seconds):
                return await coroutine
        finally:
            self._task = None

    def _cancel(self, gently: bool) -> None:
        if self._task is not None and not (gently and self._is_effect):
            self._task.cancel()


async def _limited(coroutine: Coroutine[Any, Any, object]) -> None:
    try:
        async with asyncio.timeout(CLOSING_SECONDS):
            await coroutine
    except TimeoutError:
        pass
