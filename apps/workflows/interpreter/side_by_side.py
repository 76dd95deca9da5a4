"""Several coroutines at once, started and ended in an order that is the same on every replay."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


async def side_by_side(
    count: int,
    work: Callable[[int], Coroutine[Any, Any, Result]],
    *,
    at_once: int,
    ended: Callable[[int, Result | Exception], bool],
) -> None:
    """Do works number 0 to `count`, `at_once` of them at a time, begun in order.

    `ended` is told what each came to, or raised. Once it answers that this decides, nothing more begins, the others are
    cancelled, and all are waited for. Raises what cancels it, and what cancelled one of them.

    Not asyncio.TaskGroup, which cancels in the order of a set: the commands that this gives would differ on a replay.
    """
    numbers = iter(range(count))
    lanes: list[asyncio.Task[None]] = []
    is_decided = False

    async def lane(own: int) -> None:
        nonlocal is_decided
        for number in numbers:
            outcome: Result | Exception
            try:
                outcome = await work(number)
            except Exception as error:
                if lanes[own].cancelling():  # a run that is taken out of memory raises all kinds of things
                    raise
                outcome = error
            decides = ended(number, outcome)
            if is_decided:
                return
            if decides:
                is_decided = True
                for other in lanes[:own] + lanes[own + 1 :]:
                    other.cancel()
                return

    lanes += [asyncio.ensure_future(lane(own)) for own in range(min(at_once, count))]
    for result in await asyncio.gather(*lanes, return_exceptions=True):
        if isinstance(result, BaseException) and not is_decided:
            raise result
