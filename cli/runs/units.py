"""Which unit of the server a run waits for."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from apps.backends.runs import kind_of_run

if TYPE_CHECKING:
    from apps.backends.config import Config

# What has to be up before a run of a kind can go on, in the order in which it comes up.
NEEDED = {"AgentExecution": ("runner",), "WorkflowExecution": ("temporal", "worker")}
UP = ("READY", "EXTERNAL")


class Missing(NamedTuple):
    """`sentence` goes on after "Waiting for": `temporal: downloading 1.5.1`."""

    sentence: str
    hint: str = ""
    has_failed: bool = False


def missing_unit(config: Config, execution_id: str) -> Missing:
    """The first unit that is not up; where all are, the one that has more to do than this run."""
    from apps.backends.local.launch import status

    needed = NEEDED[kind_of_run(execution_id)]
    seen = status(config.local)
    if not seen.running or seen.state is None:
        return Missing("the server")
    for name in needed:
        unit = seen.state.component(name)
        if unit is None and name == "temporal":
            continue  # somebody else's
        if unit is None:
            return Missing(f"this server runs no {name}", "Start it with all its units: `stigmer server restart`", True)
        if unit.state == "FAILED":
            why = f"{name} has failed{f': {unit.reason}' if unit.reason else ''}"
            return Missing(why, unit.hint or f"stigmer server logs -c {name}", has_failed=True)
        if unit.state not in UP:
            return Missing(f"{name}: {unit.stage or unit.reason or unit.state.lower()}")
    return Missing(f"{needed[-1]}, which is busy with other runs")
