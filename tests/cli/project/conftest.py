"""Go projects are tested where Go is: it is needed to run them, not to work on Stigmer."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

collect_ignore = [] if shutil.which("go") else ["test_go_projects.py"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says what was left out, so that nobody takes it for tested."""
    if collect_ignore:
        terminalreporter.write_line(f"not collected, as there is no `go` on the PATH: {', '.join(collect_ignore)}")
