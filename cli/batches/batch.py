"""One batch from a file, or what failed of an earlier one, from the command to its exit code."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from apps.backends.batches.checking import check, schema_of, unfit
from apps.backends.batches.driver import Driver
from apps.backends.batches.lines import KINDS, BadLine, read_lines
from apps.backends.batches.runs import BATCH, check_exists, item_of, items_of_failed, name_of
from apps.backends.follower import reconnector
from apps.shared.counts import counted
from cli.batches.summary import Summary, record
from cli.errors import CliError
from cli.exits import Exit
from cli.output import Format
from cli.runs.screen import Screen
from cli.runs.start import wanted_run
from cli.termination import ignore_endings, termination_interrupts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from apps.backends.base import Backend
    from apps.backends.batches.driver import Item
    from apps.backends.config import Config
    from apps.backends.grpc_backend import GrpcBackend
    from apps.backends.runs import StartRun
    from apps.backends.targets import Target
    from cli.output import Console
    from cli.runs.job import Job

TICK_SECONDS = 0.1
PARTS = 10
"""Off a terminal, progress is told so many times."""


@dataclass(frozen=True)
class BatchOptions:
    """`file` is a path as written, `resumed` the name of a batch of that file that was left, "" for a new one."""

    file: str
    parallel: int
    resumed: str = ""


def start(console: Console, job: Job, options: BatchOptions) -> None:
    """Run what is deployed, once for each line. Raises a CliError when a line is broken, or a run failed."""
    from apps.backends.config import load, resolve_organization
    from apps.backends.local.launch import spawn_early
    from apps.backends.targets import find_target
    from cli.connect import connect, require_local

    if job.applies:
        raise click.UsageError("--batch and --file exclude each other: deploy first, by `stigmer apply`")
    config = load()
    require_local(config)
    organization = resolve_organization(config, job.deployment.org)
    spawn_early(config.local)
    with connect(console, config) as backend:
        target = find_target(backend, job.name, organization)
        common = wanted_run(target, job.wish, organization)
        run_batch(console, config, backend, target, common, options, job.output)


UNFIT = {
    "message": "--message and --batch exclude each other: each line has the message of its run",
    "input": "--input is for workflows; each line of the file has a message",
    "model": "--model is for agents, and {target.slug!r} is a workflow",
}
"""By what `unfit` says."""


def run_batch(
    console: Console,
    config: Config,
    backend: GrpcBackend,
    target: Target,
    common: StartRun,
    options: BatchOptions,
    output: Format,
) -> None:
    """Check every line, then run them. Raises a CliError when a line is broken, or a run failed."""
    if wrong := unfit(target, common):
        raise click.UsageError(UNFIT[wrong].format(target=target))
    path = check_file(options.file)
    screen = Screen(console, shows_text=False)
    total = check_lines(path, target, backend, common, screen)
    if options.resumed:
        check_exists(backend, options.resumed)
    batch = options.resumed or name_of(target)
    console.print(f"Batch {batch}: {counted(total, 'run')}, {options.parallel} at a time")
    driver = Driver(
        backend,
        items_of(path, target, common, batch),
        reconnector(config),
        parallel=min(options.parallel, total),
        wants_runs=output is Format.JSONL,
    )
    again = shlex.join(["stigmer", *sys.argv[1:]])
    go_on = again if options.resumed else f"{again} --resume {batch}"
    drive(console, screen, driver, Summary(total), batch, output, go_on=go_on)


def rerun_failed(
    console: Console, config: Config, backend: GrpcBackend, batch: str, *, pinned: bool, parallel: int, output: Format
) -> None:
    """Start once more what failed of a batch, and was not mended by an earlier try. Raises as `run_batch`."""
    failed = items_of_failed(backend, batch, pinned=pinned)
    if not failed:
        console.print(f"Nothing of the batch {batch} has failed.")
        return
    console.print(f"Batch {batch}: {len(failed):,} that failed, {parallel} at a time")
    driver = Driver(
        backend,
        iter(failed),
        reconnector(config),
        parallel=min(parallel, len(failed)),
        wants_runs=output is Format.JSONL,
    )
    go_on = f"stigmer executions rerun --failed {batch}"
    drive(console, Screen(console, shows_text=False), driver, Summary(len(failed)), batch, output, go_on=go_on)


def check_file(written: str) -> Path:
    """The file. Raises a usage error for one that is of no kind that is known, or not there."""
    path = Path(written).expanduser()
    if path.suffix.lower() not in KINDS:
        raise click.UsageError(f"--batch: {written!r} must end with .jsonl or .csv")
    if not path.is_file():
        raise click.UsageError(f"--batch: there is no file {written}")
    return path


def check_lines(path: Path, target: Target, backend: Backend, common: StartRun, screen: Screen) -> int:
    """How many runs the file is for, at least one. Raises a CliError that names the broken lines."""

    def tell(count: int) -> None:
        screen.moving(f"checking {path.name}: {count:,} lines")

    checked = check(read_lines(path), target, schema_of(backend, target), common, tell)
    screen.still()
    if checked.broken:
        told = [f"line {number}: {why}" for number, why in checked.told]
        more = [f"... and {checked.broken - len(told):,} more"] if checked.broken > len(told) else []
        raise CliError(f"{path}: {checked.words()}", details=[*told, *more], exit=Exit.MISUSE)
    if not checked.good:
        raise CliError(f"{path} has no lines to run", exit=Exit.MISUSE)
    return checked.good


def items_of(path: Path, target: Target, common: StartRun, batch: str) -> Iterator[Item]:
    """One for each line, read when it is its turn."""
    for line in read_lines(path):
        if isinstance(line, BadLine):
            raise CliError(
                f"{path}: line {line.number} was changed meanwhile: {line}", reason="stigmer.cli.file_changed"
            )
        yield item_of(line, target, common, batch)


def drive(
    console: Console,
    screen: Screen,
    driver: Driver,
    summary: Summary,
    batch: str,
    output: Format,
    *,
    go_on: str,
) -> None:
    """Take the results as they come, to the last.

    Raises a CliError when a run failed, Exit 130 after Ctrl-C, and where this process is told to end.
    """
    try:
        with termination_interrupts():
            take(console, screen, driver, summary, output)
    except KeyboardInterrupt:
        ignore_endings()
        driver.stop()
        detach(screen, summary, driver.running, batch, go_on)
        raise click.exceptions.Exit(Exit.INTERRUPTED) from None
    except Exception:
        driver.stop()
        detach(screen, summary, driver.running, batch, go_on)
        raise
    finally:
        screen.still()
    conclude(console, summary, batch, output, go_on)


def take(console: Console, screen: Screen, driver: Driver, summary: Summary, output: Format) -> None:
    """Count and print what ends, until all has ended."""
    told = 0
    screen.moving(summary.progress(0))
    for ended in driver.results(tick_seconds=TICK_SECONDS):
        if ended is not None:
            summary.add(ended)
            screen.still()
            if output is Format.JSONL:
                console.data(record(ended))
            elif output is Format.NAME and ended.execution_id:
                console.data(ended.execution_id)
        if not screen.live and (part := summary.ended * PARTS // summary.total) > told:
            told = part
            console.print(summary.progress(driver.running))
        screen.moving(summary.progress(driver.running))


def detach(screen: Screen, summary: Summary, running: int, batch: str, go_on: str) -> None:
    """That nothing more is started, and how to go on."""
    under_way = f"; {running:,} under way {'goes' if running == 1 else 'go'} on" if running else ""
    screen.last_words(
        f"{summary.ended:,} of {summary.total:,} done{under_way}, and nothing more is started.\n"
        f"  {go_on}\n      go on with the rest\n"
        f"  stigmer executions list -l {BATCH}={batch}\n      see what was run"
    )


def conclude(console: Console, summary: Summary, batch: str, output: Format, go_on: str) -> None:
    """The sum, and the failures by their causes: the result where nothing else is one."""
    console.done(summary.words())
    if not summary.groups:
        return
    if output is Format.TABLE:
        console.data(summary.as_table())
    else:
        console.print(summary.as_table(sys.stderr))
    failed = summary.failed + summary.cancelled
    hint = f"stigmer executions rerun --failed {batch}" if summary.failed > summary.refused else ""
    if summary.refused and not hint:
        # Of a line that was refused there is no run to repeat, and of a batch of such lines nothing to go on with.
        hint = go_on if summary.refused < summary.ended else go_on.removesuffix(f" --resume {batch}")
    raise CliError(f"{failed:,} of {counted(summary.total, 'run')} did not complete", hint=hint, is_result=True)
