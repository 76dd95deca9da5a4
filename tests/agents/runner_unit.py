"""The runner as a real child process, on the data of an api unit."""

from __future__ import annotations

from typing import ClassVar

from tests.suites.api_unit import ApiUnit


class RunnerUnit(ApiUnit):
    """A runner; several may work on one home. Their logs are one file."""

    command: ClassVar[str] = "agentrunner"
