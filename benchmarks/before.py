"""Another checkout beside this one: each part of the benchmarks in both by turns, and the medians of their figures.

Machines are shared, and their speed drifts within minutes: what was measured an hour ago says little. Only figures that
were taken by turns in one run are compared.
"""

from __future__ import annotations

import statistics
import subprocess
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.table import Figure

FROM_OUTSIDE = ("pages",)
"""Parts that only ask a server, by the contract: they ask that of another version just so."""
UNKNOWN_PART = 2  # the exit status of argparse


def by_turns(
    tree: Path, part: str, measure: Callable[..., list[Figure]], rounds: int
) -> tuple[list[Figure], dict[str, float]]:
    """The medians of this checkout's figures over `rounds`, and of those of the checkout at `tree` by their names.

    Figures that the other one does not take are left out of its own. Raises CalledProcessError.
    """
    before: defaultdict[str, list[float]] = defaultdict(list)
    measured: list[list[Figure]] = []
    for _ in range(rounds):
        theirs = {f.name: f.value for f in measure(tree)} if part in FROM_OUTSIDE else _figures_of(tree, part)
        for name, value in theirs.items():
            before[name].append(value)
        measured.append(measure())
    return _medians(measured), {name: statistics.median(values) for name, values in before.items()}


def _medians(measured: Sequence[list[Figure]]) -> list[Figure]:
    return [
        replace(same[0], value=statistics.median(figure.value for figure in same))
        for same in zip(*measured, strict=True)
    ]


def _figures_of(tree: Path, part: str) -> dict[str, float]:
    """What the other checkout's own benchmarks measure; nothing if they have no such part."""
    command = [str(tree / ".venv/bin/python"), "-m", "benchmarks", part]
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
    if done.returncode == UNKNOWN_PART:
        return {}
    done.check_returncode()
    return dict(_rows(done.stdout))


def _rows(table: str) -> list[tuple[str, float]]:
    """Name and measured value of each row of the Markdown table that a run prints."""
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines() if line.startswith("|")]
    place = lines[0].index("measured")
    return [(cells[0], float(cells[place].split()[0].replace(",", ""))) for cells in lines[2:]]
