"""`stigmer server`: the local server, a daemon that other commands start by themselves."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from cli.command import Group, output_option
from cli.connect import local_config
from cli.errors import CliError
from cli.exits import Exit
from cli.llm import command as llm
from cli.output import GREEN, RED, YELLOW, Console, Format, ago, pairs, structured, table

if TYPE_CHECKING:
    from apps.backends.local.launch import Status
    from apps.backends.local.running import RunningDaemon
    from apps.backends.local.state import ComponentState

TROUBLED = ("FAILED", "BACKOFF")
COLOUR_OF_STATE = {"READY": GREEN, "FAILED": RED, "BACKOFF": YELLOW, "STARTING": YELLOW, "STOPPING": YELLOW}


@click.group(
    cls=Group,
    invoke_without_command=True,
    examples="stigmer server\nstigmer server status\nstigmer server logs -f -c api",
)
@click.pass_context
def command(context: click.Context) -> None:
    """Start, stop and look at the local server. Without a command: start."""
    if context.invoked_subcommand is None:
        context.invoke(start)


command.add_command(llm)


@command.command(examples="stigmer server start")
@click.pass_obj
def start(console: Console) -> None:
    """Start the server and wait until it serves. One that runs is left alone."""
    from apps.backends.local.launch import ensure_running, find_running
    from cli.handshake import handshake
    from cli.model_line import ModelLine
    from cli.progress import StartProgress

    config = local_config()
    settings = config.local
    running = find_running(settings)
    if running is not None:
        print_where(console, running, "Already running")
        return
    with StartProgress(console, model=ModelLine(config)) as progress:
        running = ensure_running(settings, progress, before_replacing=handshake(console))
    print_where(console, running, "Running")


def print_where(console: Console, running: RunningDaemon, what: str) -> None:
    """The addresses of a server that runs."""
    admin = f"admin at http://{running.web} (open it with `stigmer ui`)" if running.web else "no admin"
    console.print(f"{what}: API at {running.endpoint}, {admin}")


@command.command(examples="stigmer server stop")
@click.pass_obj
def stop(console: Console) -> None:
    """Stop the server and everything it runs. Nothing is lost: the next command starts it again."""
    from apps.backends.local.launch import stop as stop_daemon

    # Word before the wait: runs that are under way are given some seconds to be put down.
    stopped = stop_daemon(local_config().local, lambda _: console.print("Stopping local backend daemon"))
    console.done("Server stopped") if stopped else console.print("No server was running")


@command.command(examples="stigmer server restart")
@click.pass_obj
def restart(console: Console) -> None:
    """Stop the server, if it runs, and start it."""
    from apps.backends.local.launch import restart as restart_daemon
    from cli.progress import StartProgress

    with StartProgress(console, begin="Restarting local backend daemon") as progress:
        running = restart_daemon(local_config().local, progress)
    print_where(console, running, "Running")


@command.command(examples="stigmer server status\nstigmer server status --output json")
@output_option()
@click.pass_obj
def status(console: Console, output: Format) -> None:
    """Show the components of the server. Exits with 0 when the API is ready, with 1 otherwise."""
    from apps.backends.local.launch import status as read_status
    from apps.backends.local.launch import with_answer

    seen = with_answer(read_status(local_config().local))
    if output is Format.TABLE:
        print_status(console, seen)
    elif output is Format.NAME:
        console.data("\n".join(component.name for component in components(seen)))
    else:
        console.data(structured(record(seen), output))
    if not is_ready(seen):
        raise click.exceptions.Exit(Exit.FAILED)


@command.command("rotate-keys", examples="stigmer server rotate-keys")
@click.pass_obj
def rotate_keys(console: Console) -> None:
    """Encrypt every stored secret with a new key. Runs go on meanwhile.

    It may be interrupted and repeated. Keys that nothing needs any more are removed by the next rotation.
    """
    from apps.backends.local.keys import rotate_keys as rotate

    sentences, complaints = rotate(local_config().local)
    for complaint in complaints:
        console.warn(complaint)
    for sentence in sentences:
        console.print(sentence)


def components(seen: Status) -> tuple[ComponentState, ...]:
    """The supervised units of a server, of its last start when it does not run."""
    return seen.state.components if seen.state else ()


def is_ready(seen: Status) -> bool:
    """Whether the API serves."""
    return seen.running and any(each.name == "api" and each.state == "READY" for each in components(seen))


def print_status(console: Console, seen: Status) -> None:
    """Components and facts on stdout; what is wrong, and what to do about it, on stderr."""
    if seen.running and seen.state:
        headers = ("COMPONENT", "STATE", "PID", "ADDRESS", "SINCE", "REASON")
        console.data(table(headers, [row(each) for each in components(seen)], colours=COLOUR_OF_STATE))
        facts = {
            "Version": seen.state.version,
            "Data directory": seen.state.data_dir,
            "Uptime": ago(seen.uptime_seconds),
        }
        console.data("\n" + "\n".join(pairs(facts)))
    else:
        console.data("The server is not running.")
    print_problems(console, seen)


def print_problems(console: Console, seen: Status) -> None:
    """What is wrong with each component, and what to do about it, on stderr."""
    found = [(trouble(each), way_out(each)) for each in components(seen) if each.state in TROUBLED]
    if not found and seen.problem:
        found = [(seen.problem, seen.hint)]
    for problem, _ in found:
        console.warn(problem)
    hints = list(dict.fromkeys(hint for _, hint in found if hint))
    if not seen.running:
        hints = hints or [seen.hint or "stigmer server start"]
    for hint in hints:
        console.print(f"\nhint: {hint}")


def trouble(component: ComponentState) -> str:
    """One sentence about a component that does not work."""
    return f"{component.name} is {component.state}: {component.reason or component.stage or 'no reason was given'}"


def way_out(component: ComponentState) -> str:
    """What to do about it."""
    return component.hint or f"stigmer server logs -c {component.name}"


def row(component: ComponentState) -> tuple[str, ...]:
    """One line of the table."""
    return (
        component.name,
        component.state,
        str(component.pid or "-"),
        component.address or "-",
        ago(time.time() - component.since) if component.since else "-",
        component.reason or component.stage,
    )


def record(seen: Status) -> dict[str, Any]:  # plain data
    """The status for a program."""
    state = seen.state
    return {
        "running": seen.running,
        "ready": is_ready(seen),
        "problem": seen.problem,
        "hint": seen.hint,
        "pid": state.pid if state and seen.running else 0,
        "version": state.version if state else "",
        "data_dir": state.data_dir if state else "",
        "endpoint": state.endpoint if state else "",
        "web": state.web if state else "",
        "uptime_seconds": int(seen.uptime_seconds),
        "components": [
            {
                "name": each.name,
                "state": each.state,
                "pid": each.pid,
                "address": each.address,
                "reason": each.reason,
                "hint": each.hint,
                "stage": each.stage,
                "starts": each.starts,
                "since": each.since,
            }
            for each in components(seen)
        ],
    }


@command.command(examples="stigmer server logs -n 50\nstigmer server logs -f -c api")
@click.option("-f", "--follow", is_flag=True, help="Go on with new lines until Ctrl-C.")
@click.option("-c", "--component", "names", multiple=True, metavar="COMPONENT", help="Only this component; repeatable.")
@click.option(
    "-n", "--lines", type=click.IntRange(min=0), default=20, metavar="N", show_default=True, help="How many lines."
)
@click.pass_obj
def logs(console: Console, follow: bool, names: tuple[str, ...], lines: int) -> None:
    """Print the last lines of the logs, merged by time."""
    from apps.backends.local import logs as reader
    from apps.backends.local.paths import DataPaths

    paths = DataPaths(local_config().local.data_dir)
    known = reader.components(paths)
    for name in names:
        if name not in known:
            raise CliError(
                f"there is no log of a component {name!r}",
                hint=f"Components with a log: {', '.join(known)}" if known else "stigmer server start",
                exit=Exit.NOT_FOUND,
            )
    if not known and not follow:
        console.print("There are no logs yet.")
    found = reader.follow(paths, names, count=lines) if follow else reader.read_last(paths, names or known, lines)
    room = max(map(len, names or known), default=0)
    for line in found:
        console.data(f"{line.time} {line.component:<{room}} {line.text}".rstrip())
