"""Somebody else who works with the same Temporal: starts workflows of their own, and waits for a run of ours in one."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from contextlib import suppress
from datetime import timedelta
from types import TracebackType
from typing import Any, TypeVar

from temporalio import activity, workflow
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

QUEUE = "theirs"
Answer = TypeVar("Answer")


class Somebody:
    """With a worker of the queue `theirs`. Methods are called from the test's thread."""

    def __init__(self, address: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._client = self._do(Client.connect(address))
        self._tokens: asyncio.Queue[bytes] = asyncio.Queue()
        self._worker = self._do(self._make_worker())
        self._work = asyncio.run_coroutine_threadsafe(self._worker.run(), self._loop)

    def start(self, name: str, *, kind: str, queue: str) -> None:
        """A workflow that nobody works on, unless somebody serves that queue."""
        self._do(self._client.start_workflow(kind, {"plan": "theirs"}, id=name, task_queue=queue))

    def start_waiting(self, name: str) -> bytes:
        """A workflow that waits for whoever completes its task token, which is the answer."""
        self._do(self._client.start_workflow("Waiting", id=name, task_queue=QUEUE))
        return self._do(asyncio.wait_for(self._tokens.get(), 30))

    def status(self, name: str) -> WorkflowExecutionStatus | None:
        return self._do(self._client.get_workflow_handle(name).describe()).status

    def attempts(self, name: str) -> int:
        """How often its workflow task under way was tried."""
        found = self._do(self._client.get_workflow_handle(name).describe()).raw_description
        return int(found.pending_workflow_task.attempt)

    def queue_of(self, name: str) -> str:
        return self._do(self._client.get_workflow_handle(name).describe()).task_queue

    def terminate(self, name: str) -> None:
        self._do(self._client.get_workflow_handle(name).terminate())

    def result(self, name: str) -> Any:  # Any: JSON
        return self._do(asyncio.wait_for(self._client.get_workflow_handle(name).result(), 30))

    def __enter__(self) -> Somebody:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._do(self._worker.shutdown())
        with suppress(Exception):
            self._work.result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _make_worker(self) -> Worker:
        @activity.defn(name="ask_somebody")
        async def ask() -> None:
            self._tokens.put_nowait(activity.info().task_token)
            activity.raise_complete_async()

        return Worker(
            self._client,
            task_queue=QUEUE,
            workflows=[Waiting],
            activities=[ask],
            workflow_runner=UnsandboxedWorkflowRunner(),
        )

    def _do(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(40)


@workflow.defn(name="Waiting", sandboxed=False)
class Waiting:
    @workflow.run
    async def run(self) -> Any:  # Any: JSON
        return await workflow.execute_activity("ask_somebody", start_to_close_timeout=timedelta(minutes=5))
