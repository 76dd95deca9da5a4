"""The programs of the guide run as they stand, one after the other."""

import re
from pathlib import Path
from typing import Any

from stigmer import Program
from stigmer.template import template

from .messages import assert_valid

GUIDE = Path(__file__).parents[2] / "docs" / "sdk.md"


def test_the_programs_of_the_guide_run(program: Program, tmp_path: Path) -> None:
    blocks = re.findall(r"^```python\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "printers.md").write_text("You answer questions about printers.", encoding="utf-8")
    names: dict[str, Any] = {}
    for block in blocks:
        exec(compile(block, str(tmp_path / "main.py"), "exec"), names)
    assert [agent.slug for agent in program.agents] == ["helpdesk", "printers", "triage", "writer"]
    assert [workflow.dependencies() for workflow in program.workflows] == [["agent:writer"]]
    for agent in program.agents:
        assert_valid(agent.to_message())
    for workflow in program.workflows:
        assert_valid(workflow.to_message())


def test_the_expressions_of_the_reference_are_true(program: Program) -> None:
    rows = re.findall(r"^\| `([^`]+)` \| `(\$\{[^`]+)` \|$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE)
    names: dict[str, Any] = {}
    exec("from stigmer import *\nwf = Workflow('w')\nfetch = wf.http_get('fetch', 'u')", names)
    unescaped = [(written.replace("\\|", "|"), becomes.replace("\\|", "|")) for written, becomes in rows]
    assert len(rows) == 9
    for written, becomes in unescaped:
        assert template(str(eval(written, names))) == becomes
