"""What each unit of the daemon takes while runs of a workflow go through it, by the thousand.

A cache fills and stops there, a leak goes on: so the table has the memory after 1,000 runs and after many more.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import psutil

import benchmarks.with_django  # noqa: F401  # isort: skip  # before the client, which needs tables

from benchmarks.measuring import MEGABYTE, Home, temporary_home, unit_processes
from benchmarks.table import aligned
from tests.suites.client import Api
from tests.support.http import StandIn

RUNS = 20_000
LOOK_AFTER = (0, 1_000, 2_000, 5_000, 10_000, 15_000, 20_000, 50_000, 100_000)
AT_ONCE = 4
"""Runs that are under way together."""


def table(runs: int = RUNS) -> str:
    """Megabytes (PSS) of each unit, its children counted in, after so many runs of one HTTP step."""
    with StandIn() as service, temporary_home() as home:
        service.on("GET /a", body={"title": "hello"})
        home.start()
        with Api(home.endpoint) as api:
            workflow = _deploy(api, f"{service.url}/a")
            columns = dict(_measured(home, api, workflow, service, [*filter(lambda at: at < runs, LOOK_AFTER), runs]))
    units = next(iter(columns.values()))
    heads = ("unit (PSS)", *(f"{at:,} runs" for at in columns))
    return aligned([heads, *((unit, *(f"{column[unit]:.0f} MB" for column in columns.values())) for unit in units)])


def _deploy(api: Api, url: str) -> str:
    step = {"method": "GET", "endpoint": {"uri": url}, "timeout_seconds": 10}
    task = {"name": "ask", "kind": "WORKFLOW_TASK_KIND_HTTP_CALL", "task_config": step}
    document = {"dsl": "1.0.0", "namespace": "benchmarks", "name": "one-step", "version": "1.0.0"}
    kind = api.of("Workflow")
    return str(kind.apply(kind.envelope({"document": document, "tasks": [task]}, name="one-step")).metadata.id)


def _measured(
    home: Home, api: Api, workflow: str, service: StandIn, marks: list[int]
) -> Iterator[tuple[int, dict[str, float]]]:
    yield 0, _memory(home)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for before, after in pairwise(marks):
            ended = list(pool.map(lambda _: _run(api, workflow), range(after - before)))
            if failed := sum(phase != "EXECUTION_COMPLETED" for phase in ended):
                raise RuntimeError(f"{failed} of {after - before} runs did not complete")
            service.asked.clear()
            yield after, _memory(home)


def _run(api: Api, workflow: str) -> str:
    """The phase in which a run ended."""
    kind = api.of("WorkflowExecution")
    phase = ""
    for event in api.follow(kind.create(kind.envelope({"workflow_id": workflow})).metadata.id):
        if event.WhichOneof("change") == "phase":
            phase = event.phase.phase
    return phase


def _memory(home: Home) -> dict[str, float]:
    """Megabytes by unit."""
    units = unit_processes(home)
    return {name: _pss(process, [*units.values()]) for name, process in units.items()}


def _pss(process: psutil.Process, units: list[psutil.Process]) -> float:
    """Its own, and that of its children but for the units, which are the supervisor's."""
    everyone = [process, *(child for child in process.children(recursive=True) if child not in units)]
    return float(sum(each.memory_full_info().pss for each in everyone)) / MEGABYTE
