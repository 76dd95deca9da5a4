"""`stigmer env`: the values of environments."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from cli.command import Group, org_option, output_option
from cli.errors import CliError
from cli.exits import Exit
from cli.output import Console, Format, structured, table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from apps.backends.grpc_backend import GrpcBackend
    from apps.backends.resource import Resource

MASK = "********"


@click.group(
    cls=Group,
    examples="""
        stigmer env set production REGION=eu
        stigmer env set production API_TOKEN --secret
        stigmer env list production
    """,
)
def command() -> None:
    """Set and read the values of environments, which instances of agents and workflows run with."""


@command.command(
    "set",
    examples="""
        stigmer env set production REGION=eu LEVEL=info
        stigmer env set production API_TOKEN --secret
        stigmer env set production API_TOKEN --secret < token.txt
    """,
)
@click.argument("name")
@click.argument("values", metavar="KEY[=VALUE]...", nargs=-1, required=True)
@click.option("--secret", is_flag=True, help="Ask for the value of each KEY, or read it from a line of standard input.")
@org_option
@click.pass_obj
def set_values(console: Console, /, *, name: str, values: tuple[str, ...], secret: bool, org: str) -> None:
    """Set values of the environment NAME, which is made if there is none. All of them or, on any error, none.

    With --secret a value is stored encrypted and shown to nobody. Runs that are under way keep what they began with.
    """
    wanted = ask_for(console, values) if secret else plain(name, values)

    def edit(data: Any) -> None:
        for key, text in wanted.items():
            if not secret and data[key].is_secret:
                raise CliError(
                    f"{key} is a secret of environment {name!r}: it is not set to what everybody may read",
                    hint=f"stigmer env set {name} {key} --secret",
                    exit=Exit.MISUSE,
                )
            data[key].value, data[key].is_secret = text, secret

    with opened(console, name, org) as (backend, organization):
        from apps.backends.environments import change

        changed = change(backend, name, organization, edit, may_create=True)
    console.done(
        f"{'Created' if changed.is_new else 'Changed'} environment {changed.resource.slug}: {', '.join(wanted)}"
    )


@command.command(examples="stigmer env unset production API_TOKEN")
@click.argument("name")
@click.argument("keys", metavar="KEY...", nargs=-1, required=True)
@org_option
@click.pass_obj
def unset(console: Console, /, *, name: str, keys: tuple[str, ...], org: str) -> None:
    """Take values out of the environment NAME. All of them or, when one is not in it, none."""

    def edit(data: Any) -> None:
        for key in keys:
            if key not in data:
                raise no_key(name, key)
        for key in dict.fromkeys(keys):
            del data[key]

    with opened(console, name, org) as (backend, organization):
        from apps.backends.environments import change

        changed = change(backend, name, organization, edit, may_create=False)
    console.done(f"Changed environment {changed.resource.slug}: {', '.join(keys)} gone")


@command.command(
    examples="""
        stigmer env get production REGION
        stigmer env get production -o json
    """
)
@click.argument("name")
@click.argument("key", required=False)
@org_option
@output_option()
@click.pass_obj
def get(console: Console, /, *, name: str, key: str | None, org: str, output: Format) -> None:
    """Print one value of the environment NAME, or list all of them. Secrets are shown to nobody."""
    found = values_of(read(console, name, org))
    if key is None:
        console.data(show(found, output)) if found or output is not Format.TABLE else console.print("It has no values.")
        return
    value = next((each for each in found if each.key == key), None)
    if value is None:
        raise no_key(name, key)
    if output in {Format.JSON, Format.YAML}:
        console.data(structured(value._asdict(), output))
    elif value.is_secret:
        raise CliError(
            f"{key} is a secret: it is shown to nobody",
            hint=f"stigmer env set {name} {key} --secret",
            reason="stigmer.cli.secret_hidden",
        )
    else:
        console.data(value.value)


@command.command(
    "list",
    examples="""
        stigmer env list
        stigmer env list production
    """,
)
@click.argument("name", required=False)
@org_option
@output_option()
@click.pass_context
def list_values(context: click.Context, /, *, name: str | None, org: str, output: Format) -> None:
    """List the values of the environment NAME, or all environments."""
    if name is not None:
        context.invoke(get, name=name, key=None, org=org, output=output)
        return
    from cli.commands import get as resources

    context.invoke(resources.command, kind="environments", labels={}, org=org, output=output)


class Value(NamedTuple):
    """One value as it may be shown: that of a secret is the mask, or empty where it has none."""

    key: str
    value: str
    is_secret: bool
    description: str


def values_of(environment: Resource) -> list[Value]:
    """Its values, by key."""
    data = environment.message.spec.data
    return [Value(key, data[key].value, data[key].is_secret, data[key].description) for key in sorted(data)]


def show(values: Sequence[Value], output: Format) -> str:
    """`values` in the format asked for."""
    if output is Format.NAME:
        return "\n".join(value.key for value in values)
    if output is not Format.TABLE:
        return structured([value._asdict() for value in values], output)
    rows = [(each.key, each.value or "-", "yes" if each.is_secret else "no", each.description) for each in values]
    if not any(each.description for each in values):
        return table(("KEY", "VALUE", "SECRET"), [row[:-1] for row in rows])
    return table(("KEY", "VALUE", "SECRET", "DESCRIPTION"), rows)


def ask_for(console: Console, keys: Sequence[str]) -> dict[str, str]:
    """The values of secrets, typed unseen or from standard input. Raises a usage error that repeats no value."""
    from cli.runs.runtime_env import ask, check_text

    found: dict[str, str] = {}
    for written in keys:
        key, equals, _ = written.partition("=")
        check_key(key)
        if equals:
            raise click.UsageError(f"a secret is no argument, which others can read: write {key} alone to be asked")
        found[key] = ask(console, key, "env set --secret")
        if not found[key]:
            raise click.UsageError(f"the value of {key} is empty")
        check_text(found[key], f"the value of {key}")
    return found


def plain(name: str, written: Sequence[str]) -> dict[str, str]:
    """The values of KEY=VALUE. Raises a usage error for anything else."""
    from cli.runs.runtime_env import check_text

    found: dict[str, str] = {}
    for each in written:
        key, equals, value = each.partition("=")
        check_key(key)
        if not equals:
            raise click.UsageError(f"there is no value for {key}: write {key}=VALUE, or add --secret to be asked")
        if not value:
            raise click.UsageError(f"the value of {key} is empty; take it away with `stigmer env unset {name} {key}`")
        check_text(value, f"the value of {key}")
        found[key] = value
    return found


def check_key(key: str) -> None:
    """Refuse what is no name of a variable."""
    if not key or not key.isprintable() or key != key.strip():
        raise click.UsageError("write KEY=VALUE, or KEY and --secret")


def read(console: Console, name: str, org: str) -> Resource:
    """The environment NAME."""
    with opened(console, name, org) as (backend, organization):
        from apps.backends.environments import find_environment

        return find_environment(backend, name, organization)


@contextmanager
def opened(console: Console, name: str, org: str) -> Iterator[tuple[GrpcBackend, str]]:
    """The backend and the organization; an environment that is not there ends the command with exit code 4."""
    from apps.backends.base import NotFound
    from apps.backends.config import resolve_organization
    from cli.connect import connect, local_config

    config = local_config()
    organization = resolve_organization(config, org)
    with connect(console, config) as backend:
        try:
            yield backend, organization
        except NotFound as error:
            hint = "stigmer get environments"
            raise CliError(f"environment {name!r} not found", hint=hint, exit=Exit.NOT_FOUND) from error


def no_key(name: str, key: str) -> CliError:
    """That an environment has no such value."""
    hint = f"stigmer env list {name}"
    return CliError(f"environment {name!r} has no value {key!r}", hint=hint, exit=Exit.NOT_FOUND)
