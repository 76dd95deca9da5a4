"""The frame: help, global options, exit codes, streams."""

from __future__ import annotations

import os
import pwd
import py_compile
import re
import signal
import subprocess
import sys
import tomllib
from importlib import import_module
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

import cli.commands
import cli.output
from apps.backends.version import VERSION
from cli.failures import unforeseen
from cli.main import COMMANDS, HIDDEN, root
from tests.support.daemon import PROGRAM
from tests.support.manifests import write_agent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.daemon import Installation


def every_command() -> Iterator[tuple[str, click.Command]]:
    """All commands with the words that call them."""
    for name in (*COMMANDS, *HIDDEN):
        yield from with_those_below(name, import_module(f"cli.commands.{name}").command)


def with_those_below(words: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    yield words, command
    if isinstance(command, click.Group):
        for below, each in command.commands.items():
            yield from with_those_below(f"{words} {below}", each)


ALL = dict(every_command())
NO_CLOUD = "This version works on this machine only: there is nothing to sign in to"
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("words", "option"),
    [
        pytest.param(words, option, id=f"{words} {name}")
        for words, command in ALL.items()
        if not isinstance(command, click.Group)
        for option in command.params
        if isinstance(option, click.Option) and option.is_flag
        for name in option.opts[-1:]
    ],
)
def test_every_flag_takes_true_and_false(words: str, option: click.Option) -> None:
    """As its opposite, or as if it were not there; anything else is refused by its name."""

    def parsed(*arguments: str) -> tuple[object, list[str]]:
        context = click.Context(ALL[words], info_name=words, resilient_parsing=True)
        rest = ALL[words].parse_args(context, [*arguments, "--", "--rest=true"])
        return context.params.get(str(option.name)), rest

    for name in option.opts:
        if name.startswith("--"):
            assert parsed(f"{name}=true") == parsed(name)
            assert parsed(f"{name}=FALSE") == parsed(*option.secondary_opts[:1])
            with pytest.raises(click.BadParameter, match="must be true or false, not 'maybe'"):
                parsed(f"{name}=maybe")
    for name in option.secondary_opts:
        assert parsed(f"{name}=0") == parsed(option.opts[0])


@pytest.mark.parametrize("before", ["-m", "--message", "-qm"])
def test_a_value_that_looks_like_a_flag_stays_a_value(before: str) -> None:
    context = click.Context(ALL["run"], info_name="run")
    ALL["run"].parse_args(context, ["agent/bare", before, "--follow=false"])
    assert (context.params["message"], context.params["follow"]) == ("--follow=false", True)


