"""Tools of the benchmarks: medians, percentiles, a daemon of their own, the machine's own speed."""

from __future__ import annotations

import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc
import psutil

from benchmarks.table import Machine
from tests.support.temporal import built_temporal

READY_SECONDS = 60
MEGABYTE = 1 << 20
STIGMER = [str(Path(sys.executable).with_name("stigmer"))]


def milliseconds(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return (time.perf_counter() - started) * 1000


def median_ms(act: Callable[[], object], *, runs: int, warm_up: int = 1) -> float:
    for _ in range(warm_up):
        act()
    return statistics.median(milliseconds(act) for _ in range(runs))


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Home:
    """A Stigmer installation in a temporary directory, on ports of its own."""

    path: Path
    endpoint: str
    environment: dict[str, str]
    stigmer: list[str]
    """The command line that is measured."""

    def run(self, *arguments: str, cwd: Path | None = None) -> str:
        """Run the command line to its end; its standard output. Raises CalledProcessError."""
        done = subprocess.run(
            [*self.stigmer, *arguments], env=self.environment, cwd=cwd, check=True, capture_output=True, text=True
        )
        return done.stdout

    def start(self) -> None:
        """Start the daemon and wait until every unit is ready: what is still booting would be measured, too."""
        self.run("server", "start")
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            units = json.loads((self.path / "data" / "run" / "state.json").read_text())["components"]
            if all(unit["state"] == "READY" for unit in units):
                return
            time.sleep(0.05)
        raise TimeoutError(f"not ready after {READY_SECONDS} s: {units}")


@contextmanager
def temporary_home(tree: Path | None = None) -> Iterator[Home]:
    """Of this checkout, or of the one at `tree`, with an environment of its own."""
    stigmer = STIGMER if tree is None else [str(tree / ".venv/bin/stigmer")]
    with tempfile.TemporaryDirectory(prefix="stigmer-benchmark-") as directory:
        endpoint = f"localhost:{free_port()}"
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("STIGMER_", "DJANGO_"))}
        environment = {
            **kept,
            "STIGMER_HOME": directory,
            "STIGMER_SERVER_ADDR": endpoint,
            "STIGMER_WEB_ADDR": f"127.0.0.1:{free_port()}",
            "STIGMER_TEMPORAL_PORT": str(free_port()),
            "STIGMER_TEMPORAL_PATH": str(built_temporal()),
        }
        home = Home(Path(directory), endpoint, environment, stigmer)
        try:
            yield home
        finally:
            subprocess.run([*stigmer, "server", "stop"], env=environment, check=False, capture_output=True)


def unit_processes(home: Home) -> dict[str, psutil.Process]:
    """The supervisor and each unit by name. Their children are not among them."""
    state = json.loads((home.path / "data" / "run" / "state.json").read_text())
    found = {"supervisor": psutil.Process(state["pid"])}
    for unit in state["components"]:
        if unit["pid"]:
            found[unit["name"]] = psutil.Process(unit["pid"])
    return found


def machine() -> Machine:
    """How fast this machine is right now. Take it often: machines are shared and their speed drifts."""
    python_ms = median_ms(lambda: subprocess.run([sys.executable, "-c", "pass"], check=True), runs=15)
    return Machine(python_ms=python_ms, echo_ms=_echo_ms())


def _echo_ms() -> float:
    """One unary call of a server that answers what it got, in a process of its own, as ours is."""
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.echo_server"], stdout=subprocess.PIPE, text=True
    ) as server:
        if server.stdout is None:
            raise RuntimeError("no pipe")
        port = server.stdout.readline().strip()
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            call = channel.unary_unary("/echo.Echo/echo", bytes, bytes)
            for _ in range(200):
                call(b"x" * 300)
            # The mean, as our own rates are: what disturbs one disturbs the other.
            result = statistics.fmean(milliseconds(lambda: call(b"x" * 300)) for _ in range(2000))
        server.terminate()
    return result


def together(clients: int, act: Callable[[int], list[float]]) -> tuple[list[float], float]:
    """Run `act(number)` in as many threads; all latencies it returns, and the seconds in all."""
    started = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        found = [value for values in pool.map(act, range(clients)) for value in values]
    return found, time.perf_counter() - started
