"""Small projects and resource files for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

AGENT = """\
apiVersion: agentic.stigmer.ai/v1
kind: Agent
metadata:
  name: {name}
spec:
  instructions: {instructions}
"""

PROGRAM = """\
from stigmer import Agent, Workflow

agent = Agent(name="{name}", instructions="{instructions}", description="Answers in one sentence")
workflow = Workflow(name="{name}-flow", namespace="tests", description="Asks the agent once")
workflow.call_agent("ask", agent, "What is new today?")
"""


def write_agent(file: Path, name: str, instructions: str = "Answer in one plain sentence.") -> Path:
    """A YAML file with one agent."""
    file.write_text(AGENT.format(name=name, instructions=instructions))
    return file


def write_project(directory: Path, name: str, instructions: str = "Answer in one plain sentence.") -> Path:
    """A Python project with an agent `name` and a workflow `name`-flow."""
    directory.mkdir(exist_ok=True)
    (directory / "Stigmer.yaml").write_text(f"name: {name}\nruntime: python\n")
    (directory / "main.py").write_text(PROGRAM.format(name=name, instructions=instructions))
    return directory
