"""Runs of workflows, beside the same steps as ordinary activities of a plain temporalio program, in the same run.

The plain program has a Temporal server of its own with stock flags; ours is started as the daemon starts it. Blocks of
rounds alternate, so that both meet the same machine. Ours includes the API call, the step ledger, the task records and
the events that tell the caller of the end.

Within a block one run follows the other at once: a stock server may look into its queues 20 times a second and saves
up looks while it rests, so it would be measured resting if the other's rounds came between its own. What a single run
takes after a rest is a figure of its own.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from itertools import chain
from pathlib import Path

import benchmarks.with_django  # noqa: F401  # isort: skip  # before the kit, which needs tables

from benchmarks.table import Figure, Scale
from tests.support.daemon import wait_until
from tests.support.http import StandIn
from tests.support.ports import free_port
from tests.support.temporal import built_temporal, running_temporal
from tests.workflows.worker.kit import Engine, http, running_engine, set_, task

BLOCKS, ROUNDS = 4, 8
"""The first block of each warms up and does not count."""
TOGETHER = 16
REST_SECONDS = 0.5
AFTER_REST = f"1 HTTP step after a rest of {REST_SECONDS:g} s"


def figures() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="stigmer-benchmark-") as directory, StandIn() as service:
        folder = Path(directory)
        (folder / "temporal").mkdir()
        service.on("GET /a", body={"title": "hello"})
        url = f"{service.url}/a"
        with (
            running_temporal(folder / "temporal") as temporal,
            running_engine(folder / "home", temporal) as engine,
            _plain(folder) as plain,
        ):
            return [*_against_plain(engine, plain, url), _loop(engine)]


def _against_plain(engine: Engine, plain: Callable[[int, int, str], float], url: str) -> list[Figure]:
    one, ten = (engine.apply([http(f"s{n}", url) for n in range(steps)]) for steps in (1, 10))
    cases: list[tuple[str, int, int, str, float | None]] = [
        ("1 HTTP step", 1, 1, one, 3.0),
        ("10 HTTP steps in sequence", 10, 1, ten, 8.0),
        (f"{TOGETHER} workflows of 1 step at once", 1, TOGETHER, one, 2.0),
        (AFTER_REST, 1, 1, one, None),
    ]
    found = []
    for name, steps, together, workflow, bar in cases:
        ours, theirs = [], []
        rest = REST_SECONDS if name is AFTER_REST else 0.0
        for _ in range(BLOCKS):
            theirs.append(_block(partial(plain, steps, together, url), rest))
            ours.append(_block(partial(_seconds, engine, workflow, together), rest))
        mine, other = (statistics.median(chain(*blocks[1:])) for blocks in (ours, theirs))
        found += [
            Figure(name, mine * 1000, "ms"),
            Figure(f"{name}: plain temporalio", other * 1000, "ms"),
            Figure(f"{name}: times faster", other / mine, "times", bar, is_rate=True),
        ]
    return found


def _block(run: Callable[[], float], rest: float) -> list[float]:
    """The seconds of some runs in a row, each after a rest."""
    took = []
    for _ in range(ROUNDS):
        time.sleep(rest)
        took.append(run())
    return took


def _loop(engine: Engine) -> Figure:
    body = {"each": "item", "in": "${ .items }", "do": [set_("add", x="${ .item + 1 }")]}
    workflow = engine.apply([set_("list", items="${ [range(1000)] }"), task("each", "FOR", body)])
    seconds = [_seconds(engine, workflow, 1) for _ in range(7)][2:]
    return Figure("1,000 iterations over SET", statistics.median(seconds) * 1000, "ms", 1000, Scale.PROCESS)


def _seconds(engine: Engine, workflow: str, together: int) -> float:
    """From the first call that creates a run to the last event of the last one."""
    started = time.perf_counter()
    with ThreadPoolExecutor(together) as pool:
        phases = list(pool.map(lambda _: _end(engine, engine.start(workflow)), range(together)))
    took = time.perf_counter() - started
    if any(phase != "EXECUTION_COMPLETED" for phase in phases):
        raise RuntimeError(f"runs ended as {phases}")
    return took


def _end(engine: Engine, run_id: str) -> str:
    """The last phase of a run, as told to its follower."""
    phase = ""
    for event in engine.api.follow(run_id):
        if event.WhichOneof("change") == "phase":
            phase = event.phase.phase
    return phase


@contextmanager
def _plain(folder: Path) -> Iterator[Callable[[int, int, str], float]]:
    """The plain program on a stock server: takes steps, workflows at once and URL, answers seconds."""
    port, log = free_port(), (folder / "plain.log").open("wb")
    database = str(folder / "plain.db")
    stock = [str(built_temporal()), "server", "start-dev", "--headless", "--port", str(port), "--db-filename", database]
    with log, subprocess.Popen(stock, stdout=log, stderr=log) as server:
        program = _connected(port, log.fileno())
        if program.stdin is None or program.stdout is None:
            raise RuntimeError("no pipe")
        answers, questions = program.stdout, program.stdin

        def ask(steps: int, together: int, url: str) -> float:
            questions.write(f"{steps} {together} {url}\n")
            questions.flush()
            return float(answers.readline())

        try:
            yield ask
        finally:
            program.kill()
            program.wait()
            server.kill()


def _connected(port: int, log: int) -> subprocess.Popen[str]:
    """The plain program, once the server lets it in."""
    started: list[subprocess.Popen[str]] = []

    def is_ready() -> bool:
        program = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.plain_temporal", f"127.0.0.1:{port}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        if program.stdout is not None and program.stdout.readline() == "ready\n":
            started.append(program)
        return bool(started)

    wait_until(is_ready, "the plain program is ready", seconds=30)
    return started[0]
