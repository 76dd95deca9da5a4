"""What the job queue calls: one function with the id of a run. Huey here; Celery calls the same function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from huey.api import Huey

Job = Callable[[str], Any]  # Any: what huey answers to whoever enqueues, which nobody reads


def agent_job(huey: Huey, work: Callable[[str], None]) -> Job:
    """Calling the answer enqueues the id of a run; a consumer of `huey` calls `work` with it."""

    @huey.task(name="run_agent")  # type: ignore[untyped-decorator]  # huey has no types
    def run_agent(execution_id: str) -> None:
        work(execution_id)

    return run_agent  # type: ignore[no-any-return]  # huey has no types
