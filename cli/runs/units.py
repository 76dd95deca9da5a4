"""Which unit of the server a run waits for."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from apps.backends.config import Config

# What has to be up before a run of a kind can go on, in the order in which it comes up.
NEEDED = {"AgentExecution": ("runner",), "WorkflowExecution": ("temporal", "worker")}
UP = ("READY", "EXTERNAL")
COMING = ("STOPPED", "STARTING", "BACKOFF")


class Missing(NamedTuple):
    """`sentence` goes on after "Waiting for": `temporal: downloading 1.5.1`.

    `has_failed`: it will not come by itself. `is_coming`: it is on its way, or died and is started again; not so one
    that says what somebody has to do first.
    """

    sentence: str
    hint: str = ""
    has_failed: bool = False
    is_coming: bool = False


def missing_unit(config: Config, kind: str) -> Missing:
    """The first unit that runs of `kind` need and that is not up; where all are, the one whose turn it is."""
    from apps.backends.local.launch import status

    needed = NEEDED[kind]
    seen = status(config.local)
    if not seen.running or seen.state is None:
        return Missing("the server", is_coming=True)
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
            what = f"{name}: {unit.stage or unit.reason or unit.state.lower()}"
            return Missing(what, unit.hint, is_coming=unit.state in COMING and not unit.hint)
    return Missing(f"{needed[-1]}, which has not come to it yet", is_coming=True)
