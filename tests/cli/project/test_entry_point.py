"""Entry points run as real child processes, and whatever they do, the command goes on or says why not."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from cli.exits import Exit
from cli.project.entry_point import start_entry_point
from cli.project.errors import (
    BadManifest,
    BrokenVenv,
    EntryPointFailed,
    EntryPointTimedOut,
    NoGo,
    NoOutputDirectory,
    NoResources,
    NotStarted,
    OldPython,
)
from cli.project.project_file import load_project
from tests.cli.project.projects import AGENT, GO, clean_environment, complaint, discover, make_project

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def temporary_directories(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where output directories are made, so that a test can see whether one stays behind."""
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    return place


def eventually(holds: Callable[[], bool], seconds: float = 30.0) -> bool:
    """Whether `holds` comes true before the deadline."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def is_gone(pid: int) -> bool:
    """No such process, or one that nobody has waited for yet."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state == "Z"


def test_what_the_program_declares_is_found(tmp_path: Path, temporary_directories: Path) -> None:
    found = discover(make_project(tmp_path / "p"))
    assert [(resource.kind, resource.name, resource.slug) for resource in found.resources] == [("Agent", "Bot", "bot")]
    assert list(temporary_directories.iterdir()) == []


def test_output_is_handed_on_line_by_line(tmp_path: Path) -> None:
    main = AGENT + "import sys\nprint('one')\nprint('two', file=sys.stderr)\nsys.stdout.write('three')\n"
    output: list[str] = []
    assert discover(make_project(tmp_path / "p", main), output=output).counts() == {"agent": 1}
    assert output == ["one", "two", "three"]


def test_output_is_live(tmp_path: Path) -> None:
    """The program waits for a file that the test makes once it has seen the first line."""
    signal_file = tmp_path / "go-on"
    main = f"""
    import pathlib, time
    print("waiting")
    while not pathlib.Path({str(signal_file)!r}).exists():
        time.sleep(0.01)
    """
    project = load_project(make_project(tmp_path / "p", dedent(main) + AGENT))
    with start_entry_point(project, lambda _: signal_file.touch(), time_limit_seconds=30) as child:
        assert [path.name for path in child.wait().glob("*.pb")] == ["agent-0.pb"]


def test_the_program_runs_beside_its_file_with_an_empty_directory_of_its_own(tmp_path: Path) -> None:
    main = """
    import os, pathlib, stat
    out = pathlib.Path(os.environ["STIGMER_OUT_DIR"])
    print(os.getcwd(), out.is_absolute(), list(out.iterdir()), oct(stat.S_IMODE(out.stat().st_mode)))
    print(os.environ.get("PYTHONDONTWRITEBYTECODE"), os.environ["PYTHONPATH"])
    """
    directory = make_project(
        tmp_path / "p", main, file="name: d\nruntime: python\nmain: src/main.py\n", entry="src/main.py"
    )
    output: list[str] = []
    environment = clean_environment() | {"PYTHONPATH": f"{ROOT}:{ROOT}/sdk:{ROOT}/gen", "PYTHONDONTWRITEBYTECODE": "1"}
    with pytest.raises(NoResources):
        discover(directory, output=output, environment=environment)
    assert output == [f"{directory}/src True [] 0o700", f"None {environment['PYTHONPATH']}"]


def test_a_program_that_raises_is_told_of_once(tmp_path: Path) -> None:
    directory = make_project(tmp_path / "p", "print('start')\n{}['x']\n")
    output: list[str] = []
    assert complaint(lambda: discover(directory, output=output), tmp_path, EntryPointFailed) == (
        "error: main.py failed with exit code 1; what it printed stands above\n"
        "\n"
        "hint: Correct DIR/p/main.py and run `stigmer apply` again; nothing was deployed"
    )
    assert output == [
        "start",
        "Traceback (most recent call last):",
        f'  File "{tmp_path}/p/main.py", line 2, in <module>',
        "    {}['x']",
        "    ~~^^^^^",
        "KeyError: 'x'",
    ]


def test_a_program_that_exits_with_a_code_has_failed(tmp_path: Path) -> None:
    directory = make_project(tmp_path / "p", AGENT + "import sys\nsys.exit(3)\n")
    assert complaint(lambda: discover(directory), tmp_path, EntryPointFailed) == (
        "error: main.py failed with exit code 3; it printed nothing\n\n"
        "hint: Correct DIR/p/main.py and run `stigmer apply` again; nothing was deployed"
    )


