"""The client's side of the daemon: is it there, bring it up, stop it, how is it.

`find_running` is on the way of every command (under 2 ms): it reads one file, looks at one process and
makes one connection. What does more lives in `starting.py` and `stopping.py`, imported when needed.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from apps.backends.local.damage import Damage, noted
from apps.backends.local.errors import DataDirError
from apps.backends.local.paths import DataPaths
from apps.backends.local.running import OnProgress, RunningDaemon, running_daemon
from apps.backends.local.state import EXTERNAL, ComponentState, DaemonState, read_state
from apps.backends.local_settings import LocalSettings
from apps.backends.version import VERSION
from apps.processes.addresses import can_connect, parse_address, speaks_http2

ANSWER_SECONDS = 3.0
"""What a server that works needs a thousandth of."""


class Status(NamedTuple):
    """What can be said without asking the server. `state` is the last known one, also of a failed start."""

    running: bool
    state: DaemonState | None
    uptime_seconds: float = 0.0
    problem: str = ""
    hint: str = ""


def find_running(settings: LocalSettings, wait_for: tuple[str, ...] = ("api",)) -> RunningDaemon | None:
    """The daemon, when it is of our version, lives, and what is waited for serves; else None."""
    state = read_state(DataPaths(settings.data_dir).state)
    if state is None or state.version != VERSION or state.phase == "stopping" or not state.is_ready(wait_for):
        return None
    if not state.is_alive or not can_connect(parse_address(state.endpoint)):
        return None
    return running_daemon(state)


def ensure_running(
    settings: LocalSettings,
    on_progress: OnProgress | None = None,
    *,
    wait_for: tuple[str, ...] = ("api",),
    timeout_seconds: float = 60.0,
    before_replacing: Callable[[RunningDaemon], None] | None = None,
) -> RunningDaemon:
    """The daemon with everything in `wait_for` READY; started, or replaced when of another version, if need be.

    A running daemon's own endpoint is the truth, even where the configuration has changed since: it
    counts from the next restart. The time limit is counted from the last sign of progress.
    `before_replacing` is called before a daemon of another version that serves is ended, and raises to keep it:
    whether it is busy, and what to do then, only its API and the user know.
    Raises ComponentFailed, DaemonDied, StartTimeout, DataDirError, HomeMissing, and what `before_replacing` does.
    """
    if found := find_running(settings, wait_for):
        return found
    from apps.backends.local.starting import Start

    return Start(settings, on_progress, wait_for, timeout_seconds, before_replacing).run()


def spawn_early(settings: LocalSettings) -> None:
    """Start the daemon now if there is none, and do not wait: `ensure_running` follows, and reports any trouble.

    For a command that has half a second of its own work (imports, an entry point) before it needs the server.
    """
    state = read_state(DataPaths(settings.data_dir).state)
    if state is None or not state.is_alive:
        from apps.backends.local.starting import spawn_unwatched

        spawn_unwatched(settings)


def stop(settings: LocalSettings, on_progress: OnProgress | None = None, *, timeout_seconds: float = 40.0) -> bool:
    """Stop the daemon and everything it runs. False when nothing was running. Raises StopTimeout."""
    from apps.backends.local.stopping import stop_daemon

    return stop_daemon(settings, on_progress, timeout_seconds)


def restart(settings: LocalSettings, on_progress: OnProgress | None = None) -> RunningDaemon:
    """Another daemon, in which the API serves, and the admin if it did or was about to: a page of it may be open."""
    state = read_state(DataPaths(settings.data_dir).state)
    had_admin = state is not None and state.is_alive and running_daemon(state).web != ""
    stop(settings, on_progress)
    return ensure_running(settings, on_progress, wait_for=("api", "web") if had_admin else ("api",))


def status(settings: LocalSettings) -> Status:
    """How the daemon is; `problem` is one sentence about the first thing that is wrong, or ""."""
    paths = DataPaths(settings.data_dir)
    state = read_state(paths.state)
    if state is None:
        return Status(running=False, state=None)
    found = noted(paths.damage) if state.is_alive else None
    state = state._replace(components=tuple(_looked_at(component, found) for component in state.components))
    problem, hint = _first_problem(state)
    is_running = state.phase != "failed" and state.is_alive
    if state.phase == "starting" and paths.is_full:
        # The daemon cannot say so: what it says of itself no longer reaches the disk.
        full = DataDirError(paths.root, "full")
        problem, hint = full.message, full.hint
    elif state.phase != "failed" and not is_running:
        problem, hint = "the daemon was killed", "Start it again with `stigmer server start`"
    if not is_running:
        return Status(running=False, state=state, problem=problem, hint=hint)
    uptime = max(0.0, time.monotonic() - state.started_monotonic)
    return Status(running=True, state=state, uptime_seconds=uptime, problem=problem, hint=hint)


def _first_problem(state: DaemonState) -> tuple[str, str]:
    for component in state.components:
        if component.state in {"FAILED", "BACKOFF"}:
            hint = component.hint or f"See `stigmer server logs -c {component.name}`"
            return f"{component.name} is {component.state}: {component.reason}", hint
        if component.state == EXTERNAL and component.reason:
            return f"{component.name}: {component.reason}", component.hint
    return "", ""


def _looked_at(component: ComponentState, found: Damage | None) -> ComponentState:
    """A component as it is at this moment, beyond what the daemon says. `found` is the alarm of its database."""
    if found and component.name == "api" and component.state == "READY":
        return component._replace(state="FAILED", reason=f"nothing is written: {found.sentence}", hint=found.hint)
    return _looked_at_external(component)


def with_answer(seen: Status) -> Status:
    """`seen` with an API that does not answer shown as such: until the daemon is sure of it, a minute passes."""
    api = seen.state.component("api") if seen.running and seen.state else None
    if not seen.state or not api or api.state != "READY" or speaks_http2(parse_address(api.address), ANSWER_SECONDS):
        return seen
    silent = api._replace(
        state="FAILED",
        reason=f"it accepts connections and did not answer within {ANSWER_SECONDS:.0f} s",
        hint="It is replaced when that lasts for a minute; to have it replaced now: `stigmer server restart`",
    )
    components = tuple(silent if component is api else component for component in seen.state.components)
    problem, hint = _first_problem(seen.state._replace(components=components))
    return seen._replace(state=seen.state._replace(components=components), problem=problem, hint=hint)


def _looked_at_external(component: ComponentState) -> ComponentState:
    """Nobody else looks at what the daemon does not run."""
    if component.state != EXTERNAL or can_connect(parse_address(component.address)):
        return component
    return component._replace(
        reason=f"nobody answers at {component.address}",
        hint=f"Start your own {component.name.capitalize()} there, or leave it to the daemon: unset "
        f"{component.name.upper()}_SERVICE_ADDRESS, `stigmer config set backend.local.{component.name}.managed true`, "
        "then `stigmer server restart`",
    )