@pytest.mark.parametrize(("home", "said"), [("", None), ("here", "HOME must be an absolute path, got 'here'")])
def test_an_empty_home_is_none_and_a_relative_one_refused(tmp_path: Path, home: str, said: str | None) -> None:
    done = subprocess.run(
        [*PROGRAM, "config", "list", "-o", "json"],
        env={"PATH": os.environ["PATH"], "HOME": home},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    if said:
        assert done.returncode == 2
        assert said in done.stderr
        assert f"export HOME={tmp_path}/here" in done.stderr
    else:
        assert str(Path(pwd.getpwuid(os.getuid()).pw_dir, ".stigmer", "data")) in done.stdout


def test_every_module_of_a_command_is_in_the_table() -> None:
    (folder,) = cli.commands.__path__
    assert {file.stem for file in Path(folder).glob("[!_]*.py")} == {*COMMANDS, *HIDDEN}


@pytest.mark.parametrize("words", ALL)
def test_every_command_has_a_help_page_with_an_example(words: str) -> None:
    command = ALL[words]
    context = click.Context(command, info_name=words, parent=click.Context(root, info_name="stigmer"))
    page = command.get_help(context)
    examples = page.partition("\nExamples:\n")[2]
    assert f"  stigmer {words}" in examples or (words == "server" and "stigmer server" in examples)
    assert "Global options:" in page
    assert command.help
    assert command.help.rstrip().endswith((".", "too."))


@pytest.mark.parametrize("words", ALL)
def test_every_option_has_a_help_text(words: str) -> None:
    for parameter in ALL[words].params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name


SHOWS_NOTHING = {
    "agents accept-tools": "shows what changed to whoever accepts it; the RPC has the data",
    "dev": "tells what happens for as long as it runs",
    "logs": "prints the lines of a log",
    "ui": "opens a browser; the address it may print is a line",
    "completion": "prints a script",
    "schema": "prints one document, which is JSON",
    "config path": "prints one path",
    "server llm pull": "changes",
    "chat": "is a conversation; each answer is text",
    "doctor": "prints a line a finding, or JSON with --json",
    "model login": "changes",
    "model logout": "changes",
    "config set": "changes",
    "config unset": "changes",
    "edit": "changes",
    "env set": "changes",
    "env unset": "changes",
    "server start": "changes",
    "server stop": "changes",
    "server restart": "changes",
    "server rotate-keys": "changes",
    "server logs": "prints lines as they come",
    "serve api": "serves until it is stopped",
    **{f"serve {unit}": "serves until it is stopped" for unit in ("web", "runner", "worker", "scheduler")},
    "serve migrate": "changes",
    "serve rotate-keys": "changes",
    "serve create-admin": "changes; prints one key",
}


@pytest.mark.parametrize("words", ALL)
def test_what_shows_something_has_an_output_option(words: str) -> None:
    command = ALL[words]
    if not isinstance(command, click.Group):
        has_output = any(parameter.name == "output" for parameter in command.params)
        assert has_output != (words in SHOWS_NOTHING)


def test_the_examples_of_help_are_commands_that_parse() -> None:
    for words, command in ALL.items():
        for line in re.findall(r"stigmer ([^&|\n]+)", getattr(command, "examples", "")):
            name, *arguments = line.split()
            found: click.Command = import_module(f"cli.commands.{name}").command
            while isinstance(found, click.Group) and arguments:
                found = found.commands[arguments.pop(0)]
            found.make_context(words, arguments, obj=cli.output.Console(), resilient_parsing=True)


def test_help_needs_no_import_of_a_command(installation: Installation) -> None:
    short = installation.run("-h")
    assert (short.code, short.stderr) == (0, "")
    assert short.stdout == installation.run("--help").stdout == installation.run().stdout
    for name, line in COMMANDS.items():
        assert re.search(rf"^  {name} +{re.escape(line)}$", short.stdout, re.MULTILINE)


def test_help_leaves_out_what_leads_nowhere_without_a_cloud(installation: Installation) -> None:
    for words in ("", *ALL):
        page = installation.run(*words.split(), "--help").stdout
        assert "cloud" not in page, words
        assert "--org" not in page, words
    assert installation.run("get", "agents", "--org", "local").code == 0
    assert installation.run("backend", "status").code == 0


def test_help_fits_eighty_columns(installation: Installation) -> None:
    for name in ("", *COMMANDS):
        page = installation.run(*name.split(), "--help").stdout
        too_wide = [line for line in page.splitlines() if len(line) > 80]
        assert not too_wide, name


def test_a_group_without_a_command_shows_what_there_is_in_whole_sentences(installation: Installation) -> None:
    done = installation.run("config")
    assert (done.code, done.stdout) == (2, "")
    assert done.stderr == installation.run("config", "--help").stdout
    lines = done.stderr.splitlines()
    assert lines[lines.index("Commands:") + 1] == "  list   Show every setting, its value and where it came from."
    runs = installation.run("executions", "--help").stdout
    assert "  show       Show one run: what it was given and what came of it, what was\n             said," in runs


def test_the_version_has_one_source(installation: Installation) -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    assert project["version"] == VERSION
    assert installation.run("version").stdout == f"stigmer {VERSION}\n" == installation.run("--version").stdout
    assert installation.run("version", "-o", "json").json() == {"version": VERSION}
    assert installation.run("version", "-o", "yaml").stdout == f"version: {VERSION}\n"
    assert installation.run("version", "-o", "name").stdout == f"{VERSION}\n"


@pytest.mark.parametrize(
    ("arguments", "sentence", "hint"),
    [
        (("aply",), "there is no command 'aply'", "stigmer apply"),
        (("frobnicate",), "there is no command 'frobnicate'", "stigmer --help"),
        (("apply", "--frob"), "no such option '--frob'", "stigmer apply --help"),
        (("get",), "missing argument 'KIND'", "stigmer get --help"),
        (("get", "agents", "-o", "xml"), "invalid value for '-o' / '--output'", "stigmer get --help"),
        (("log",), "there is no command 'log'", "stigmer logs"),
        (("login",), "there is no command 'login'", NO_CLOUD),
        (("server", "stat"), "there is no command 'stat'", "stigmer server status"),
        (("server", "dance"), "there is no command 'dance'", "stigmer server --help"),
        (("server", "sttus"), "there is no command 'sttus'", "stigmer server status"),
        (("get", "agnets"), "there is no kind 'agnets'", "Did you mean `agents`?"),
        (("describe", "Workflw", "x"), "there is no kind 'Workflw'", "Did you mean `workflow`?"),
        (("apply", "-f", "a", "--config", "b"), "--config and -f exclude each other", "stigmer apply --help"),
        (
            ("config", "set", "backend.cloud.token", "stk_1"),
            "backend.cloud.token is a secret",
            "Leave the value out, and type or pipe it: `stigmer config set backend.cloud.token`",
        ),
    ],
)
def test_misuse_is_exit_code_2_with_a_hint(
    installation: Installation, arguments: tuple[str, ...], sentence: str, hint: str
) -> None:
    done = installation.run(*arguments)
    assert (done.code, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: {sentence}")
    assert done.stderr.endswith(f"\n\nhint: {hint}\n")


def test_a_reader_that_leaves_early_ends_the_command_quietly(installation: Installation) -> None:
    process = subprocess.Popen(
        [*PROGRAM, "server", "logs", "-f"],
        env=installation.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    if process.stdout is None or process.stderr is None:
        pytest.fail("no pipes")
    process.stdout.readline()
    process.stdout.close()
    # The next line that is written finds nobody there.
    installation.run("get", "agents", "-o", "json")
    installation.run("server", "restart")
    assert process.wait(timeout=20) == 1
    assert process.stderr.read() == ""
    process.stderr.close()


def run_in_shell(installation: Installation, command: str) -> subprocess.CompletedProcess[str]:
    program = " ".join(PROGRAM)
    return subprocess.run(
        ["/bin/sh", "-c", command.replace("stigmer", program, 1)],
        env=installation.environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_an_output_that_is_full_is_an_error(installation: Installation) -> None:
    for command in ("stigmer version >/dev/full", "stigmer get agents -o json >/dev/full", "stigmer --help >/dev/full"):
        done = run_in_shell(installation, command)
        assert done.returncode == 1
        assert done.stderr == "error: cannot write the output: no space left on device\n"


@pytest.mark.parametrize(
    ("cut", "said"),
    [(-4, "marshal data too short"), (16, "EOF read where object expected"), (53, "EOF read where not expected")],
)
def test_half_of_a_compiled_file_is_told_with_the_way_out(cut: int, said: str, tmp_path: Path) -> None:
    (tmp_path / "half.py").write_text("VALUE = 1\n")
    compiled = Path(py_compile.compile(str(tmp_path / "half.py"), doraise=True) or "")
    compiled.write_bytes(compiled.read_bytes()[:cut])
    with pytest.raises(EOFError) as caught:
        SourceFileLoader("half", str(tmp_path / "half.py")).get_code("half")
    told = unforeseen(caught.value)
    assert str(told).startswith(f"Python cannot read a file that it has compiled itself: {said}")
    assert re.fullmatch(r"find \S+ \S+ -name __pycache__ -prune -exec rm -r {} \+", told.hint)


def test_a_current_directory_that_was_removed_is_one_clear_error(installation: Installation, tmp_path: Path) -> None:
    for arguments in ("new z", "apply", "apply -f a.yaml"):
        done = run_in_shell(installation, f"mkdir {tmp_path}/d && cd {tmp_path}/d && rmdir ../d && stigmer {arguments}")
        assert done.returncode == 1
        assert done.stderr.endswith("error: the current directory was removed\n\nhint: cd ~\n"), done.stderr


def test_words_that_nobody_can_hear_stop_nothing(installation: Installation, tmp_path: Path) -> None:
    file = write_agent(tmp_path / "a.yaml", "unheard")
    for end in ("2>/dev/full", "2>&-", ">&- 2>&-", "</dev/null >/dev/null"):
        done = run_in_shell(installation, f"stigmer apply -f {file} {end}")
        assert done.returncode == 0, done.stderr


def test_a_narrow_encoding_cannot_stop_the_program(installation: Installation, tmp_path: Path) -> None:
    file = write_agent(tmp_path / "a.yaml", "narrow")
    done = installation.run("apply", "-f", str(file), env={"PYTHONIOENCODING": "ascii"})
    assert done.code == 0, done.stderr
    assert "? Created" in done.stdout


def test_debug_shows_the_traceback_and_keeps_the_sentence(installation: Installation) -> None:
    for arguments in (("--debug", "get", "agent", "nobody"), ("get", "agent", "nobody", "--debug")):
        done = installation.run(*arguments)
        assert done.code == 4
        assert "Traceback (most recent call last):" in done.stderr
        assert done.stderr.endswith("error: agent 'nobody' not found\n\nhint: stigmer get agents\n")


def test_the_ci_variable_means_no_questions_and_no_moving_text(installation: Installation, tmp_path: Path) -> None:
    file = write_agent(tmp_path / "a.yaml", "in-ci")
    code, screen = installation.run_on_terminal("apply", "-f", str(file), env={"CI": "true"})
    assert code == 0
    assert "\x1b" not in screen
    code, screen = installation.run_on_terminal("delete", "agent", "in-ci", env={"CI": "true"})
    assert code == 2
    assert "hint: stigmer delete agent in-ci --yes" in screen


# Stands in for a package that takes long to be read.
SLOW_CLICK = """
import sys, time
print("reading", flush=True)
time.sleep(60)
"""


def test_ctrl_c_while_the_program_is_read_ends_it_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "click.py").write_text(SLOW_CLICK)
    where = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    command = [sys.executable, "-P", "-m", "cli", "version"]
    with subprocess.Popen(command, env=where, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "reading\n"
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=30)
    assert (process.returncode, stderr) == (-signal.SIGINT, "")


def test_ctrl_c_that_the_shell_has_ignored_stays_ignored() -> None:
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); from cli import __main__, main; "
        "main.run = lambda: print(int(signal.getsignal(signal.SIGINT))); __main__.run()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"{signal.SIG_IGN:d}\n"
