"""What `stigmer doctor` looks at: a function each, and the list of them at the end.

A check answers with one finding or several. One that can be mended without a risk brings the function that does it.
"""

from __future__ import annotations

import os
import platform
import shutil
import sqlite3
import stat
import subprocess
import sys
import time
from contextlib import closing, suppress
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from apps.backends.doctor.finding import Finding, fail, ok, warn
from apps.backends.errors import BackendError
from apps.backends.local.damage import noted
from apps.backends.local.paths import DataPaths
from apps.backends.local.state import DaemonState, read_state
from apps.backends.version import VERSION
from apps.processes.addresses import can_connect, parse_address

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from apps.backends.config import Config

SCARCE_BYTES, TOO_FEW_BYTES = 1024**3, 64 * 1024**2
ASK_SECONDS = 20.0
SLACK_SECONDS = 120.0
"""By which clocks of file systems may differ from ours."""
PORTS = {"api": "backend.local.endpoint", "admin": "backend.local.web"}


class Place(NamedTuple):
    """The installation that is looked at."""

    config: Config
    environ: Mapping[str, str]

    @property
    def paths(self) -> DataPaths:
        return DataPaths(self.config.local.data_dir)

    @property
    def state(self) -> DaemonState | None:
        return read_state(self.paths.state)

    @property
    def is_running(self) -> bool:
        state = self.state
        return state is not None and state.phase != "failed" and state.is_alive


def configuration(place: Place) -> Finding:
    """Reading it has succeeded by now."""
    if not os.path.exists(place.config.path):
        return ok(f"no file {place.config.path}: the defaults hold")
    return ok(place.config.path)


def permissions(place: Place) -> Iterator[Finding]:
    """Nobody else may read what is ours: the configuration, the data, and above all the keys."""
    paths = place.paths
    wanted = {place.config.path: 0o600, paths.root: 0o700, paths.logs: 0o700, paths.run: 0o700}
    keys = os.path.dirname(paths.token)
    wanted[keys] = 0o700
    if os.path.isdir(keys):
        wanted |= {os.path.join(keys, name): 0o600 for name in sorted(os.listdir(keys))}
    found = False
    for path, most in wanted.items():
        if not os.path.exists(path) or not (open_to := stat.S_IMODE(os.stat(path).st_mode) & 0o077):
            continue
        found = True
        is_secret = path.startswith(keys) or path == place.config.path
        say = fail if is_secret else warn
        yield say(
            f"{path} is open to others (mode {open_to | most:o})",
            f"chmod {most:o} {path}",
            partial(_narrow, path, most),
        )
    if not found:
        yield ok("nothing is open to others")


def _narrow(path: str, most: int) -> str:
    os.chmod(path, stat.S_IMODE(os.stat(path).st_mode) & most)
    return f"{path} is closed to others"


def data_directory(place: Place) -> Finding:
    """It must be ours to write."""
    root = place.paths.root
    if not os.path.isdir(root):
        if os.path.exists(root):
            return fail(f"{root} is no directory", "stigmer config set backend.local.data_dir DIRECTORY")
        return ok(f"{root} is made at the first start")
    if not os.access(root, os.R_OK | os.W_OK | os.X_OK):
        return fail(f"{root} cannot be written", f"Make it yours, or choose another: {_elsewhere()}")
    return ok(root)


def _elsewhere() -> str:
    return "stigmer config set backend.local.data_dir DIRECTORY"


def disk_space(place: Place) -> Finding:
    """Of the disk that has the data directory, or will have it."""
    path = place.paths.root
    while not os.path.exists(path):
        path = os.path.dirname(path)
    disk = os.statvfs(path)
    free = disk.f_bavail * disk.f_frsize
    said = f"{free / 1e9:.1f} GB are free in {path}"
    if free < TOO_FEW_BYTES:
        return fail(said, f"Free some space, or move the data: {_elsewhere()}")
    return warn(said, "Free some space") if free < SCARCE_BYTES else ok(said)


def ports(place: Place) -> Iterator[Finding]:
    """Where a server of ours runs, they are its own; else nobody may be there."""
    if place.is_running:
        state = place.state
        yield ok(f"in use by the server: API {state.endpoint if state else ''}, admin {state.web if state else ''}")
        return
    taken = False
    for name, key in PORTS.items():
        address = parse_address(place.config.text(key))
        if not can_connect(address):
            continue
        from apps.backends.local.port_holder import find_holder

        taken = True
        who = f"{name}: {find_holder(address.port)}"
        if place.config.get(key).is_asked_for:
            yield fail(who, f"End it, or take another: stigmer config set {key} localhost:PORT")
        else:
            yield warn(f"{who}; a start takes another one", "")
    if not taken:
        yield ok("free")


def daemon(place: Place) -> Iterator[Finding]:
    """The server, if it runs, and what it left if it does not."""
    state = place.state
    if state is None:
        yield ok("the server does not run; commands start it")
        return
    if not place.is_running:
        if state.phase == "failed":
            yield warn("the last start of the server failed", "stigmer server start")
        else:
            yield warn(
                "the server was killed and left its state behind",
                "stigmer server start",
                partial(_remove, place.paths.state),
            )
        return
    if state.version != VERSION:
        yield warn(f"the server is version {state.version}, this is {VERSION}", "stigmer server restart")
    troubled = [each for each in state.components if each.state in ("FAILED", "BACKOFF")]
    for each in troubled:
        yield fail(f"{each.name} is {each.state}: {each.reason}", each.hint or f"stigmer server logs -c {each.name}")
    if not troubled:
        yield ok(f"version {state.version}, {len(state.components)} units (pid {state.pid})")


