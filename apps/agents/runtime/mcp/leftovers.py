"""Tool programs that outlived their runner: noted when they start, ended by the next runner.

A note is a file in the register, named by the pid of the program, which is also the number of its group.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
from pathlib import Path

from apps.agents import process_identity
from apps.agents.runtime.mcp.strays import descendants
from apps.processes import process

logger = logging.getLogger(__name__)


def note(register: Path, pid: int) -> None:
    born = process.birth(pid)
    if not born:
        return  # it has ended already
    register.mkdir(parents=True, exist_ok=True, mode=0o700)
    (register / str(pid)).write_text(json.dumps({"born": born, "runner": process_identity.own_name()}))


def forget(register: Path, pid: int) -> None:
    (register / str(pid)).unlink(missing_ok=True)


def end_leftovers(register: Path) -> None:
    """Kill the groups of programs whose runner has died. Those of runners that live are left alone."""
    for path in register.glob("*") if register.is_dir() else ():
        try:
            noted = json.loads(path.read_text())
            pid, born, runner = int(path.name), str(noted["born"]), str(noted["runner"])
        except (OSError, ValueError, KeyError, TypeError):
            path.unlink(missing_ok=True)
            continue
        if process_identity.is_dead(runner):
            _end(pid, born)
            path.unlink(missing_ok=True)


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
