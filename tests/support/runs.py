"""Agents and workflows to run, and models whose answers stand in a file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.support.daemon import wait_until
from tests.support.manifests import write_agent

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from tests.support.daemon import Done, Installation

STORY = """\
from stigmer import Workflow

wf = Workflow(name="{name}", namespace="tests", description="Counts")
wf.set("start", count=1)
wf.wait("pause", {seconds})
wf.set("report", summary="done with " + wf.input.what)
"""


def write_answers(file: Path, *turns: dict[str, Any] | str) -> Path:
    """A scripted model; a text alone is a turn that says it."""
    file.write_text(json.dumps({"turns": [{"text": turn} if isinstance(turn, str) else turn for turn in turns]}))
    return file


def deploy_agent(installation: Installation, directory: Path, name: str) -> None:
    """Deploy an agent without tools."""
    done = installation.run("apply", "-f", str(write_agent(directory / f"{name}.yaml", name)))
    assert done.code == 0, done.stderr


def write_workflow_project(directory: Path, name: str, *, seconds: int = 1) -> Path:
    """A project with one workflow, that waits for `seconds` in its middle. Its input is `what`."""
    directory.mkdir(exist_ok=True)
    (directory / "Stigmer.yaml").write_text(f"name: {name}\nruntime: python\n")
    (directory / "main.py").write_text(STORY.format(name=name, seconds=seconds))
    return directory


def run_agent(running: Installation, name: str, script: Path, *more: str) -> Done:
    """Have an agent answer "hello" by a scripted model."""
    return running.run("run", name, "-m", "hello", "--model", f"scripted:{script}", *more)


def started_id(process: subprocess.Popen[str]) -> str:
    """The id that a run which has just been started says first."""
    assert process.stderr is not None
    while "Execution ID:" not in (line := process.stderr.readline()):
        assert line != "", "the run ended before it began"
    return line.split()[-1]


def wait_for_text(running: Installation, run: str) -> None:
    """Until the agent has said its first words."""
    wait_until(lambda: " ai " in running.run("logs", run).stdout, "the agent speaks")
