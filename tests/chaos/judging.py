"""What is right at the end of a run, whatever died in between."""

from __future__ import annotations

from collections import Counter
from typing import Any

from google.protobuf import json_format

from tests.chaos.follower import Follower

PENDING, IN_PROGRESS, COMPLETED, FAILED, CANCELLED = range(1, 6)
UNKNOWN = "unknown"


def judge(
    run: Any, follower: Follower, counts: Counter[str], steps: frozenset[str], *, was_cancelled: bool = False
) -> tuple[str, list[str]]:
    """The outcome of a run in a word, and what is wrong with it."""
    wrong = [f"followed: {problem}" for problem in follower.problems]
    if len(follower.verdicts) != 1:
        wrong.append(f"{len(follower.verdicts)} ends were told: {follower.phases}")
    if follower.last is None or follower.last != run:
        wrong.append("subscribe did not tell the run's last state")
    wrong += [f"step {step} had its effect {count} times" for step, count in sorted(counts.items()) if count > 1]
    strangers = set(counts) - steps
    if strangers:
        wrong.append(f"effects of no step: {sorted(strangers)}")
    missing = sorted(steps - set(counts))
    phase, said = run.status.phase, _said(run)
    if phase == COMPLETED and missing:
        wrong.append(f"it completed without the effects of {missing}")
    if phase == FAILED and UNKNOWN not in said:
        wrong.append(f"it failed for another reason: {said}")
    if phase not in {COMPLETED, FAILED} and not (phase == CANCELLED and was_cancelled):
        wrong.append(f"it is in phase {phase}")
    caught = phase == COMPLETED and UNKNOWN in said
    outcomes = {
        COMPLETED: "unknown, caught" if caught else "completed",
        FAILED: "failed: unknown outcome",
        CANCELLED: "cancelled",
    }
    return outcomes.get(phase, f"phase {phase}"), wrong


def _said(run: Any) -> str:
    """Its error, and what it caught."""
    if "output" not in run.status.DESCRIPTOR.fields_by_name:
        return str(run.status.error)
    return f"{run.status.error} {json_format.MessageToDict(run.status.output).get('caught') or ''}".strip()
