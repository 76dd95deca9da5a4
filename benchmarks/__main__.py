"""Run the benchmarks and print the table: `python -m benchmarks [PART ...]`.

`--before DIRECTORY` measures another checkout by turns with this one, `--rounds` times each part, and prints medians
of both; the checkout needs its own `scripts/setup`.

Parts: command_line, server, pages, lists, projects, permissions, agents, workflows, idle. Without one, all of them.
A run takes some minutes; it starts daemons of its own in temporary directories and leaves nothing behind.

`memory` is left out unless it is named: it has `--runs` runs of a workflow go through a daemon, for half an hour.
"""

from __future__ import annotations

import argparse
import importlib
import os
import platform
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.before import by_turns
from benchmarks.measuring import machine
from benchmarks.table import Figure, Machine, render

PARTS = ("command_line", "server", "pages", "lists", "projects", "permissions", "agents", "workflows", "idle")
MEMORY = "memory"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, MEMORY, []], metavar="PART")
    parser.add_argument("--runs", type=int, default=20_000, help="of the part memory (default: %(default)s)")
    parser.add_argument("--before", type=Path, metavar="DIRECTORY", help="a checkout to compare with")
    parser.add_argument("--rounds", type=int, default=3, help="of each part, with --before (default: %(default)s)")
    asked = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # what is installed has been compiled
    for part in asked.parts or PARTS:
        if part == MEMORY:
            print(importlib.import_module("benchmarks.memory").table(asked.runs))
            continue
        measure = importlib.import_module(f"benchmarks.{part}").figures
        speed = machine()
        if asked.before:
            figures, others = by_turns(asked.before, part, measure, asked.rounds)
        else:
            figures, others = measure(), None
        _print(part, figures, _between(speed, machine()), others)


def _between(before: Machine, after: Machine) -> Machine:
    """The machine's speed around a part: its mean before and after."""
    return Machine((before.python_ms + after.python_ms) / 2, (before.echo_ms + after.echo_ms) / 2)


def _print(part: str, figures: list[Figure], speed: Machine, others: dict[str, float] | None) -> None:
    print(f"## {part.replace('_', ' ').capitalize()}, {datetime.now(UTC):%Y-%m-%d}\n")
    print(
        f"CPython {platform.python_version()}; in this run `python -c pass` takes {speed.python_ms:.1f} ms, "
        f"a grpcio echo {speed.echo_ms:.2f} ms.\n"
    )
    print(render(figures, speed, others), end="\n\n", flush=True)


if __name__ == "__main__":
    main()
