"""One run of a workflow: what all its branches share."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass

from apps.workflows.errors import failed
from apps.workflows.expressions import Evaluator
from apps.workflows.interpreter.driver import Driver
from apps.workflows.interpreter.suspension import Suspend
from apps.workflows.limits import HTTP_RETRIES, LIMITS, Limits, RetryPolicy

_YIELD_EVERY = 100


@dataclass
class Run:
    """Its branches run as asyncio tasks of one thread, and look in here between two of their steps."""

    driver: Driver
    evaluator: Evaluator
    nonce: str = ""
    seed: str = ""
    """What its random values are drawn from; nobody can guess it."""
    limits: Limits = LIMITS
    http_retries: RetryPolicy = HTTP_RETRIES
    jumps: int = 0
    """Jumps backwards so far."""
    is_suspending: bool = False
    """One branch was suspended: the others follow, each at its next pause."""
    _tasks_done: int = 0

    def draw(self, path: str, attempt: int, number: int) -> bytes:
        """16 random bytes, the same whenever this run comes to this place."""
        return hashlib.sha256(f"{self.seed} {number} {attempt} {path}".encode()).digest()[:16]

    def jump_back(self) -> None:
        """Raises TaskFailed for one too many."""
        self.jumps += 1
        if self.jumps > self.limits.backward_jumps:
            detail = f"more than {self.limits.backward_jumps:,} jumps backwards, an endless loop perhaps"
            raise failed("runtime", detail)

    async def pause(self) -> None:
        """Between two tasks: let whoever drives the run write, and whoever wants to cancel it be heard.

        Raises Suspend.
        """
        if self.is_suspending:
            raise Suspend
        try:
            await self.driver.checkpoint()
        except Suspend:
            self.is_suspending = True
            raise
        self._tasks_done += 1
        if self._tasks_done % _YIELD_EVERY == 0:
            await asyncio.sleep(0)
