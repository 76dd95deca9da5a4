"""What the command line relies on: what a program writes, when, and how it ends."""

import json
import time
from pathlib import Path

import pytest
from stigmer import Agent, Program, Workflow, __version__, synthesize

from .messages import as_dict, assert_valid
from .programs import Project

AGENT = """\
from stigmer import Agent

Agent("helper", instructions="Help whoever asks.")
"""
RULES = "Help whoever asks."
DIRECTLY = ("-P",)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """An empty project."""
    for name in ("project", "out"):
        (tmp_path / name).mkdir()
    return Project(tmp_path / "project", tmp_path / "out")


def test_a_program_writes_what_it_made(project: Project) -> None:
    project.write("main.py", AGENT)
    before = int(time.time())
    done = project.run()
    assert (done.code, done.stdout, done.stderr) == (0, "", "")
    assert project.written() == ["agent-0.pb", "dependencies.json"]
    agent = project.agent()
    assert_valid(agent)
    assert dict(agent.metadata.annotations).keys() == {
        "stigmer.ai/sdk.language",
        "stigmer.ai/sdk.version",
        "stigmer.ai/sdk.generated-at",
    }
    assert agent.metadata.annotations["stigmer.ai/sdk.language"] == "python"
    assert agent.metadata.annotations["stigmer.ai/sdk.version"] == __version__
    assert before <= int(agent.metadata.annotations["stigmer.ai/sdk.generated-at"]) <= int(time.time())


def test_files_are_numbered_in_the_order_of_the_program(project: Project) -> None:
    lines = "\n".join(f'Agent("agent {index}", instructions="Help whoever asks.")' for index in range(12))
    project.write("main.py", f"from stigmer import Agent\n{lines}\n")
    assert project.run().code == 0
    assert [project.agent(index).metadata.slug for index in range(12)] == [f"agent-{index}" for index in range(12)]


def test_a_workflow_may_run_itself() -> None:
    again = Workflow("again")
    again.run("rest", again)
    assert again.dependencies() == []


def test_a_program_with_nothing_in_it_writes_nothing_of_another_one(tmp_path: Path) -> None:
    Agent("left out", instructions="Not part of the other program.")
    synthesize(tmp_path, Program())
    assert [path.name for path in tmp_path.iterdir()] == ["dependencies.json"]


def test_dependencies_name_what_of_the_program_a_workflow_needs(tmp_path: Path) -> None:
    helper = Agent("Helper", instructions=RULES)
    Agent("by-slug", instructions=RULES)
    child = Workflow("child")
    child.wait("pause", 1)
    parent = Workflow("Parent")
    parent.call_agent("one", helper, "Hello")
    parent.call_agent("two", "by-slug", "Hello")
    parent.call_agent("three", helper, "Hello again")
    parent.call_agent("four", "made-elsewhere", "Hello")
    parent.run("five", child)
    paths = synthesize(tmp_path)
    assert [Path(path).name for path in paths] == [
        "agent-0.pb",
        "agent-1.pb",
        "workflow-0.pb",
        "workflow-1.pb",
        "dependencies.json",
    ]
    assert json.loads((tmp_path / "dependencies.json").read_text()) == {
        "workflow:parent": ["agent:helper", "agent:by-slug", "workflow:child"]
    }


def test_without_the_directory_nothing_is_written(project: Project) -> None:
    project.write("main.py", AGENT + "print('ran')\n")
    done = project.run(deploying=False)
    assert (done.code, done.stdout) == (0, "ran\n")
    assert project.written() == []
    assert [path.name for path in project.directory.iterdir()] == ["main.py"]


def test_without_the_directory_a_program_is_checked_all_the_same(project: Project) -> None:
    project.write("main.py", "from stigmer import Workflow\nWorkflow('empty')\n")
    done = project.run(deploying=False)
    assert (done.code, done.stderr) == (
        1,
        'stigmer.DefinitionError: Workflow("empty"): tasks must be at least one (main.py:2)\n',
    )


def test_a_program_that_makes_nothing_says_so_by_having_no_messages(project: Project) -> None:
    project.write("main.py", "import stigmer\n")
    assert project.run().code == 0
    assert project.written() == ["dependencies.json"]


def test_what_a_program_prints_goes_through(project: Project) -> None:
    project.write("main.py", "import sys\nprint('out', sys.argv[1:])\nprint('err', file=sys.stderr)\n")
    done = project.run("main.py", "a", "-b")
    assert (done.code, done.stdout, done.stderr) == (0, "out ['a', '-b']\n", "err\n")


