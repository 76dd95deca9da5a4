"""What every command shares: the global options, `--output`, and a help page with examples."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from cli.output import Console, Format, columns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from click.shell_completion import CompletionItem

# Below this, two words have some letters in common and no more: `login` and `logs`.
LIKENESS = 0.7
WIDEST, NARROWEST = 80, 50
"""Of a page of help, in characters, where nothing else is said; both are click's."""
# What people try who know that there is a cloud.
NOT_YET = dict.fromkeys(
    ("login", "logout", "whoami"), "This version works on this machine only: there is nothing to sign in to"
)
# Names of the parameters that belong to every command; the last one is click's own.
COMPLETED = ("kind", "name", "names", "execution", "session", "key")
"""Arguments that mean the same in every command that has them; cli/completion.py knows what a shell may offer."""
GLOBAL = ("quiet", "no_input", "debug", "_click_default_help")


def remember(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    """Note a global option, given before or after the command's name."""
    if value:
        setattr(context.ensure_object(Console), str(parameter.name), True)


def global_options() -> list[click.Parameter]:
    """The options that every command takes."""
    flag: dict[str, Any] = {"is_flag": True, "expose_value": False, "callback": remember, "is_eager": True}
    return [
        click.Option(["-q", "--quiet"], help="Say nothing but results, warnings and errors.", **flag),
        click.Option(["--no-input"], help="Never ask; refuse what would need an answer.", **flag),
        click.Option(["--debug"], help="Show the traceback of an error.", **flag),
    ]


class HelpPage:
    """Help with examples, and the global options apart from the command's own."""

    examples: str = ""

    def get_help(self, context: click.Context) -> str:
        """The page, as wide as click makes it; which asks shutil for the width, and that takes longer than the page."""
        if context.terminal_width is None:
            context.terminal_width = max(min(columns(), context.max_content_width or WIDEST) - 2, NARROWEST)
        return super().get_help(context)  # type: ignore[misc,no-any-return]  # mixed into click.Command

    def format_options(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Two sections: the command's own options, then those of every command."""
        own: list[tuple[str, str]] = []
        shared: list[tuple[str, str]] = []
        for parameter in self.get_params(context):  # type: ignore[attr-defined]  # mixed into click.Command
            record = parameter.get_help_record(context)
            # An argument without a help text of its own is explained by the command's.
            if record is not None and record[1]:
                (shared if parameter.name in GLOBAL else own).append(record)
        for title, records in (("Options", own), ("Global options", shared)):
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)

    def format_epilog(self, context: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The examples, as typed."""
        if self.examples:
            with formatter.section("Examples"):
                for line in self.examples.strip().splitlines():
                    formatter.write(f"  {line.strip()}\n" if line.strip() else "\n")


class Completed(click.types.StringParamType):
    """Text that names something of ours, which a shell can complete. `argument` says what, by its name."""

    def __init__(self, argument: str) -> None:
        self.argument = argument

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG002 - click's signature
        from cli.completion import offers

        return offers(ctx, self.argument, incomplete)


class Command(HelpPage, click.Command):
    """A command. `examples` are lines as typed at a prompt."""

    def __init__(
        self, name: str | None, *, examples: str = "", params: list[click.Parameter] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(name, params=[*(params or []), *global_options()], **kwargs)
        self.examples = examples
        for parameter in self.params:
            if isinstance(parameter, click.Argument) and parameter.name in COMPLETED:
                parameter.type = Completed(parameter.name)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if any("=" in word for word in args):
            from cli.flags import without_values

            args = without_values(ctx, self.get_params(ctx), args)
        return super().parse_args(ctx, args)


class UnknownCommand(click.UsageError):
    """A command that does not exist, with the one that was probably meant."""

    def __init__(self, name: str, known: Iterable[str], context: click.Context) -> None:
        super().__init__(f"there is no command {name!r}", context)
        self.hint = NOT_YET.get(name) or f"{context.command_path} {probably_meant(name, known) or '--help'}"


def probably_meant(name: str, known: Iterable[str]) -> str:
    """The one command that `name` is the beginning of, else the one that is most like it; empty where none is."""
    from difflib import get_close_matches

    begun = [each for each in known if each.startswith(name)]
    near = begun if len(begun) == 1 else get_close_matches(name, known, n=1, cutoff=LIKENESS)
    return next(iter(near), "")


class Group(HelpPage, click.Group):
    """A command with commands below it, in the order in which they are written."""

    command_class = Command

    def __init__(
        self, name: str | None, *, examples: str = "", params: list[click.Parameter] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(name, params=[*(params or []), *global_options()], **kwargs)
        self.examples = examples

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        known = self.list_commands(ctx)
        if args and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            raise UnknownCommand(args[0], known, ctx)
        return super().resolve_command(ctx, args)

    def format_options(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands first: they are what a reader looks for."""
        self.format_commands(context, formatter)
        super().format_options(context, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The first sentence of each, whole: click would cut it."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, first_sentence(command)) for name, command in self.commands.items()])


def first_sentence(command: click.Command) -> str:
    """What a command does, as its help begins."""
    return command.get_short_help_str(limit=sys.maxsize)


USUAL = (Format.TABLE, Format.JSON, Format.YAML, Format.NAME)


def output_option(
    *formats: Format, default: Format = Format.TABLE
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`--output`, passed on as a Format in the argument `output`. Without `formats`, those of USUAL."""
    names = [each.value for each in formats or USUAL]
    return click.option(
        "-o",
        "--output",
        type=click.Choice(names),
        default=default.value,
        metavar="FORMAT",
        callback=lambda _context, _parameter, value: Format(value),
        help=f"{', '.join(names[:-1])} or {names[-1]}: how to print the result.",
    )


# Hidden while there is nothing but the local backend, where it can only be `local`.
org_option = click.option("--org", default="", metavar="ORG", help="Organization.", hidden=True)
