"""`stigmer config`: one file, ~/.stigmer/config.yaml, that nobody has to create."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from cli.command import Group, output_option
from cli.errors import CliError
from cli.exits import Exit
from cli.output import Console, Format, structured, table

if TYPE_CHECKING:
    from apps.backends.config import Key, Setting


COMMENTS_LOST = "comments in {} were lost"


@click.group(
    cls=Group,
    examples="""
        stigmer config list
        stigmer config get backend.local.endpoint
        stigmer config set backend.local.data_dir /srv/stigmer
        stigmer config unset backend.local.data_dir
    """,
)
def command() -> None:
    """Read and change the configuration.

    A value comes from a flag, the environment, Stigmer.yaml, the configuration file, ports.json of the data directory
    or the default, in this order.
    """


@command.command("list", examples="stigmer config list\nstigmer config list --output json")
@output_option()
@click.pass_obj
def list_settings(console: Console, output: Format) -> None:
    """Show every setting, its value and where it came from."""
    from apps.backends.config import Origin, load

    found = load().settings.values()
    settings = [each for each in found if not each.key.is_for_the_cloud or each.origin is not Origin.DEFAULT]
    if output is Format.TABLE:
        console.data(table(("KEY", "VALUE", "FROM"), [row(setting) for setting in settings]))
    elif output is Format.NAME:
        console.data("\n".join(setting.key.path for setting in settings))
    else:
        console.data(structured([record(setting) for setting in settings], output))


def row(setting: Setting) -> tuple[str, str, str]:
    """Key, value and origin for a person: the variable, `config.yaml:3`, or `default`."""
    where = os.path.basename(setting.where)  # noqa: PTH119 - pathlib costs more than all of this command's own work
    return setting.key.path, setting.shown, where or setting.origin.value


def record(setting: Setting) -> dict[str, Any]:  # plain data
    """Key, value and origin for a program. A secret is masked."""
    value = setting.shown if setting.key.secret else setting.value
    return {"key": setting.key.path, "value": value, "from": setting.origin.value, "where": setting.where}


@command.command(examples="stigmer config get backend.local.endpoint")
@click.argument("key")
@output_option()
@click.pass_obj
def get(console: Console, key: str, output: Format) -> None:
    """Print one value. A secret is masked."""
    from apps.backends.config import load

    setting = load().get(key)
    if output in (Format.JSON, Format.YAML):
        console.data(structured(record(setting), output))
    else:
        console.data(setting.key.path if output is Format.NAME else setting.shown)


@command.command("set", examples="stigmer config set backend.local.endpoint localhost:50061")
@click.argument("key")
@click.argument("value", required=False)
@click.pass_obj
def set_setting(console: Console, key: str, value: str | None) -> None:
    """Write VALUE into the configuration file.

    A secret is never an argument: leave VALUE out, and it is asked for or read from standard input.
    """
    from apps.backends.config import config_path, find_file_key, set_value

    found = find_file_key(key)
    if found.secret and value is not None:
        raise CliError(
            f"{key} is a secret, and arguments are visible to everybody on this machine",
            hint=f"Leave the value out, and type or pipe it: `stigmer config set {key}`",
            exit=Exit.MISUSE,
        )
    if value is None:
        value = ask(console, found)
    path = config_path()
    comments_kept = set_value(path, key, value)
    console.done(f"Set {key} in {path}")
    if not comments_kept:
        console.warn(COMMENTS_LOST.format(path))
    print_when_it_counts(console, found)


@command.command("unset", examples="stigmer config unset backend.local.endpoint")
@click.argument("key")
@click.pass_obj
def unset_setting(console: Console, key: str) -> None:
    """Take KEY out of the configuration file, so that its default counts again."""
    from apps.backends.config import config_path, find_file_key, load, unset_value

    found, path = find_file_key(key), config_path()
    comments_kept = unset_value(path, key)
    if comments_kept is None:
        console.print(f"{key} is not set in {path}")
        return
    setting = load().get(key)
    now = f"{setting.shown!r} from {setting.where or setting.origin.value}" if setting.shown else "empty"
    console.done(f"Took {key} out of {path}: it is {now} now")
    if not comments_kept:
        console.warn(COMMENTS_LOST.format(path))
    print_when_it_counts(console, found)


def print_when_it_counts(console: Console, key: Key) -> None:
    """Why the new value may not count yet, or not at all."""
    from apps.backends.config import child_environment, load
    from apps.backends.local.launch import status

    if key.env and child_environment().get(key.env):
        console.warn(f"{key.env} is set in the environment, and wins over the file")
        return
    if key.path.startswith("backend.local.") and status(load().local).running:
        is_read_anew = key.path.startswith("backend.local.llm.")
        console.print(f"It takes effect with the next {'run' if is_read_anew else '`stigmer server restart`'}.")


def ask(console: Console, key: Key) -> str:
    """The value, typed at a terminal, a secret unseen, or read from standard input."""
    if console.may_ask:
        value: str = click.prompt(key.path, hide_input=key.secret, err=True)
        return value
    if sys.stdin.isatty():
        raise click.UsageError(f"the value of {key.path} is missing")
    return sys.stdin.readline().rstrip("\n")


@command.command(examples="stigmer config path")
@click.pass_obj
def path(console: Console) -> None:
    """Print the path of the configuration file, whether it exists or not."""
    from apps.backends.config import config_path

    console.data(config_path())