def test_a_program_that_crashes_names_the_signal(tmp_path: Path) -> None:
    directory = make_project(tmp_path / "p", "import os\nos.kill(os.getpid(), 9)\n")
    said = complaint(lambda: discover(directory), tmp_path, EntryPointFailed)
    assert said.startswith("error: main.py was ended by SIGKILL; it printed nothing")


def test_the_last_lines_are_kept_for_programs(tmp_path: Path) -> None:
    directory = make_project(tmp_path / "p", "for n in range(5000): print('line', n)\nraise SystemExit(1)\n")
    output: list[str] = []
    with pytest.raises(EntryPointFailed) as caught:
        discover(directory, output=output)
    assert caught.value.lines == tuple(f"line {n}" for n in range(4980, 5000))
    assert len(output) == 5000


def test_a_program_that_hangs_is_stopped_with_all_its_children(tmp_path: Path, temporary_directories: Path) -> None:
    main = """
    import os, signal, time
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if child := os.fork():
        print(child)
    time.sleep(600)
    """
    directory = make_project(tmp_path / "p", main)
    output: list[str] = []
    limited = lambda: discover(directory, time_limit_seconds=5.0, output=output)  # noqa: E731
    assert complaint(limited, tmp_path, EntryPointTimedOut) == (
        "error: main.py did not end within 5 s and was stopped; what it printed stands above\n\n"
        "hint: An entry point declares resources and ends: look for a loop or a server in it, "
        "or give it longer with `stigmer apply --entry-timeout 10`"
    )
    assert eventually(lambda: is_gone(int(output[0])))
    assert list(temporary_directories.iterdir()) == []


def test_a_time_out_has_an_exit_code_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(EntryPointTimedOut) as caught:
        discover(make_project(tmp_path / "p", "import time\ntime.sleep(600)\n"), time_limit_seconds=0.2)
    assert caught.value.exit is Exit.TIMEOUT


