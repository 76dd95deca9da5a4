"""How the API has agents run: the id goes into the queue, and a byte wakes the runner."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from apps.agents.jobs import Job, agent_job
from apps.resources.executions.model import Execution
from apps.resources.wake import Sleeper, wake


class AgentLauncher:
    """The Launcher of agent executions. The queue is opened when the first run is started."""

    def __init__(self, queue_file: Path, run_dir: Path) -> None:
        self.queue_file, self.run_dir = queue_file, run_dir

    def prepare(self, execution: Execution) -> None:
        """Nothing: the runner gathers everything when it takes the run."""

    def launch(self, execution_id: str) -> None:
        self._job(execution_id)
        wake(self.run_dir, Sleeper.RUNNER)

    def cancel(self, execution_id: str) -> None:
        del execution_id  # the row says so; the runner looks
        wake(self.run_dir, Sleeper.RUNNER)

    @cached_property
    def _job(self) -> Job:
        from apps.agents.queue import make_huey  # takes a tenth of a second, and most servers start no run at once

        return agent_job(make_huey(self.queue_file), _runs_elsewhere)


def _runs_elsewhere(execution_id: str) -> None:
    raise RuntimeError(f"the run {execution_id} is for a runner, not for the API")
