"""Several coroutines at once, started and ended in an order that is the same on every replay."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

Result = TypeVar("Result")


async def side_by_side(works: Sequence[Callable[[], Coroutine[Any, Any, Result]]]) -> list[Result]:
    """What each comes to, in their order. Once one fails the others are cancelled; when all have ended, it is raised.

    Not asyncio.TaskGroup, which cancels in the order of a set: the commands that this gives would differ on a replay.
    """
    failures: list[Exception] = []
    tasks: list[asyncio.Task[Result]] = []

    async def watched(index: int, work: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
        try:
            return await work()
        except Exception as error:
            failures.append(error)
            if len(failures) == 1:
                for other in tasks[:index] + tasks[index + 1 :]:
                    other.cancel()
            raise

    tasks += [asyncio.ensure_future(watched(index, work)) for index, work in enumerate(works)]
    results = await asyncio.gather(*tasks, return_exceptions=True)
    if failures:
        raise failures[0]
    ended: list[Result] = []
    for result in results:
        if isinstance(result, BaseException):
            raise result
        ended.append(result)
    return ended
