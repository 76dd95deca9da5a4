"""What it costs to ask for permission, and not to."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from benchmarks.measuring import temporary_home
from benchmarks.table import Figure, Scale


def figures() -> list[Figure]:
    with temporary_home() as own:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.permission_cost"],
            env={**own.environment, "STIGMER_HOME": str(own.path / "permissions")},
            check=True,
            capture_output=True,
            text=True,
            cwd=Path(__file__).resolve().parent.parent,
        )
    found = json.loads(done.stdout)
    return [
        Figure("gate of a call, local mode", found["local"], "ms", 0.02, Scale.PROCESS),
        Figure("check: p50, 20,000 resources, 500 users", found["check"], "ms", 1.0, Scale.PROCESS),
        Figure("page of 50 that one may see: p50", found["page"], "ms"),
    ]
