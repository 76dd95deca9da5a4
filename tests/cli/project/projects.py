"""Projects on disk for tests, and errors as people read them."""

from __future__ import annotations

import os
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from cli.errors import render
from cli.project.entry_point import start_entry_point
from cli.project.errors import ProjectError
from cli.project.manifests import read_manifests
from cli.project.project_file import load_project

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cli.project.discovery import Discovery

PYTHON = "name: demo\nruntime: python\n"
GO = "name: demo\nruntime: go\n"
AGENT = """
from stigmer import Agent
Agent("Bot", instructions="You are a helpful bot.")
"""


def make_project(directory: Path, main: str = AGENT, *, file: str = PYTHON, entry: str = "main.py") -> Path:
    """A project whose entry point holds `main`."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "Stigmer.yaml").write_text(file)
    (directory / entry).parent.mkdir(parents=True, exist_ok=True)
    (directory / entry).write_text(dedent(main))
    return directory


def clean_environment() -> dict[str, str]:
    """Ours without what would lend a project's own interpreter our packages."""
    return {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}


def discover(
    directory: Path,
    *,
    time_limit_seconds: float = 60.0,
    output: list[str] | None = None,
    environment: dict[str, str] | None = None,
) -> Discovery:
    """Runs the entry point of a project and reads what it declared."""
    lines = [] if output is None else output
    project = load_project(directory)
    with start_entry_point(
        project, lines.append, time_limit_seconds=time_limit_seconds, environment=environment
    ) as child:
        return read_manifests(child.wait())


def complaint(action: Callable[[], object], directory: Path, kind: type[ProjectError] = ProjectError) -> str:
    """What people read when `action` fails, with the test's own directory written as DIR."""
    with pytest.raises(kind) as caught:
        action()
    return render(caught.value).replace(str(directory), "DIR")
