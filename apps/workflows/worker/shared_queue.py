"""Runs that were left on the queue which all installations shared before each had one of its own.

While everything open there is ours, the queue is served and they go on where they stand. Beside runs of others it is
not: whoever serves a queue takes every task of it. Ours begin again on our own queue then, where no effect is repeated.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from temporalio.worker import Worker

from apps.resources.caller import SYSTEM
from apps.resources.registry import WORKFLOW_EXECUTION
from apps.resources.storage.lookup import visible
from apps.workflows.worker import plans
from apps.workflows.worker.contracts import SHARED_TASK_QUEUE
from apps.workflows.worker.own_workflows import OwnWorkflows
from apps.workflows.worker.process_state import Host
from apps.workflows.worker.threads import in_thread

logger = logging.getLogger(__name__)


class SharedQueue:
    """`make_worker` makes a worker of the queue it is given."""

    def __init__(self, workflows: OwnWorkflows, host: Host, make_worker: Callable[[str], Worker]) -> None:
        self.workflows, self.host, self.make_worker = workflows, host, make_worker
        self._is_empty_for_ever = False
        self._worker: Worker | None = None
        self._work: asyncio.Future[None] | None = None

    async def look(self) -> set[str]:
        """The runs of ours that are open there; each is on its way to its end."""
        if self._is_empty_for_ever:
            return set()
        open_ids = await self.workflows.open_on_shared_queue()
        ours = await in_thread(lambda: _ours(open_ids))
        if not ours:
            # Nothing of this version begins there. Between two histories of one run it may seem empty for a moment.
            self._is_empty_for_ever = self._worker is None
            await self.stop()
        elif ours == open_ids:
            await self._serve(len(ours))
        else:
            await self.stop()
            for execution_id in ours:
                await self._begin_on_our_own(execution_id)
        return ours

    async def stop(self) -> None:
        """Take no more tasks from there."""
        if self._worker and self._work:
            worker, self._worker = self._worker, None
            await worker.shutdown()
            await asyncio.wait({self._work})

    async def _serve(self, runs: int) -> None:
        if self._work and self._work.done():
            self._worker = None
            self._work.result()  # why it ended; the next look starts it again
        if self._worker is None:
            logger.info("%d runs of a former version go on to their end on its queue", runs)
            self._worker = self.make_worker(SHARED_TASK_QUEUE)
            self._work = asyncio.ensure_future(self._worker.run())

    async def _begin_on_our_own(self, execution_id: str) -> None:
        plan = await in_thread(lambda: plans.planned(execution_id))
        if plan is None:
            return  # it has ended: who looks after the runs ends its workflow
        logger.warning("execution %s: begins again, the queue it was on is not ours alone", execution_id)
        self.host.fresh.discard(execution_id)
        self.host.cancelling.discard(execution_id)
        await self.workflows.start_in_place_of_another(plan)


def _ours(execution_ids: set[str]) -> set[str]:
    """Those that have a row here, whatever became of them."""
    rows = visible(WORKFLOW_EXECUTION, SYSTEM).filter(pk__in=execution_ids)
    return set(rows.values_list("pk", flat=True))
