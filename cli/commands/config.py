"""`stigmer config`: one file, ~/.stigmer/config.yaml, that nobody has to create."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from cli.command import Group, output_option
from cli.output import Console, Format, structured, table

if TYPE_CHECKING:
    from apps.backends.config import Key, Setting


@click.group(
    cls=Group,
    examples="""
        stigmer config list
        stigmer config get backend.local.endpoint
        stigmer config set backend.local.data_dir /srv/stigmer
    """,
)
def command() -> None:
    """Read and change the configuration.

    A value comes from a flag, the environment, Stigmer.yaml, the configuration file or the default, in this order.
    """


@command.command("list", examples="stigmer config list\nstigmer config list --output json")
@output_option()
@click.pass_obj
def list_settings(console: Console, output: Format) -> None:
    """Show every setting, its value and where it came from."""
    from apps.backends.config import load

    settings = load().settings.values()
    if output is Format.TABLE:
        console.data(table(("KEY", "VALUE", "FROM"), [row(setting) for setting in settings]))
    elif output is Format.NAME:
        console.data("\n".join(setting.key.path for setting in settings))
    else:
        console.data(structured([record(setting) for setting in settings], output))


def row(setting: Setting) -> tuple[str, str, str]:
    """Key, value and origin for a person."""
    origin = setting.origin.value
    return setting.key.path, setting.shown, f"{origin} ({setting.where})" if setting.where else origin


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
    from apps.backends.config import config_path, find_key, set_value
    from apps.backends.errors import BadValue

    found = find_key(key)
    if found.secret and value is not None:
        raise click.UsageError(
            f"{key} is a secret, and arguments are visible to everybody on this machine: "
            f"leave the value out and type or pipe it"
        )
    if value is None:
        value = ask(console, key)
    path = config_path()
    try:
        outcome = set_value(path, key, value)
    except BadValue as error:
        error.hint = error.hint or example(found)
        raise
    console.done(f"Set {key} in {path}")
    if not outcome.comments_kept:
        console.warn(f"the comments in {path} were lost")
    say_when(console, found)


def example(key: Key) -> str:
    """A command that is right, with the default where there is one."""
    value = str(key.default).lower() if isinstance(key.default, bool) else key.default
    if value is None or "{home}" in str(value):
        return f"`{key.path}` takes: {key.type.name}"
    return f"For example: `stigmer config set {key.path} {value}`"


def say_when(console: Console, key: Key) -> None:
    """Why the new value may not count yet, or not at all."""
    from apps.backends.config import child_environment, load
    from apps.backends.local.launch import status

    if key.env and child_environment().get(key.env):
        console.warn(f"{key.env} is set in the environment, and wins over the file")
        return
    if key.path.startswith("backend.local.") and status(load().local).running:
        console.say("It takes effect with the next `stigmer server restart`.")


def ask(console: Console, key: str) -> str:
    """The value, typed unseen at a terminal or read from standard input."""
    if console.may_ask:
        value: str = click.prompt(key, hide_input=True, err=True)
        return value
    if sys.stdin.isatty():
        raise click.UsageError(f"the value of {key} is missing")
    return sys.stdin.readline().rstrip("\n")


@command.command(examples="stigmer config path")
@click.pass_obj
def path(console: Console) -> None:
    """Print the path of the configuration file, whether it exists or not."""
    from apps.backends.config import config_path

    console.data(config_path())
