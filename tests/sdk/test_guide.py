"""The programs of the guide run as they stand, one after the other."""

import re
from pathlib import Path
from typing import Any

import pytest
from stigmer import Program
from stigmer.template import template

from apps.agents.runtime.errors import RunFailed
from apps.agents.runtime.unsupported import refuse_what_cannot_run
from apps.workflows.steps import TABLE

from .messages import assert_valid

GUIDE = Path(__file__).parents[2] / "docs" / "sdk.md"


def test_the_programs_of_the_guide_run(program: Program, tmp_path: Path) -> None:
    blocks = re.findall(r"^```python\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "printers.md").write_text("You answer questions about printers.", encoding="utf-8")
    names: dict[str, Any] = {}
    for block in blocks:
        exec(compile(block, str(tmp_path / "main.py"), "exec"), names)
    assert [agent.slug for agent in program.agents] == ["helpdesk", "printers", "triage", "shop-helper", "writer"]
    assert [workflow.dependencies() for workflow in program.workflows] == [["agent:writer"]]
    for agent in program.agents:
        assert_valid(agent.to_message())
    for workflow in program.workflows:
        assert_valid(workflow.to_message())


def test_the_guide_marks_the_tasks_that_cannot_run_yet() -> None:
    rows = re.findall(r"^\| ([A-Z_]+)(, \*\*not yet\*\*)? \| `", GUIDE.read_text(encoding="utf-8"), re.MULTILINE)
    assert {kind: bool(mark) for kind, mark in rows} == {kind: step.run is None for kind, step in TABLE.items()}


def test_the_guide_marks_what_agents_cannot_do_yet() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    marked = ("`skills` | ", "`sub_agents` | ", "`McpServer.docker(")
    for line in (line for line in text.splitlines() if line.startswith(tuple(f"| {each}" for each in marked))):
        assert line.endswith("**not yet** |"), line
    refused: list[dict[str, Any]] = [{"sub_agents": [{}]}, {"skill_refs": [{}]}, {"mcp_servers": [{"docker": {}}]}]
    for spec in refused:
        with pytest.raises(RunFailed):
            refuse_what_cannot_run(spec)


def test_the_expressions_of_the_reference_are_true(program: Program) -> None:
    rows = re.findall(r"^\| `([^`]+)` \| `(\$\{[^`]+)` \|$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE)
    names: dict[str, Any] = {}
    exec("from stigmer import *\nwf = Workflow('w')\nfetch = wf.http_get('fetch', 'u')", names)
    unescaped = [(written.replace("\\|", "|"), becomes.replace("\\|", "|")) for written, becomes in rows]
    assert len(rows) == 9
    for written, becomes in unescaped:
        assert template(str(eval(written, names))) == becomes
