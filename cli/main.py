"""`stigmer`: the commands, and the end of whichever ran.

Commands are imported when they are used: the list of commands, with its help texts, is data here.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import NoReturn, TextIO

import click

from apps.backends.version import VERSION
from cli.command import Group
from cli.exits import Exit
from cli.output import Console, prepare_streams

# Command: its line in the list of commands. Its module is cli.commands.<command>.
COMMANDS = {
    "new": "Create a project that works as generated.",
    "apply": "Deploy a project or YAML files.",
    "preview": "Show what apply would change, and change nothing.",
    "destroy": "Delete everything that a project has deployed.",
    "run": "Run an agent or a workflow, and watch it.",
    "dev": "Deploy a project whenever a file is saved, and show its runs.",
    "chat": "Talk with an agent.",
    "executions": "List, show, follow, pause, end and repeat runs.",
    "logs": "Print what happened in a run.",
    "sessions": "List conversations with agents, or show one.",
    "usage": "Sum up tokens and what they cost.",
    "get": "List resources of a kind, or show one.",
    "describe": "Say what a resource is, and what has to do with it.",
    "edit": "Change a resource in your editor.",
    "history": "List what a resource was, revision by revision.",
    "diff": "Show what apply would change, or what two revisions differ in.",
    "rollback": "Make a resource what it was in an earlier revision.",
    "env": "Set and read the values of environments.",
    "agents": "Accept tools of an agent's servers that have changed.",
    "delete": "Delete a resource and what belongs to it.",
    "skill": "Push skills for agents, list, show and fetch them.",
    "model": "See which models agents can use, and keep API keys.",
    "notify": "Try the ways in which you are told of runs that fail.",
    "ui": "Open the admin in the browser, signed in.",
    "server": "Start, stop and look at the local server.",
    "serve": "Run one unit of a server of many machines.",
    "doctor": "Look at this installation, and say what is wrong.",
    "config": "Read and change the configuration.",
    "explain": "Say what a kind or a field of it means.",
    "schema": "Print a JSON Schema for editors.",
    "completion": "Print what makes a shell complete commands and names.",
    "version": "Print the version.",
}
# These work, and lead nowhere while there is one backend only.
HIDDEN = ("backend",)


class Root(Group):
    """The group that knows its commands by name and imports the one that is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in (*COMMANDS, *HIDDEN):
            return None
        command: click.Command = import_module(f"cli.commands.{cmd_name}").command
        command.short_help = COMMANDS.get(cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(
    cls=Root,
    name="stigmer",
    examples="""
        stigmer new my-agent && cd my-agent
        stigmer apply
        stigmer run my-agent -m "hello"
        stigmer ui
    """,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    no_args_is_help=False,
    invoke_without_command=True,
)
@click.option("--version", is_flag=True, help="Print the version.")
@click.pass_context
def root(context: click.Context, version: bool) -> None:
    """Deploy and run AI agents and workflows on this machine."""
    if version:
        context.obj.data(f"stigmer {VERSION}")
    elif context.invoked_subcommand is None:
        context.obj.data(context.get_help())


def run() -> NoReturn:
    """Run the command of the command line and end the process with its exit code."""
    prepare_streams()
    console = Console(debug="--debug" in sys.argv)
    try:
        if not os.environ.get("HOME", "/").startswith("/"):
            from apps.backends.config.environ import settle_home

            settle_home()
        code = complete(asked) if (asked := os.environ.get("_STIGMER_COMPLETE")) else invoke(sys.argv[1:], console)
    except BrokenPipeError:
        # Whoever read our output has seen enough, as in `stigmer get agents | head`.
        code = Exit.FAILED
        discard(sys.stdout)
    except Exception as error:
        from cli.failures import report

        code = report(error, console)
    except KeyboardInterrupt:
        from cli.failures import report_interrupted

        code = report_interrupted(console)
    leave(flush(code))


def invoke(arguments: list[str], console: Console) -> int:
    """Run the command that `arguments` name. Errors pass through."""
    try:
        with root.make_context("stigmer", list(arguments), obj=console) as context:
            root.invoke(context)
            return Exit.DONE
    except click.exceptions.Exit as ended:
        return ended.exit_code


def complete(instruction: str) -> int:
    """Answer a shell that completes what is being typed: without a word where that fails, in the middle of a prompt."""
    try:
        from cli.completion import answer

        return answer(root, instruction)
    except Exception:
        return Exit.FAILED


def flush(code: int) -> int:
    """Write out what is still buffered; data that cannot be written is a failure, words are not."""
    try:
        sys.stderr.flush()
    except OSError:
        discard(sys.stderr)
    try:
        sys.stdout.flush()
    except OSError:
        # Told already: every line is written at once.
        discard(sys.stdout)
        return code or Exit.FAILED
    return code


def leave(code: int) -> NoReturn:
    """End the process without taking the interpreter apart.

    That would take some 50 ms after grpc has been used, a third of a whole apply, and change nothing: what is
    open is closed by the commands themselves, and all output is written.
    """
    os._exit(code)


def discard(stream: TextIO) -> None:
    """Point `stream` at nothing, so that the interpreter's own flush at the end cannot fail."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, stream.fileno())
    os.close(null)