def test_a_program_runs_as_any_script_does(project: Project) -> None:
    project.write("helper.py", "VALUE = 7\n")
    project.write(
        "main.py",
        "import sys, helper\n"
        "assert __name__ == '__main__' and sys.modules['__main__'].helper is helper\n"
        "print(sys.argv[0], sys.path[0] == sys.modules['helper'].__file__.rpartition('/')[0], __file__)\n",
    )
    done = project.run()
    assert (done.stderr, done.stdout) == ("", f"main.py True {project.directory}/main.py\n")


@pytest.mark.parametrize("interpreter", [("-P", "-m", "stigmer.entry"), DIRECTLY], ids=["entry", "directly"])
@pytest.mark.parametrize(
    "ending", ["", "import sys; sys.exit()", "import sys; sys.exit(0)", "import sys; sys.exit(False)"]
)
def test_a_program_that_ends_well_is_written(project: Project, interpreter: tuple[str, ...], ending: str) -> None:
    project.write("main.py", AGENT + ending)
    done = project.run(interpreter=interpreter)
    assert (done.code, done.stderr) == (0, "")
    assert project.written() == ["agent-0.pb", "dependencies.json"]


MAKE_ELSEWHERE = """\
import multiprocessing
from stigmer import Agent, DefinitionError

def make():
    try:
        Agent("elsewhere", instructions="In a process of its own.")
    except DefinitionError as error:
        print(error)

process = multiprocessing.get_context("fork").Process(target=make)
process.start()
process.join()
Agent("here", instructions="In the program itself.")
"""
MAKE_LATER = "def make(): threading.main_thread().join(); Agent('late', instructions='Later than the last line.')\n"


@pytest.mark.parametrize("interpreter", [("-P", "-m", "stigmer.entry"), DIRECTLY], ids=["entry", "directly"])
@pytest.mark.parametrize(
    "ending",
    [
        f"import threading\n{MAKE_LATER}threading.Thread(target=make).start()",
        # A pool is waited for before the main thread counts as ended.
        (
            "import concurrent.futures.thread as pools\n"
            "def make():\n"
            "    while not pools._shutdown: pass\n"
            "    Agent('late', instructions='Later than the last line.')\n"
            "pools.ThreadPoolExecutor().submit(make)\n"
        ),
        "import atexit; atexit.register(lambda: Agent('late', instructions='Later than the last line.'))",
    ],
    ids=["thread", "pool", "exit handler"],
)
def test_what_is_made_after_the_last_line_is_written(
    project: Project, interpreter: tuple[str, ...], ending: str
) -> None:
    project.write("main.py", AGENT + ending)
    done = project.run(interpreter=interpreter)
    assert (done.code, done.stderr) == (0, "")
    assert project.written() == ["agent-0.pb", "agent-1.pb", "dependencies.json"]


def test_what_is_made_when_everything_is_written_is_an_error(project: Project) -> None:
    """Exit handlers from before the SDK's run after it."""
    early = "import atexit\natexit.register(lambda: Agent('late', instructions='Later than the last line.'))\n"
    project.write("main.py", early + AGENT)
    done = project.run(interpreter=DIRECTLY)
    assert done.code == 1
    assert done.stderr.splitlines()[-1] == (
        'stigmer.DefinitionError: Agent("late") was made after the program had ended; '
        "make it before, or wait for the thread that does (main.py:2)"
    )


def test_what_a_process_of_its_own_makes_is_an_error_there(project: Project) -> None:
    project.write("main.py", MAKE_ELSEWHERE)
    done = project.run()
    assert done.stdout.startswith(
        'Agent("elsewhere") is made in a process of its own, which the program never hears of'
    )
    assert project.written() == ["agent-0.pb", "dependencies.json"]


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("Agent('x', instruction='Be brief and friendly.')", "instructions"),
        ("Agent('x', instructions='Be brief and friendly.', mcpservers=[])", "mcp_servers"),
        ("from stigmer import EnvVar; EnvVar('X', secrte=True)", "secret"),
    ],
)
def test_a_wrong_keyword_is_told_what_was_meant(project: Project, wrong: str, meant: str) -> None:
    project.write("main.py", f"from stigmer import Agent\n{wrong}\n")
    done = project.run()
    assert done.code == 1
    assert done.stderr.splitlines()[-1] == f"did you mean {meant!r}?"


@pytest.mark.parametrize("interpreter", [("-P", "-m", "stigmer.entry"), DIRECTLY], ids=["entry", "directly"])
@pytest.mark.parametrize(
    ("ending", "code", "last_line"),
    [
        ("import sys; sys.exit(3)", 3, ""),
        ("import sys; sys.exit('no key')", 1, "no key"),
        ("raise KeyError('x')", 1, "KeyError: 'x'"),
        ("Agent('helper', instructions='Again and again.')", 1, "made at main.py:3 (main.py:4)"),
    ],
)
def test_a_program_that_ends_badly_writes_nothing(
    project: Project, interpreter: tuple[str, ...], ending: str, code: int, last_line: str
) -> None:
    project.write("main.py", AGENT + ending)
    done = project.run(interpreter=interpreter)
    assert done.code == code
    assert done.stderr.strip().splitlines()[-1:] == [] if not last_line else last_line in done.stderr.splitlines()[-1]
    assert project.written() == []


