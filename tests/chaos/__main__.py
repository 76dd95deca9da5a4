"""`python -m tests.chaos --kills 200 --seed 7`: the long harness, and a table of what became of the runs."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.chaos.harness import Row


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="an empty directory for the installation, which stays")
    options = parser.parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    import django

    django.setup()
    with tempfile.TemporaryDirectory(prefix="stigmer-chaos-") as made:
        rows, left = kill_again_and_again(options.keep or Path(made), options.seed, options.kills)
    print(table(rows))
    wrong = [line for row in rows for line in row.wrong] + left
    print(f"\nseed {options.seed}: {options.kills} kills, {len(rows)} verdicts, {len(wrong)} wrong")
    print("\n".join(dict.fromkeys(wrong)))
    return 1 if wrong else 0


def kill_again_and_again(home: Path, seed: int, kills: int) -> tuple[list[Row], list[str]]:
    from tests.chaos.harness import chaos

    with chaos(home, seed) as running:
        while running.kills < kills:
            rows = running.round()
            killed = ", ".join(dict.fromkeys(row.unit for row in rows))
            ends = "; ".join(f"{row.stage} -> {row.outcome}" for row in rows)
            print(f"{running.kills:4} {killed}: {ends}", file=sys.stderr, flush=True)
            for line in dict.fromkeys(line for row in rows for line in row.wrong):
                print(f"     WRONG {line}", file=sys.stderr, flush=True)
        return running.rows, running.left_over()


def table(rows: list[Row]) -> str:
    """Unit, stage of the run at the kill, outcome, how often."""
    counts = Counter((row.unit, row.stage, "WRONG" if row.wrong else row.outcome) for row in rows)
    lines = [f"{'UNIT':10}{'STAGE':34}{'OUTCOME':26}{'RUNS':>5}"]
    lines += [f"{unit:10}{stage:34}{outcome:26}{count:5}" for (unit, stage, outcome), count in sorted(counts.items())]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
