"""The worker process: everything of it, from connecting to Temporal to its end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from django.db import OperationalError
from temporalio.client import Client
from temporalio.service import RPCError
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from apps.resources.ports import Bell, Listener, Sleeper
from apps.resources.run_errors import EngineUnavailable
from apps.shared.reach import Reach
from apps.workflows.worker.activities import Activities
from apps.workflows.worker.callbacks import Callbacks
from apps.workflows.worker.group_commit import Committer
from apps.workflows.worker.own_workflows import OwnWorkflows
from apps.workflows.worker.payloads import sealing_converter
from apps.workflows.worker.process_state import Host, set_host
from apps.workflows.worker.reconciler import LOOK_EVERY_SECONDS, Starter
from apps.workflows.worker.shared_queue import SharedQueue
from apps.workflows.worker.workflow import RunWorkflow

logger = logging.getLogger(__name__)

CONNECT_AGAIN_SECONDS = 0.2
CALLS_AT_ONCE = 64
WORKFLOWS_IN_MEMORY = 500
WORKFLOW_THREADS = 16
"""Each waits for the disk while it stores the end of a run."""
STOP_SECONDS = 5.0


class WorkerUnit:
    """`run` returns after `stop`, which any thread may call. `installation` is the id that no other data has.

    `find_temporal` answers where Temporal is, and raises EngineUnavailable while none there is ours. `ready` is told.
    `reach`: what addresses that runs name may lead to, None for anywhere.
    """

    def __init__(
        self,
        find_temporal: Callable[[], str],
        namespace: str,
        installation: str,
        data_dir: Path,
        bell: Bell,
        *,
        ready: Callable[[str], None],
        reach: Reach | None = None,
    ) -> None:
        self.find_temporal, self.namespace, self.installation = find_temporal, namespace, installation
        self.address = ""
        self.bell, self.ready = bell, ready
        self.host = Host(Committer(), data_dir, reach)
        self.activities = Activities(self.host)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = asyncio.Event()
        self._woken = {name: asyncio.Event() for name in (Sleeper.WORKER, Sleeper.CALLBACKS, Sleeper.ENDED)}

    def stop(self) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._stopping.set)

    async def run(self) -> None:
        self._loop = asyncio.get_running_loop()
        set_host(self.host)
        self.host.committer.start()
        listeners = {name: self.bell.listen(name) for name in self._woken}
        for name, listener in listeners.items():
            self._loop.add_reader(listener.fileno(), self._wake, listener, self._woken[name])
        self._loop.run_in_executor(None, self.activities.prepare)
        try:
            client = await self._connect()
            if client is not None:
                await self._work_until_stopped(client)
        finally:
            for listener in listeners.values():
                self._loop.remove_reader(listener.fileno())
                listener.close()
            self.activities.release()
            self.host.committer.stop()

    async def _connect(self) -> Client | None:
        """A client once Temporal answers; None when we are stopped before."""
        converter = sealing_converter(self.host.data_dir / "blobs")
        while not self._stopping.is_set():
            try:
                self.address = self.find_temporal()
                return await Client.connect(self.address, namespace=self.namespace, data_converter=converter)
            except (RuntimeError, RPCError, OSError, EngineUnavailable) as error:
                logger.debug("Temporal does not answer yet: %s", error)
            await self._pause(self._stopping, CONNECT_AGAIN_SECONDS)
        return None

    def check_temporal(self) -> None:
        """Raises EngineUnavailable unless what we are connected to is still ours.

        One that has moved ends the worker, which is started again.
        """
        address = self.find_temporal()
        if address != self.address:
            self.stop()
            raise EngineUnavailable(f"Temporal is on {address} now, and no longer on {self.address}")

    async def _work_until_stopped(self, client: Client) -> None:
        """Raises what ends the worker without our asking. Calls under way get a few seconds to end.

        Those that take longer are cut with the process, which is as if it had been killed: nothing is lost.
        """
        work = asyncio.ensure_future(self._work(client))
        stopping = asyncio.ensure_future(self._stopping.wait())
        await asyncio.wait({work, stopping}, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.wait({work}, timeout=STOP_SECONDS)
        if work.done():
            work.result()

    async def _work(self, client: Client) -> None:
        workflows = OwnWorkflows(client, self.installation, self.check_temporal)
        make_worker = _worker_maker(client, self.activities)
        shared_queue = SharedQueue(workflows, self.host, make_worker)
        starter, callbacks = Starter(workflows, shared_queue, self.host), Callbacks(workflows, self.host)
        async with make_worker(workflows.queue):
            self.ready(self.address)
            await asyncio.gather(
                self._repeat(starter.look, self._woken[Sleeper.WORKER]),
                self._repeat(callbacks.look, self._woken[Sleeper.CALLBACKS]),
                self._repeat(starter.let_go, self._woken[Sleeper.ENDED]),
            )
            starter.stop()
            await shared_queue.stop()

    async def _repeat(self, look: Callable[[], Awaitable[None]], woken: asyncio.Event) -> None:
        """Look whenever woken, and now and then without."""
        while not self._stopping.is_set():
            woken.clear()
            try:
                await look()
            except Exception as error:
                # Temporal restarts, the database is busy: what was to be done is still to be done.
                logger.warning("could not look after the runs, trying again: %s", error, exc_info=_is_odd(error))
            await self._pause(woken, LOOK_EVERY_SECONDS)

    async def _pause(self, event: asyncio.Event, seconds: float) -> None:
        waits = [asyncio.ensure_future(each.wait()) for each in {event, self._stopping}]
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()

    def _wake(self, listener: Listener, woken: asyncio.Event) -> None:
        listener.wait(0)
        woken.set()


def _is_odd(error: Exception) -> bool:
    """Whether an error needs its traceback; that Temporal is away for a moment does not."""
    return not isinstance(error, RPCError | OperationalError | EngineUnavailable)


def _worker_maker(client: Client, activities: Activities) -> Callable[[str], Worker]:
    """What makes a worker of a queue. All of them share their threads."""
    activity_threads = ThreadPoolExecutor(CALLS_AT_ONCE, thread_name_prefix="activity")
    workflow_threads = ThreadPoolExecutor(WORKFLOW_THREADS, thread_name_prefix="workflow")

    def make(queue: str) -> Worker:
        worker = Worker(
            client,
            task_queue=queue,
            workflows=[RunWorkflow],
            activities=activities.all,
            activity_executor=activity_threads,
            workflow_task_executor=workflow_threads,
            workflow_runner=UnsandboxedWorkflowRunner(),
            # A bug, or a history that an upgrade no longer understands: the run fails and is not tried for ever.
            workflow_failure_exception_types=[Exception],
            max_cached_workflows=WORKFLOWS_IN_MEMORY,
            max_concurrent_activities=CALLS_AT_ONCE,
            max_concurrent_local_activities=CALLS_AT_ONCE,
            max_concurrent_workflow_tasks=CALLS_AT_ONCE,
        )
        _allow_long_tasks(worker)
        return worker

    return make


def _allow_long_tasks(worker: Worker) -> None:
    """The SDK takes two seconds of computing for a deadlock; a loop of ours is allowed more.

    Its own switch, debug mode, would run workflows on the event loop. Temporal itself ends a workflow task after ten.
    """
    inner = getattr(worker, "_workflow_worker", None)
    if hasattr(inner, "_deadlock_timeout_seconds"):
        setattr(inner, "_deadlock_timeout_seconds", 9)  # noqa: B010  # it is not public
