"""Many runs of one thing, for programs: as they end, or all at once."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from apps.backends.base import Invalid, NotFound, Violation
from apps.backends.batches import MOST_PARALLEL
from apps.backends.batches.checking import check, schema_of, unfit
from apps.backends.batches.driver import Driver
from apps.backends.batches.lines import KINDS, BadLine, given_lines, read_lines
from apps.backends.batches.runs import check_exists, item_of, items_of_failed, name_of
from apps.backends.client.outcome import output_of
from apps.backends.runs import Phase
from apps.shared.counts import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from apps.backends.batches.driver import Ended, Item
    from apps.backends.batches.lines import Line
    from apps.backends.client.connection import Connection
    from apps.backends.runs import Json, StartRun
    from apps.backends.targets import Target

    Lines = str | os.PathLike[str] | Iterable[str | Mapping[str, Json]]
    """The name of a .jsonl or .csv file, or messages and inputs."""

TICK_SECONDS = 0.1
WHY_UNFIT = {
    "message": "each line has the message of its run",
    "input": "is for workflows; each line has a message",
    "model": "is for agents, and {target.slug!r} is a workflow",
}


class BatchResult(NamedTuple):
    """How one run of a batch ended.

    `line` counts from 1: in a file as editors count, else in what was given. A run that the server refused to start
    has no `execution_id` ("") and no `phase`; `error` says why. `output` is that of a run that completed.
    """

    line: int
    execution_id: str
    phase: Phase | None
    output: Json
    error: str

    @property
    def completed(self) -> bool:
        """Whether all went well."""
        return self.phase is Phase.COMPLETED


class Batch:
    """Runs of one thing, so many at a time. Iterating it starts them, and gives each result as its run ends.

    Leaving the loop, or `stop`, starts nothing more; what is under way goes on. `client.batch(..., resume=batch.name)`
    goes on with the rest. Iterating raises what stops all of them: Unreachable when the server went away and stays
    away. A run that fails stops nothing.
    """

    def __init__(self, name: str, total: int, driver: Driver) -> None:
        self.name = name
        """By which it is gone on with (`resume`), and what failed of it run once more (`rerun_batch`)."""
        self.total = total
        """How many runs it has."""
        self._driver = driver
        self._has_begun = False

    def __iter__(self) -> Iterator[BatchResult]:
        if self._has_begun:
            raise RuntimeError(f"the results of this batch were read already; resume={self.name!r} answers them again")
        self._has_begun = True
        try:
            for ended in self._driver.results(tick_seconds=TICK_SECONDS):
                if ended is not None:
                    yield result_of(ended)
        finally:
            self._driver.stop()

    def __repr__(self) -> str:
        return f"<Batch {self.name}: {counted(self.total, 'run')}>"

    def results(self) -> list[BatchResult]:
        """Wait until all have ended and answer what became of them, in the order of their lines.

        Raises for none that failed: look at `completed` of each.
        """
        return sorted(self, key=lambda result: result.line)

    def stop(self) -> None:
        """Start nothing more and wait for nothing; what runs goes on."""
        self._driver.stop()


def result_of(ended: Ended) -> BatchResult:
    """As a program is told it."""
    output = output_of(ended.run) if ended.run is not None and ended.phase is Phase.COMPLETED else None
    return BatchResult(ended.line, ended.execution_id, ended.phase, output, ended.error)


def new_batch(
    connection: Connection, target: Target, common: StartRun, lines: Lines, *, parallel: int, resume: str
) -> Batch:
    """A batch of which every line was checked; see Client.batch."""
    check_parallel(parallel)
    if wrong := unfit(target, common):
        why = WHY_UNFIT[wrong].format(target=target)
        raise Invalid(f"{wrong}: {why}", violations=[Violation(wrong, why)])
    read, where = reader(lines)
    checked = check(read(), target, schema_of(connection.backend, target), common)
    if checked.broken:
        told = [Violation(f"lines[{number}]", why) for number, why in checked.told]
        left_out = checked.broken - len(told)
        first = f"line {told[0].path[6:-1]}: {told[0].message}"
        raise Invalid(f"{where}{checked.words()}; {first}", violations=told, left_out=left_out)
    if resume:
        check_exists(connection.backend, resume)
    name = resume or name_of(target)
    return started(connection, name, checked.good, items_of(read, target, common, name), parallel)


def failed_batch(connection: Connection, name: str, *, pinned: bool, parallel: int) -> Batch:
    """What failed of an earlier one; see Client.rerun_batch."""
    check_parallel(parallel)
    items = items_of_failed(connection.backend, name, pinned=pinned)
    return started(connection, name, len(items), iter(items), parallel)


def started(connection: Connection, name: str, total: int, items: Iterator[Item], parallel: int) -> Batch:
    """With what starts and follows its runs."""
    driver = Driver(
        connection.backend, items, connection.reconnect, parallel=max(1, min(parallel, total)), wants_runs=True
    )
    return Batch(name, total, driver)


def check_parallel(parallel: int) -> None:
    """Raise ValueError for a number of threads that is none, or too many."""
    if not 1 <= parallel <= MOST_PARALLEL:
        raise ValueError(f"parallel must be from 1 to {MOST_PARALLEL}, got {parallel}")


def reader(lines: Lines) -> tuple[Callable[[], Iterator[Line | BadLine]], str]:
    """What reads them, as often as is asked, and where they are, for a sentence. Raises Invalid and NotFound."""
    if not isinstance(lines, (str, os.PathLike)):
        given = list(lines)
        return lambda: given_lines(given), ""
    path = Path(lines).expanduser().absolute()
    if path.suffix.lower() not in KINDS:
        raise Invalid(f"{path}: a file of lines ends with .jsonl or .csv")
    if not path.is_file():
        raise NotFound(f"there is no file {path}")
    return lambda: read_lines(path), f"{path}: "


def items_of(
    read: Callable[[], Iterator[Line | BadLine]], target: Target, common: StartRun, batch: str
) -> Iterator[Item]:
    """One for each line, read when it is its turn."""
    for line in read():
        if isinstance(line, BadLine):
            raise Invalid(f"line {line.number} was changed meanwhile: {line}")
        yield item_of(line, target, common, batch)
