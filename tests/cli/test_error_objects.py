"""Commands that were asked for data and failed: the error is data, too."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from cli.failures import wanted_format
from cli.output import Format

if TYPE_CHECKING:
    from tests.support.daemon import Installation

ROOT = Path(__file__).parents[2]
BROKEN = """\
apiVersion: agentic.stigmer.ai/v1
kind: Agent
metadata: {name: broken}
spec: {instructions: short, iconUrl: "no address"}
"""


def test_what_is_not_there_is_an_object(installation: Installation) -> None:
    done = installation.run("get", "agent", "nobody-of-that-name", "-o", "json")
    assert done.code == 4
    assert done.json() == {
        "error": {
            "reason": "stigmer.cli.not_found",
            "message": "agent 'nobody-of-that-name' not found",
            "hint": "stigmer get agents",
        }
    }
    assert done.stderr.startswith("error: agent 'nobody-of-that-name' not found")


def test_a_refusal_lists_its_violations(installation: Installation, tmp_path: Path) -> None:
    file = tmp_path / "agent.yaml"
    file.write_text(BROKEN)
    done = installation.run("apply", "-f", str(file), "--output=yaml")
    error = yaml.safe_load(done.stdout)["error"]
    assert error["reason"] == "stigmer.request.invalid"
    assert error["violations"]
    assert all(str(file) in each["path"] for each in error["violations"])


def test_what_is_wrong_in_a_file_is_told_with_its_place(installation: Installation, tmp_path: Path) -> None:
    file = tmp_path / "agent.yaml"
    file.write_text("name: nothing that we know\n")
    done = installation.run("apply", "-f", str(file), "-o", "json")
    assert done.code == 1
    [found] = done.json()["error"]["violations"]
    assert found["path"] == f"{file}:1:1: kind"
    assert found["message"].startswith("is missing; known kinds are ")


def test_what_only_lines_say_is_in_it(installation: Installation, tmp_path: Path) -> None:
    (tmp_path / "Stigmer.yaml").write_text("name: 7\nruntime: perl\n")
    done = installation.run("apply", "-o", "json", cwd=tmp_path)
    error = done.json()["error"]
    assert len(error["details"]) == 2
    assert all(line.strip() in done.stderr for line in error["details"])


def test_a_misuse_is_an_object_too(installation: Installation) -> None:
    done = installation.run("get", "agents", "-o", "json", "--no-such-option")
    assert (done.code, done.json()["error"]["reason"]) == (2, "stigmer.cli.misuse")


def test_no_error_has_but_the_general_reason() -> None:
    """The exit code of most failures is that of all, so each says by a word of its own which it is."""
    calls = [
        (file, call)
        for file in (ROOT / "cli").rglob("*.py")
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "CliError"
    ]
    assert len(calls) > 50
    telling = {"exit", "reason", "is_result"}
    general = [(file, call.lineno) for file, call in calls if telling.isdisjoint(each.arg for each in call.keywords)]
    assert general == []


def test_who_wants_words_gets_no_object(installation: Installation) -> None:
    done = installation.run("get", "agent", "nobody-of-that-name")
    assert (done.code, done.stdout) == (4, "")


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (["get", "-o", "json"], Format.JSON),
        (["get", "-ojson"], Format.JSON),
        (["get", "--output=yaml"], Format.YAML),
        (["get", "--output", "table"], None),
        (["get", "-o"], None),
        (["get", "--", "-o", "json"], None),
        (["run", "-m", "json"], None),
    ],
)
def test_the_format_is_known_before_the_command_is(arguments: list[str], wanted: Format | None) -> None:
    assert wanted_format(arguments) is wanted
