"""The end of a command that failed: what is printed, and the exit code."""

from __future__ import annotations

import contextlib
import sys

import click

from apps.shared.long_names import shortened
from cli.errors import CliError, exit_code, render, sentence
from cli.exits import Exit
from cli.output import CYAN, RED, Console, Format, paint, print_line, structured

DATA = {each.value: each for each in (Format.JSON, Format.YAML)}


def report(error: Exception, console: Console) -> int:
    """Print `error` as its kind deserves and return the exit code."""
    if console.debug and not isinstance(error, click.ClickException):
        import traceback

        print_line("".join(traceback.format_exception(error)))
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        print_line(error.format_message())
        return Exit.MISUSE
    if isinstance(error, click.ClickException):
        return print_error(usage(error))
    if isinstance(error, click.Abort):
        return report_interrupted(console)
    if isinstance(error, OSError) and not is_for_people(error):
        return print_error(system_error(error))
    if isinstance(error, UnicodeEncodeError) and error.reason == "surrogates not allowed":
        # Python's stand-ins for bytes of the command line that are no text.
        return print_error(CliError("an argument is not UTF-8 text", exit=Exit.MISUSE))
    return print_error(error if is_for_people(error) else unforeseen(error))


def report_interrupted(console: Console) -> int:
    """Ctrl-C."""
    console.print("\ninterrupted")
    return Exit.INTERRUPTED


def is_for_people(error: Exception) -> bool:
    """Whether `error` was made to be read: it has a sentence and a hint of its own."""
    return hasattr(error, "hint")


def print_error(error: Exception) -> int:
    """Print `error` on stderr, and on stdout where a program asked for data: it gets the error as such.

    An unwritable stderr changes nothing about the exit code.
    """
    lines = [shortened(line) for line in render(error).split("\n")]
    print_line("\n".join(coloured(line) for line in lines))
    output = wanted_format(sys.argv[1:])
    if output is not None and not getattr(error, "is_result", False):
        with contextlib.suppress(OSError):
            sys.stdout.write(f"{structured({'error': as_object(error)}, output)}\n")
    return exit_code(error)


def wanted_format(arguments: list[str]) -> Format | None:
    """JSON or YAML, where `--output` says so: the command may have failed before it was read."""
    for index, argument in enumerate(arguments):
        name, equals, value = argument.partition("=")
        if argument == "--":
            return None
        if name in ("-o", "--output") and not equals:
            value = arguments[index + 1] if index + 1 < len(arguments) else ""
        elif name not in ("-o", "--output"):
            value = argument[2:] if argument.startswith("-o") else ""
        if value in DATA:
            return DATA[value]
    return None


def as_object(error: Exception) -> dict[str, object]:
    """What a program is told of `error`. What stands in lines for people alone is there as they are."""
    violations = [
        {"path": getattr(each, "place", each.path), "message": each.message}
        for each in getattr(error, "violations", ())
    ]
    found = {
        "reason": getattr(error, "reason", "") or f"stigmer.cli.{exit_code(error).name.lower()}",
        "message": sentence(error),
        "hint": getattr(error, "hint", ""),
    }
    if violations:
        return {**found, "violations": violations}
    details = [*getattr(error, "details", ())]
    return {**found, "details": details} if details else found


def system_error(error: OSError) -> CliError:
    """What the operating system refused. Without a file it was the output: a full disk behind `>`, say."""
    if isinstance(error, FileNotFoundError) and not error.filename:
        return CliError("the current directory was removed", hint="cd ~", reason="stigmer.cli.no_directory")
    what = error.filename or "cannot write the output"
    return CliError(f"{what}: {(error.strerror or str(error)).lower()}", reason="stigmer.cli.refused_by_system")


def coloured(line: str) -> str:
    """`line` with its keyword coloured where a person looks."""
    for word, colour in (("error:", RED), ("hint:", CYAN)):
        if line.startswith(word):
            return paint(word, colour, sys.stderr) + line.removeprefix(word)
    return line


def usage(error: click.ClickException) -> CliError:
    """A misuse of the command line."""
    hint = getattr(error, "hint", "")
    context = getattr(error, "ctx", None)
    if not hint and context is not None:
        hint = f"{context.command_path} --help"
    message = error.format_message().rstrip(".")
    return CliError(message[:1].lower() + message[1:], hint=hint, exit=Exit.MISUSE)


def unforeseen(error: Exception) -> CliError:
    """A failure that nobody foresaw: a fault of this program, unless Python cannot read what it has compiled itself."""
    from apps.processes import compiled

    if isinstance(error, (EOFError, ValueError)) and compiled.is_half(str(error)):
        return CliError(compiled.sentence(str(error)), hint=compiled.way_out(), reason="stigmer.cli.damaged_program")
    return CliError(
        f"this should not have happened: {type(error).__name__}: {error}",
        hint="Run the command again with --debug and report what it prints",
        reason="stigmer.cli.unforeseen",
    )
