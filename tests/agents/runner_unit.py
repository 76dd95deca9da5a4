"""The runner as a real child process, on the data of an api unit."""

from __future__ import annotations

from typing import ClassVar

from apps.agents.runtime.mcp.leftovers import end_leftovers
from tests.suites.api_unit import ApiUnit


class RunnerUnit(ApiUnit):
    """A runner; several may work on one home. Their logs are one file."""

    command: ClassVar[str] = "agentrunner"

    def close(self) -> None:
        """It is killed, and after a test no next one ends the tool programs that it leaves behind."""
        super().close()
        end_leftovers(self.data_dir / "run" / "tools")
