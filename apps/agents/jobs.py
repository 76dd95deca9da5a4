"""What the job queue calls: one function with the id of a run, whether Huey brings it or Celery."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol


class TaskMaker(Protocol):
    """A Huey, or an application of Celery: neither has types."""

    def task(self, *, name: str) -> Callable[[Callable[[str], None]], Any]: ...


def agent_job(queue: TaskMaker, work: Callable[[str], None]) -> Any:  # Any: what each makes of a function
    """What puts the id of a run into the queue, in the queue's own manner; a consumer of it calls `work` with it."""

    @queue.task(name="run_agent")
    def run_agent(execution_id: str) -> None:
        work(execution_id)

    return run_agent
