"""Start-up time is a feature, and imports are what it is spent on: the budget, by name."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.manifests import write_agent, write_project
from tests.support.runs import deploy_agent, write_answers

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.daemon import Installation

# No command ever.
NEVER = {
    "django", "rest_framework", "temporalio", "mcp", "rich", "psutil", "jq", "celery", "huey", "pydantic",
    "importlib.metadata", "multiprocessing", "http.client", "email", "unittest", "sqlite3", "ruamel",
}  # fmt: skip
# Not before something has to be said to a server, or read from a file.
NOT_FOR_WORDS = {
    "grpc", "google.protobuf", "stigmer_proto", "yaml", "asyncio", "ssl", "subprocess", "json", "shutil", "bz2", "lzma",
    "cli.deploy", "cli.project", "apps.backends.local.launch",
}  # fmt: skip
# Not while a project is deployed to a daemon that runs.
NOT_FOR_APPLY = {
    "ssl", "grpc.aio", "google.protobuf.internal.python_message", "google.protobuf.json_format", "google.rpc", "yaml",
    "stigmer", "grpc_status", "webbrowser",
    "apps.backends.local.starting", "cli.progress", "cli.failures",
    "cli.project.yaml_files", "cli.project.scaffold", "stigmer_site", "apps.resources",
    "apps.archives", "apps.backends.runs", "zipfile",
}  # fmt: skip


# Runs the command in its arguments and writes down what it has imported.
WATCHED = """
import os, sys
leave = os._exit

def note(code):
    with open(os.environ["MODULES_FILE"], "w") as file:
        file.write("\\n".join(sys.modules))
    leave(code)

os._exit = note
sys.argv[:] = sys.argv[1:]
from cli.__main__ import run
run()
"""


def modules_of(
    installation: Installation, *arguments: str, cwd: Path | None = None, env: dict[str, str] | None = None
) -> set[str]:
    """The names of all modules that a command imports."""
    file = installation.home / "modules"
    done = subprocess.run(
        [sys.executable, "-P", "-c", WATCHED, "stigmer", *arguments],
        cwd=cwd or installation.home,
        env=installation.environment({"MODULES_FILE": str(file), **(env or {})}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(file.read_text().split())


def unwanted(found: set[str], forbidden: set[str]) -> list[str]:
    """Those of `found` that are, or are inside, something forbidden."""
    return sorted(name for name in found if any(name == each or name.startswith(f"{each}.") for each in forbidden))


@pytest.mark.parametrize(
    "arguments", [("version",), ("--help",), ("apply", "--help"), ("get", "--help"), ("server", "--help")]
)
def test_words_are_said_without_any_machinery(installation: Installation, arguments: tuple[str, ...]) -> None:
    assert unwanted(modules_of(installation, *arguments), NEVER | NOT_FOR_WORDS) == []


def test_only_the_command_that_is_used_is_imported(installation: Installation) -> None:
    found = modules_of(installation, "version")
    assert {name for name in found if name.startswith("cli.commands.")} == {"cli.commands.version"}
    assert not any(name.startswith("cli.commands.") for name in modules_of(installation, "--help"))


def test_a_project_is_deployed_with_what_that_needs(installation: Installation, tmp_path: Path) -> None:
    project = write_project(tmp_path / "p", "lean")
    found = modules_of(installation, "apply", cwd=project)
    # Stigmer.yaml itself is a YAML file: read by our own small reader where that suffices.
    assert unwanted(found, NEVER | NOT_FOR_APPLY) == []
    assert "grpc" in found


def test_a_file_is_deployed_with_what_that_needs(installation: Installation, tmp_path: Path) -> None:
    file = write_agent(tmp_path / "a.yaml", "lean-file")
    found = modules_of(installation, "apply", "-f", str(file))
    allowed = {"yaml", "cli.project.yaml_files"}
    assert unwanted(found, NEVER | NOT_FOR_APPLY - allowed) == []


def test_watching_a_run_needs_no_more(running: Installation, tmp_path: Path) -> None:
    deploy_agent(running, tmp_path, "lean-runner")
    script = write_answers(tmp_path / "answers.yaml", "Yes.")
    found = modules_of(running, "run", "lean-runner", "-m", "hello", "--model", f"scripted:{script}")
    # A name that no workflow has is an error of the server, with details.
    assert unwanted(found, (NEVER | NOT_FOR_APPLY) - {"google.rpc", "apps.backends.runs"}) == []
    assert unwanted(found, {"cli.project.entry_point", "cli.project.project_file"}) == []


def test_names_at_a_prompt_need_neither_grpc_nor_messages(installation: Installation) -> None:
    asked = {"_STIGMER_COMPLETE": "bash_complete", "COMP_WORDS": "stigmer run ", "COMP_CWORD": "2"}
    found = modules_of(installation, env=asked)
    assert unwanted(found, NEVER | {"grpc", "google", "stigmer_proto", "asyncio", "ssl", "cli.deploy"}) == []
    assert "apps.backends.light.http2" in found, "the server was asked"


def test_other_kinds_than_the_deployed_ones_stay_unread(installation: Installation, tmp_path: Path) -> None:
    file = write_agent(tmp_path / "a.yaml", "alone")
    found = modules_of(installation, "apply", "-f", str(file))
    modules = {name for name in found if name.startswith("stigmer_proto.") and name.endswith(".api_pb2")}
    assert modules == {"stigmer_proto.agentic.agent.v1.api_pb2"}


def test_a_folder_of_the_user_shadows_nothing(installation: Installation, tmp_path: Path) -> None:
    project = write_project(tmp_path / "p", "crowded")
    for name in ("apps", "cli", "proto", "tests", "stigmer_proto"):
        (project / name).mkdir()
        (project / name / "__init__.py").write_text("raise SystemExit('the wrong one')\n")
    for name in ("stigmer", "django", "json", "click"):
        (project / f"{name}.py").write_text("raise SystemExit('the wrong one')\n")
    done = installation.run("apply", "-o", "name", cwd=project, env={"PATH": os.environ["PATH"]})
    assert done.stdout == "agent/crowded\nworkflow/crowded-flow\n", done.stderr
