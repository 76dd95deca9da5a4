"""How the API has agents run: the id goes into the queue, which wakes the runner."""

from __future__ import annotations

from apps.resources.executions.model import Execution
from apps.resources.json_value import Json
from apps.resources.ports import Bell, RunQueue, Sleeper


class AgentLauncher:
    """The Launcher of agent executions."""

    def __init__(self, queue: RunQueue, bell: Bell) -> None:
        self.queue, self.bell = queue, bell

    def prepare(self, execution: Execution, asked: dict[str, Json]) -> None:
        """Nothing: the runner gathers everything when it takes the run."""

    def launch(self, execution_id: str) -> None:
        self.queue.put(execution_id)

    def cancel(self, execution_id: str) -> None:
        del execution_id  # the row says so; the runner looks
        self.bell.ring(Sleeper.RUNNER)
