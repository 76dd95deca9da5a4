"""Lists of runs among a million of them, compared with a thousand: by words, by phase and workflow, by a label."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from benchmarks.measuring import temporary_home
from benchmarks.table import Figure


def figures() -> list[Figure]:
    with temporary_home() as own:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.run_lists"],
            env={**own.environment, "STIGMER_HOME": str(own.path / "runs")},
            check=True,
            capture_output=True,
            text=True,
            cwd=Path(__file__).resolve().parent.parent,
        )
    found = json.loads(done.stdout)
    return [Figure(f"runs by {name} at 1,000,000 rows / at 1,000", cost, "times", 1.5) for name, cost in found.items()]