def test_a_bare_system_exit_counts_too(project: Project) -> None:
    project.write("main.py", AGENT + "raise SystemExit(4)")
    assert project.run().code == 4
    assert project.written() == []


def test_an_incomplete_workflow_writes_nothing_and_fails_when_run_directly_too(project: Project) -> None:
    project.write("main.py", f"{AGENT}\nfrom stigmer import Workflow\nWorkflow('empty')\n")
    done = project.run(interpreter=DIRECTLY)
    assert done.code == 1
    assert "tasks must be at least one (main.py:6)" in done.stderr
    assert project.written() == []


def test_a_traceback_shows_only_the_users_lines(project: Project) -> None:
    project.write("parts.py", "from stigmer import Agent\n\ndef make():\n    Agent('x', instructions='short')\n")
    project.write("main.py", "import parts\n\nparts.make()\n")
    done = project.run()
    assert done.code == 1
    assert [line.strip() for line in done.stderr.splitlines() if line.lstrip().startswith("File ")] == [
        f'File "{project.directory}/main.py", line 3, in <module>',
        f'File "{project.directory}/parts.py", line 4, in make',
    ]
    assert done.stderr.splitlines()[-1].startswith('stigmer.DefinitionError: Agent("x"): instructions must have')
    assert done.stderr.endswith("(parts.py:4)\n")


def test_a_syntax_error_shows_the_line(project: Project) -> None:
    project.write("main.py", "import stigmer\nif True\n")
    done = project.run()
    assert done.code == 1
    assert f'File "{project.directory}/main.py", line 2' in done.stderr
    assert "stigmer/entry.py" not in done.stderr


def test_a_missing_program_is_told(project: Project) -> None:
    done = project.run()
    assert done.code == 1
    assert "No such file or directory" in done.stderr


def test_without_a_program_the_usage_is_told(project: Project) -> None:
    done = project.run("", interpreter=("-P", "-c", "import stigmer.entry, sys; sys.exit(stigmer.entry.main([]))"))
    assert (done.code, done.stderr) == (2, "usage: python -P -m stigmer.entry FILE [ARGUMENT...]\n")


def test_files_of_the_project_shadow_nothing_of_ours(project: Project) -> None:
    trap = "raise RuntimeError('the project shadows a module')\n"
    for name in ("stigmer.py", "stigmer_proto.py", "django.py", "google.py", "json.py", "grpc.py", "click.py"):
        project.write(name, trap)
    for folder in ("apps", "cli", "proto", "tests", "ai", "buf"):
        project.write(f"{folder}/__init__.py", f"NAME = 'my own {folder}'\n")
    project.write(
        "main.py", AGENT + "import apps, cli, proto, tests\nprint(apps.NAME, cli.NAME, proto.NAME, tests.NAME)\n"
    )
    done = project.run()
    assert (done.code, done.stderr) == (0, "")
    assert done.stdout == "my own apps my own cli my own proto my own tests\n"
    assert project.agent().metadata.slug == "helper"


def test_a_project_may_import_its_own_django(project: Project) -> None:
    project.write("django.py", "NAME = 'my own django'\n")
    project.write("main.py", AGENT + "import django\nprint(django.NAME)\n")
    assert project.run().stdout == "my own django\n"


def test_an_explicit_synthesis_writes_at_once(project: Project) -> None:
    project.write("main.py", AGENT + "import os, stigmer\nprint(len(stigmer.synthesize()))\nos._exit(0)\n")
    done = project.run()
    assert (done.code, done.stderr) == (0, "")
    assert project.written() == ["agent-0.pb", "dependencies.json"]


def test_nothing_half_written_is_left(project: Project) -> None:
    project.write("main.py", AGENT)
    (project.out / "agent-0.pb").mkdir()
    done = project.run()
    assert done.code == 1
    assert "Is a directory" in done.stderr
    assert "dependencies.json" not in project.written()


def test_everything_made_by_hand_reads_back(project: Project) -> None:
    project.write("main.py", "from stigmer import Workflow\nwf = Workflow('w')\nwf.set('a', b='ü')\n")
    assert project.run().code == 0
    assert_valid(project.workflow())
    assert as_dict(project.workflow())["spec"]["tasks"][0]["task_config"] == {"variables": {"b": "ü"}}
