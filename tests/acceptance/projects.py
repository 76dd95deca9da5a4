"""Projects and resource files as users write them."""

from __future__ import annotations

from pathlib import Path

AGENT_PROGRAM = """\
import stigmer

stigmer.Agent(name={name!r}, instructions="Answer questions in a few plain sentences.")
"""
AGENT_FILE = """\
apiVersion: agentic.stigmer.ai/v1
kind: Agent
metadata:
  name: {name!r}
spec:
  instructions: Answer questions in a few plain sentences.
"""


def make_project(directory: Path, program: str | None) -> Path:
    """A Python project called like its directory; without a main.py where `program` is None."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "Stigmer.yaml").write_text(f"name: {directory.name}\nruntime: python\n")
    if program is not None:
        (directory / "main.py").write_text(program)
    return directory


def make_file(path: Path, name: str) -> Path:
    """A resource file with one agent."""
    path.write_text(AGENT_FILE.format(name=name))
    return path