@pytest.mark.parametrize("writing", ["time.sleep(0.1)", "os.write(1, b'y\\n' * 1000)"])
def test_a_child_left_behind_holding_the_output_does_not_keep_us(tmp_path: Path, writing: str) -> None:
    main = f"""
    import os, time
    if (child := os.fork()) == 0:
        deadline = time.monotonic() + 600
        try:
            while time.monotonic() < deadline:
                {writing}
        finally:
            os._exit(0)
    os.write(1, b"%d\\n" % child)
    """
    output: list[str] = []
    directory = make_project(tmp_path / "p", AGENT + dedent(main))
    try:
        assert discover(directory, output=output, time_limit_seconds=30).counts() == {"agent": 1}
    finally:
        left = [int(line) for line in output if line.isdecimal()]
        for pid in left:
            # One that writes may have ended already, when nobody read any more.
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    assert len(left) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_command_that_is_told_to_end_takes_the_program_along(
    tmp_path: Path, temporary_directories: Path, number: signal.Signals
) -> None:
    directory = make_project(tmp_path / "p", "import os, time\nprint(os.getpid())\ntime.sleep(600)\n")
    script = f"""
    import tempfile
    tempfile.tempdir = {str(temporary_directories)!r}
    from pathlib import Path
    from cli.project.entry_point import start_entry_point
    from cli.project.project_file import load_project
    with start_entry_point(load_project(Path({str(directory)!r})), lambda line: print(line, flush=True)) as child:
        child.wait()
    """
    with subprocess.Popen(
        [sys.executable, "-c", dedent(script)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT
    ) as command:
        pid = int(command.stdout.readline()) if command.stdout else 0
        command.send_signal(number)
        assert command.wait(timeout=30) == -signal.SIGINT
    assert eventually(lambda: is_gone(pid))
    assert list(temporary_directories.iterdir()) == []


def test_the_signals_have_their_default_back_afterwards(tmp_path: Path) -> None:
    discover(make_project(tmp_path / "p"))
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_leaving_early_stops_the_program(tmp_path: Path, temporary_directories: Path) -> None:
    project = load_project(make_project(tmp_path / "p", "import time\ntime.sleep(600)\n"))
    with start_entry_point(project, print) as child:
        pid = child._process.pid
    assert is_gone(pid)
    assert list(temporary_directories.iterdir()) == []


def test_a_program_that_asks_the_terminal_is_refused_an_answer(tmp_path: Path) -> None:
    directory = make_project(tmp_path / "p", "input('name? ')\n")
    with pytest.raises(EntryPointFailed) as caught:
        discover(directory)
    assert caught.value.lines[-1].startswith("EOFError")


def test_a_program_that_declares_nothing_is_no_success(tmp_path: Path) -> None:
    directory = make_project(tmp_path / "p", "print('hello')\n")
    assert complaint(lambda: discover(directory), tmp_path, NoResources) == (
        "error: the entry point ended well but declared no resource to deploy\n\n"
        "hint: Create at least one agent or workflow in it, with the Stigmer SDK; "
        "to delete what the project has deployed: `stigmer destroy`"
    )


def test_a_program_that_writes_a_damaged_file_is_refused(tmp_path: Path) -> None:
    main = AGENT + "import os\nopen(os.environ['STIGMER_OUT_DIR'] + '/workflow-7.pb', 'wb').write(b'\\xff\\xff')\n"
    assert complaint(lambda: discover(make_project(tmp_path / "p", main)), tmp_path, BadManifest) == (
        "error: manifest workflow-7.pb is damaged: "
        "its 2 bytes cannot be read as ai.stigmer.agentic.workflow.v1.Workflow\n\n"
        "hint: Let the Stigmer SDK write the manifests, and check that its version fits this one"
    )


@pytest.mark.parametrize("named", [False, True], ids=["beside the program", "on PYTHONPATH too"])
def test_names_that_are_ours_or_the_standard_librarys_do_no_harm(tmp_path: Path, named: bool) -> None:
    """A project may have folders and files called as ours are; its own modules are still the ones it imports."""
    directory = make_project(tmp_path / "p", "import helper\n" + AGENT + "print(helper.WHO)\n")
    (directory / "helper.py").write_text("WHO = 'mine'\n")
    for folder in ("apps", "cli", "proto", "tests", "stigmer_site", "stigmer_proto", "google"):
        (directory / folder).mkdir()
        (directory / folder / "__init__.py").write_text("raise RuntimeError('shadowed')\n")
    for name in ("stigmer", "django", "grpc", "yaml"):
        (directory / f"{name}.py").write_text("raise RuntimeError('shadowed')\n")
    environment = clean_environment() | ({"PYTHONPATH": str(directory)} if named else {})
    output: list[str] = []
    assert discover(directory, output=output, environment=environment).counts() == {"agent": 1}
    assert output == ["mine"]


def test_what_pythonpath_names_comes_first_for_the_program(tmp_path: Path) -> None:
    ours = tmp_path / "ours"
    ours.mkdir()
    (ours / "yaml.py").write_text("WHO = 'mine'\n")
    environment = clean_environment() | {"PYTHONPATH": str(ours)}
    output: list[str] = []
    directory = make_project(tmp_path / "p", AGENT + "import yaml\nprint(yaml.WHO)\n")
    assert discover(directory, output=output, environment=environment).counts() == {"agent": 1}
    assert output == ["mine"]


def make_venv(directory: Path, name: str = ".venv") -> Path:
    """An environment with nothing in it."""
    venv = directory / name
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    return venv


def site_of(venv: Path) -> Path:
    return next(venv.glob("lib/python*/site-packages"))


WHO = AGENT + "import sys\nprint(sys.prefix)\n"


def run_by(directory: Path, **more: str) -> list[str]:
    """What a project that prints its environment prints: a note where it was lent the SDK, and the environment."""
    output: list[str] = []
    assert discover(directory, output=output, environment=clean_environment() | more).counts() == {"agent": 1}
    return output


def test_the_projects_own_interpreter_runs_it_with_its_own_sdk(tmp_path: Path) -> None:
    directory = make_project(tmp_path / "p", WHO)
    venv = make_venv(directory)
    paths = [f"{ROOT}/sdk", f"{ROOT}/gen", *(path for path in sys.path if path)]
    (site_of(venv) / "ours.pth").write_text("\n".join(paths))
    assert run_by(directory) == [str(venv)]


LENT = "has no Stigmer SDK that fits; the one of this command is used"


@pytest.mark.parametrize("name", [".venv", "venv"])
def test_an_own_interpreter_without_the_sdk_is_lent_ours(tmp_path: Path, name: str) -> None:
    directory = make_project(tmp_path / "p", WHO)
    venv = make_venv(directory, name)
    assert run_by(directory) == [f"note: the project's own Python, {venv}/bin/python, {LENT}", str(venv)]


def test_a_lent_sdk_brings_nothing_else_along(tmp_path: Path) -> None:
    directory = make_project(tmp_path / "p", AGENT + "import click\n")
    venv = make_venv(directory)
    assert complaint(lambda: discover(directory, environment=clean_environment()), tmp_path, EntryPointFailed) == (
        "error: main.py failed with exit code 1; what it printed stands above; "
        "it was run by the project's own Python, DIR/p/.venv/bin/python\n\n"
        "hint: Install what is missing there, or correct DIR/p/main.py, and run `stigmer apply` again; "
        "nothing was deployed"
    )
    assert venv.is_dir()


def test_another_product_of_the_same_name_and_an_old_protobuf_are_passed_over(tmp_path: Path) -> None:
    directory = make_project(tmp_path / "p", WHO)
    site = site_of(make_venv(directory))
    (site / "stigmer").mkdir()
    (site / "stigmer" / "__init__.py").write_text("def another_product(): ...\n")
    (site / "google" / "protobuf").mkdir(parents=True)
    (site / "google" / "protobuf" / "__init__.py").write_text("__version__ = '5.29.0'\n")
    assert LENT in run_by(directory)[0]


def test_an_environment_of_the_workspace_runs_its_members(tmp_path: Path) -> None:
    directory = make_project(tmp_path / "workspace" / "members" / "one", WHO)
    venv = make_venv(tmp_path / "workspace")
    assert run_by(directory)[-1] != str(venv), "nothing says that this is a workspace"
    (tmp_path / "workspace" / "pyproject.toml").touch()
    assert run_by(directory)[-1] == str(venv)


def test_an_activated_environment_runs_a_project_without_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = make_project(tmp_path / "p", WHO)
    activated = make_venv(tmp_path / "elsewhere")
    assert run_by(directory, VIRTUAL_ENV=str(activated))[-1] == str(activated)
    monkeypatch.chdir(tmp_path)
    assert run_by(directory, VIRTUAL_ENV="elsewhere/.venv")[-1] == str(activated)
    own = make_venv(directory)
    assert run_by(directory, VIRTUAL_ENV=str(activated))[-1] == str(own)


def fake_interpreter(directory: Path, script: str) -> None:
    python = directory / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(script)
    python.chmod(0o755)


def test_an_own_interpreter_that_is_too_old_is_named(tmp_path: Path) -> None:
    """Python before 3.11 does not know -P, and answers like this."""
    directory = make_project(tmp_path / "p")
    fake_interpreter(directory, "#!/bin/sh\necho 'Unknown option: -P' >&2\nexit 2\n")
    said = complaint(lambda: discover(directory), tmp_path, OldPython)
    assert said.startswith("error: the project's own Python, DIR/p/.venv/bin/python, is older than 3.11\n")


def test_an_own_interpreter_that_is_gone_is_not_replaced_in_silence(tmp_path: Path) -> None:
    directory = make_project(tmp_path / "p")
    (directory / ".venv" / "bin").mkdir(parents=True)
    (directory / ".venv" / "bin" / "python").symlink_to("/opt/gone/python3.11")
    assert complaint(lambda: discover(directory), tmp_path, BrokenVenv) == (
        "error: the project's own Python, DIR/p/.venv/bin/python, points to /opt/gone/python3.11, "
        "which is not there any more\n\n"
        "hint: Create DIR/p/.venv again, or remove it to use the Python that Stigmer runs on"
    )


def test_an_own_interpreter_that_does_not_start_is_named(tmp_path: Path, temporary_directories: Path) -> None:
    directory = make_project(tmp_path / "p")
    fake_interpreter(directory, "no program\n")
    said = complaint(lambda: discover(directory), tmp_path, NotStarted)
    assert said.startswith("error: cannot start DIR/p/.venv/bin/python: exec format error")
    assert list(temporary_directories.iterdir()) == []


def test_without_room_for_the_output_the_variable_that_moves_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    said = complaint(lambda: discover(make_project(tmp_path / "p")), tmp_path, NoOutputDirectory)
    assert said == (
        "error: cannot make a temporary directory for the manifests: no such file or directory\n\n"
        "hint: Free some space, or name a directory you can write to with `TMPDIR=DIR stigmer apply`"
    )


def test_without_go_the_way_to_get_it_is_named(tmp_path: Path) -> None:
    directory = make_project(tmp_path / "p", "package main\n", file=GO, entry="main.go")
    environment = clean_environment() | {"PATH": str(tmp_path)}
    assert complaint(lambda: discover(directory, environment=environment), tmp_path, NoGo) == (
        "error: DIR/p/Stigmer.yaml says `runtime: go`, but there is no `go` command on the PATH\n\n"
        "hint: Install Go from https://go.dev/dl and open a new terminal, or check with `go version`"
    )
