"""Tool programs that outlived their runner: noted when they start, ended by the next runner.

A note is a file in the register, named by the pid of the program, which is also the number of its group. What has left
the group and lost its parent is known by its environment alone: whatever a tool program starts inherits a mark from it.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
from collections.abc import Set
from pathlib import Path
from typing import Final

from apps.agents import process_identity
from apps.agents.runtime.mcp.strays import descendants
from apps.processes import process

logger = logging.getLogger(__name__)


MARK: Final = "STIGMER_TOOLS_OF"
"""The variable of a tool program that names its runner."""


def mark() -> dict[str, str]:
    return {MARK: process_identity.own_name()}


def note(register: Path, pid: int) -> None:
    born = process.birth(pid)
    if not born:
        return  # it has ended already
    register.mkdir(parents=True, exist_ok=True, mode=0o700)
    (register / str(pid)).write_text(json.dumps({"born": born, "runner": process_identity.own_name()}))


def forget(register: Path, pid: int) -> None:
    (register / str(pid)).unlink(missing_ok=True)


def end_leftovers(register: Path) -> None:
    """Kill programs whose runner has died, and what they started. Those of runners that live are left alone."""
    dead = set()
    for path in register.glob("*") if register.is_dir() else ():
        try:
            noted = json.loads(path.read_text())
            pid, born, runner = int(path.name), str(noted["born"]), str(noted["runner"])
        except (OSError, ValueError, KeyError, TypeError):
            path.unlink(missing_ok=True)
            continue
        if process_identity.is_dead(runner):
            _end(pid, born)
            dead.add(runner)
            path.unlink(missing_ok=True)
    if dead:
        _end_marked(dead)


def _end_marked(runners: Set[str]) -> None:
    import psutil

    for found in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):  # it has ended, or is somebody else's
            if found.environ().get(MARK) in runners:
                process.send(found.pid, process.birth(found.pid), signal.SIGKILL)


def group_exists(pid: int) -> bool:
    try:
        os.killpg(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _end(pid: int, born: str) -> None:
    if process.birth(pid) not in {"", born}:
        return  # somebody else's by now
    # A pid is not given away while a group has its number: without its leader the group is still ours.
    started = descendants(pid)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
        logger.info("ended the tool program %s, whose runner has died", pid)
    for stray in started:
        stray.end()
