"""One batch from a file, or what failed of an earlier one, from the command to its exit code."""

from __future__ import annotations

import shlex
import signal
import sys
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import click

from apps.backends.follower import reconnector
from apps.backends.resource import Resource
from apps.backends.runs import Phase, RunQuery
from cli.batches import checking
from cli.batches.driver import Driver, Item
from cli.batches.lines import MESSAGE, BadLine, Line, check_file, read_lines
from cli.batches.summary import Summary, record
from cli.errors import CliError
from cli.exits import Exit
from cli.output import Format
from cli.runs.screen import Screen
from cli.runs.start import create_run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from apps.backends.base import Backend
    from apps.backends.config import Config
    from apps.backends.grpc_backend import GrpcBackend
    from apps.backends.targets import Target
    from cli.output import Console
    from cli.runs.job import Job
    from cli.runs.start import Wish

BATCH = "stigmer.ai/batch"
"""The label that the runs of a batch have in common."""
LINE = "stigmer.ai/batch-line"
TICK_SECONDS = 0.1
PAGE = 100
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
        check_wish(job.wish, target)
        run_batch(console, config, backend, target, job.wish, organization, options, job.output)


def check_wish(wish: Wish, target: Target) -> None:
    """Raise a usage error for what a batch of runs of `target` cannot have."""
    if target.is_agent and wish.message:
        raise click.UsageError("--message and --batch exclude each other: each line has the message of its run")
    if target.is_agent and wish.inputs:
        raise click.UsageError("--input is for workflows; each line of the file has a message")
    if not target.is_agent and wish.model:
        raise click.UsageError(f"--model is for agents, and {target.slug!r} is a workflow")


def run_batch(
    console: Console,
    config: Config,
    backend: GrpcBackend,
    target: Target,
    wish: Wish,
    org: str,
    options: BatchOptions,
    output: Format,
) -> None:
    """Check every line, then run them. Raises a CliError when a line is broken, or a run failed."""
    path = check_file(options.file)
    screen = Screen(console, shows_text=False)
    total = checking.check(path, target, checking.schema_of(backend, target), wish.inputs, screen)
    if options.resumed and not backend.find_runs(RunQuery(labels={BATCH: options.resumed}), page_size=1).runs:
        raise no_such_batch(options.resumed)  # a name mistyped would run every line once more
    batch = options.resumed or name_of(target)
    console.print(f"Batch {batch}: {total:,} run{'s' if total > 1 else ''}, {options.parallel} at a time")
    items = items_of(path, target, wish, org, batch)
    driver = Driver(
        backend,
        items,
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
    failed = failed_of(backend, batch)
    if not failed:
        console.print(f"Nothing of the batch {batch} has failed.")
        return
    console.print(f"Batch {batch}: {len(failed):,} that failed, {parallel} at a time")

    def item(line: int, execution_id: str) -> Item:
        return Item(line, lambda backend: Resource.of(backend.rerun(execution_id, pinned=pinned)))

    driver = Driver(
        backend,
        (item(line, execution_id) for line, execution_id in sorted(failed.items())),
        reconnector(config),
        parallel=min(parallel, len(failed)),
        wants_runs=output is Format.JSONL,
    )
    go_on = f"stigmer executions rerun --failed {batch}"
    drive(console, Screen(console, shows_text=False), driver, Summary(len(failed)), batch, output, go_on=go_on)


def failed_of(backend: Backend, batch: str) -> dict[int, str]:
    """The failed runs of a batch by their lines: those of which no later run is under way or went well.

    Raises a CliError for a batch that has no runs.
    """
    latest: dict[int, str] = {}
    token = ""
    while True:
        page = backend.find_runs(RunQuery(labels={BATCH: batch}), page_size=PAGE, page_token=token)
        for run in page.runs:  # newest first
            number = run.labels.get(LINE, "")
            line = int(number) if number.isdecimal() else 0
            latest.setdefault(line, run.id if run.phase is Phase.FAILED else "")
        token = page.next_token
        if not token:
            break
    if not latest:
        raise no_such_batch(batch)
    return {line: run for line, run in latest.items() if run}


def no_such_batch(batch: str) -> CliError:
    """Of which there is no run."""
    hint = "stigmer executions list -o wide shows the labels of runs"
    return CliError(f"no run belongs to a batch {batch!r}", hint=hint, exit=Exit.NOT_FOUND)


def name_of(target: Target) -> str:
    """Of a new batch: `report-20261123-194502-4f2a`."""
    import secrets

    return f"{target.slug[:30]}-{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}"


def items_of(path: Path, target: Target, wish: Wish, org: str, batch: str) -> Iterator[Item]:
    """One for each line, read when it is its turn. A line of a batch is the same run, however often it starts."""
    for line in read_lines(path):
        if isinstance(line, BadLine):
            raise CliError(f"{path}: line {line.number} was changed meanwhile: {line}")
        yield item_of(line, target, wish, org, batch)


def item_of(line: Line, target: Target, wish: Wish, org: str, batch: str) -> Item:
    """What starts the run of a line."""
    if target.is_agent:
        wish = replace(wish, message=str(line.inputs[MESSAGE].value))
    else:
        wish = replace(wish, inputs=wish.inputs | line.inputs)
    labels, request_id = {BATCH: batch, LINE: str(line.number)}, f"{batch}/{line.number}"
    return Item(
        line.number,
        lambda backend: create_run(backend, target, wish, org, labels=labels, request_id=request_id),
    )


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
    """Take the results as they come, to the last. Raises a CliError when a run failed, Exit 130 after Ctrl-C."""
    told = 0
    screen.moving(summary.progress(0))
    try:
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
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
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


def detach(screen: Screen, summary: Summary, running: int, batch: str, go_on: str) -> None:
    """That nothing more is started, and how to go on."""
    under_way = f"; {running:,} under way go{'es' if running == 1 else ''} on" if running else ""
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
    raise CliError(f"{failed:,} of {summary.total:,} runs did not complete", hint=hint, is_result=True)