def _remove(path: str) -> str:
    os.unlink(path)
    return f"{path} is removed"


def temporal(place: Place) -> Finding:
    """Which Temporal runs workflows."""
    local = place.config.local
    if local.temporal is None:
        if can_connect(parse_address(local.temporal_address)):
            return ok(f"your own at {local.temporal_address}")
        return fail(f"nobody answers at {local.temporal_address}", "Start your own Temporal there")
    from apps.backends.local.temporal.find import find
    from apps.backends.local.temporal.unavailable import INSTALL_HINT, TemporalUnavailable

    passed_over: list[str] = []
    try:
        program = find(local.temporal, place.environ.get("PATH", ""), passed_over.append)
    except TemporalUnavailable as error:
        return fail(error.message, error.hint)
    if program is None:
        why = f"; {passed_over[0]}" if passed_over else ""
        return warn(f"version {local.temporal.version} is downloaded when it is first needed{why}", INSTALL_HINT)
    return ok(f"{program.version} (server {program.server}) at {program.path}")


def python(_: Place) -> Finding:
    """The one that runs this, and projects that have none of their own."""
    return ok(f"{platform.python_version()} at {sys.executable}")


def go(place: Place) -> Finding:
    """For projects in Go only."""
    path = shutil.which("go", path=place.environ.get("PATH", ""))
    if path is None:
        return ok("not on PATH; only projects in Go need it")
    try:
        said = subprocess.run((path, "version"), capture_output=True, text=True, timeout=ASK_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):
        return warn(f"{path} does not run", "Install it anew: https://go.dev/dl")
    return ok(f"{said.stdout.strip()} at {path}")


def models(place: Place) -> Finding:
    """Whether the model that is configured is to be had."""
    from apps.backends.models.configured import seen

    found = seen(place.config, place.environ)
    return warn(found.trouble, "stigmer model list") if found.trouble else ok(found.name)


def notifications(place: Place) -> Iterator[Finding]:
    """Whether somebody is told when runs fail, and whether the last message arrived."""
    from apps.backends.notify import channels_of

    channels = channels_of(place.config, place.environ)
    if not channels.names:
        yield ok("nobody is told when runs fail; see `stigmer notify test --help`")
        return
    troubles = [trouble for name in channels.names if (trouble := channels.trouble(name))]
    with suppress(OSError), open(place.paths.notify_trouble, encoding="utf-8", errors="replace") as file:
        troubles += [f"the last message did not arrive: {line}" for line in file.read(4096).splitlines()]
    for trouble in troubles:
        yield warn(trouble, "stigmer notify test")
    for warning in channels.warnings:
        yield warn(warning, "Give it an https address: stigmer config set notify.webhook")
    if not (troubles or channels.warnings):
        yield ok(", ".join(map(channels.shown, channels.names)))


def database(place: Place) -> Finding:
    """Read as it is, beside a server that writes to it."""
    path = place.paths.database
    if damage := noted(place.paths.damage):
        return fail(damage.sentence, damage.hint)
    if not os.path.exists(path):
        return ok("made at the first start")
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=ASK_SECONDS)) as connection:
            (said,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        said = str(error)
    if said != "ok":
        return fail(f"{path}: {said}", "stigmer server stop, copy the directory, bring a backup back")
    return ok(f"{os.path.getsize(path) / 1e6:.1f} MB, sound")


def clock(place: Place) -> Finding:
    """It may not stand before what was written here, or before this program was."""
    paths = place.paths
    known = [path for path in (__file__, paths.database, paths.state, paths.lock) if os.path.exists(path)]
    newest = max(known, key=os.path.getmtime)
    behind = os.path.getmtime(newest) - time.time()
    if behind > SLACK_SECONDS:
        return fail(f"it is {behind / 60:,.0f} minutes behind the time of {newest}", "Set the clock of this machine")
    return ok(time.strftime("%Y-%m-%d %H:%M:%S %Z"))


CHECKS: dict[str, Callable[[Place], Finding | Iterator[Finding]]] = {
    "configuration": configuration,
    "permissions": permissions,
    "data directory": data_directory,
    "disk space": disk_space,
    "ports": ports,
    "server": daemon,
    "temporal": temporal,
    "python": python,
    "go": go,
    "model": models,
    "notifications": notifications,
    "database": database,
    "clock": clock,
}


def examine(place: Place) -> Iterator[Finding]:
    """Every check, in this order. One that stumbles is a finding, too."""
    for name, check in CHECKS.items():
        try:
            found = check(place)
            findings = [found] if isinstance(found, Finding) else list(found)
        except (OSError, BackendError, ValueError) as error:
            findings = [fail(f"could not be looked at: {error}", "")]
        yield from (each._replace(check=name) for each in findings)
