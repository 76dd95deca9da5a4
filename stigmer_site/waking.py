"""How a process that starts no runs still ends them: it wakes whoever works on them."""

from __future__ import annotations

from pathlib import Path

from apps.resources.errors import EngineUnavailable
from apps.resources.executions.model import Execution
from apps.resources.wake import Sleeper, wake


class CancelOnly:
    """A Launcher that launches nothing. `name` is the process that works on runs of its kind."""

    def __init__(self, run_dir: Path, name: Sleeper) -> None:
        self.run_dir, self.name = run_dir, name

    def prepare(self, execution: Execution) -> None:
        del execution
        raise EngineUnavailable("runs are started by `stigmer run`, not here")

    def launch(self, execution_id: str) -> None:
        del execution_id

    def cancel(self, execution_id: str) -> None:
        del execution_id
        wake(self.run_dir, self.name)
