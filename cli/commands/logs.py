"""`stigmer logs`: the events of one run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cli.command import Command
from cli.output import Console

if TYPE_CHECKING:
    from collections.abc import Iterator

    from apps.backends.base import Backend
    from apps.backends.resource import Resource
    from apps.backends.runs import RunEvent

# Events that are stored come one right after the other; a pause after the last one says that these were all.
PAUSE_SECONDS = 0.3


@click.command(
    cls=Command,
    examples="stigmer logs aex-01m84vtjb1p5003pehs82a2bad\nstigmer logs wex-01m84vtjb1p5003pehs82a2bad -f",
)
@click.argument("execution")
@click.option("-f", "--follow", is_flag=True, help="Go on with new events until the run ends, or Ctrl-C.")
@click.pass_obj
def command(console: Console, execution: str, follow: bool) -> None:
    """Print what happened in a run, one line for each event, with its time in UTC.

    The logs of the server itself are in `stigmer server logs`.
    """
    from apps.backends.config import load
    from apps.backends.follower import Back, Follower, Lost, reconnector
    from cli.connect import connect
    from cli.runs.lines import Lines
    from cli.runs.listing import find_run

    config = load()
    with connect(console, config) as backend:
        run = find_run(backend, execution)
        lines = Lines()
        if not follow:
            for event in stored_events(backend, run):
                for line in lines.of(event):
                    console.data(line)
        else:
            follower = Follower(backend, run.message.metadata.id, reconnector(config))
            for item in follower.events(tick_seconds=1.0):
                if isinstance(item, Lost):
                    console.print(item.why)
                elif item is not None and not isinstance(item, Back):
                    for line in lines.of(item):
                        console.data(line)
        for line in lines.rest():
            console.data(line)


def stored_events(backend: Backend, run: Resource) -> Iterator[RunEvent]:
    """The events that there were when `run` was read: its status was made of them."""
    from apps.backends.follower import Back, Follower, Lost

    follower = Follower(backend, run.message.metadata.id, lambda: None, away_seconds=0.0)
    changed = run.message.status.audit.status_audit.updated_at
    # Events are told to the microsecond.
    latest, seen = changed.seconds + changed.nanos / 1e9 + 5e-7, 0.0
    for item in follower.events(tick_seconds=PAUSE_SECONDS):
        if item is None or isinstance(item, (Lost, Back)):
            if seen >= latest - 1e-6:
                return
        elif item.at > latest:
            return
        else:
            seen = item.at
            yield item
