"""What the daemon costs while nothing happens."""

from __future__ import annotations

import time

import psutil

from benchmarks.measuring import MEGABYTE, temporary_home, unit_processes
from benchmarks.table import Figure

SETTLE_SECONDS = 3
WATCH_SECONDS = 20


def figures() -> list[Figure]:
    with temporary_home() as home:
        home.start()
        time.sleep(SETTLE_SECONDS)  # what comes up behind the api
        processes = unit_processes(home)
        before = sum(_cpu(process) for process in processes.values())
        time.sleep(WATCH_SECONDS)
        used = sum(_cpu(process) for process in processes.values()) - before
        core = {name: process.memory_info().rss / MEGABYTE for name, process in processes.items()}
        control = sum(core[name] for name in ("supervisor", "api", "web"))
        return [
            *(Figure(f"idle memory: {name} (RSS)", size, "MB") for name, size in core.items()),
            Figure("idle memory: supervisor + api + web (RSS)", control, "MB", 200),
            Figure("idle memory: everything (PSS)", _pss(processes), "MB", 500 if len(processes) > 3 else None),
            Figure("idle CPU: everything", 100 * used / WATCH_SECONDS, "%", 2 if len(processes) > 3 else 1),
        ]


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _pss(processes: dict[str, psutil.Process]) -> float:
    everyone = {child for process in processes.values() for child in (process, *process.children(recursive=True))}
    return sum(process.memory_full_info().pss for process in everyone) / MEGABYTE
