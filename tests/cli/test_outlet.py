"""Whatever others wrote, wherever it comes out: it controls no terminal, and data reads back as it was."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
import yaml

from apps.yaml_text.hidden import CHARACTERS, visible
from cli.outlet import control, rendered
from tests.support.runs import write_answers

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.daemon import Installation

# Clears the screen, sets a title, the same by one character, turns text around, rings, overwrites the line.
HOSTILE = "a\x1b[2J\x1b]0;title\x07b\x9b31mc\u202ed\u2066e\x7f\x00\rf"
SHOWN = "a\\x1b[2J\\x1b]0;title\\x07b\\x9b31mc\\u202ed\\u2066e\\x7f\\x00\\x0df"
STORABLE = HOSTILE.replace("\x00", "")


def hidden(text: str) -> list[str]:
    return re.findall(f"[{CHARACTERS}]", text)


def test_what_is_hidden_becomes_visible_and_what_is_ours_controls() -> None:
    assert rendered(f"{control('<32>')}{HOSTILE}{control('<0>')}\tx\n") == f"<32>{SHOWN}<0>\tx\n"
    assert rendered("one\r\ntwo\n") == "one\ntwo\n"


def test_a_mark_cannot_be_written_by_others() -> None:
    mark = control("<32>")
    forged = mark.replace(mark[1:13], "0" * 12)
    assert rendered(forged) == forged


@pytest.fixture(scope="module")
def shop(running: Installation, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A stored agent and a run of it, hostile wherever text can be; the id of the run by `run`."""
    folder = tmp_path_factory.mktemp("hostile")
    agent = {
        "apiVersion": "agentic.stigmer.ai/v1",
        "kind": "Agent",
        "metadata": {"name": "hostile", "labels": {"note": STORABLE}, "annotations": {"note": STORABLE}},
        "spec": {"instructions": f"Say it: {STORABLE}", "description": STORABLE},
    }
    (folder / "agent.yaml").write_text(json.dumps(agent))
    done = running.run("apply", "-f", str(folder / "agent.yaml"))
    assert done.code == 0, done.stderr
    script = write_answers(
        folder / "s.yaml", {"text": STORABLE, "calls": [{"name": STORABLE, "arguments": {"a": STORABLE}}]}, STORABLE
    )
    run = running.run("run", "agent/hostile", "-m", STORABLE, "--model", f"scripted:{script}", "-o", "json")
    assert run.code == 0, run.stderr
    return {"run": json.loads(run.stdout)["metadata"]["id"], "folder": str(folder), "script": str(script)}


COMMANDS = [
    "get agent hostile",
    "get agent hostile -o yaml",
    "get agent hostile -o json",
    "get agents",
    "apply -f {folder}/agent.yaml",
    "preview -f {folder}/agent.yaml",
    "run agent/hostile -m hello --model scripted:{script}",
    "run -q agent/hostile -m hello --model scripted:{script}",
    "executions list",
    "executions list -o yaml",
    "executions show {run}",
    "executions show {run} -o json",
    "executions show {run} -o yaml",
    "logs {run}",
    "sessions list",
    "server status",
    "get agent \x1b[2J",
    "get \u202ekind",
    "run \x9b31m",
    "apply -f {folder}/\x1b[2J.yaml",
    "config set backend.\x1b[2J x",
    "--\x1b[2J",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_lets_it_through_into_a_pipe(running: Installation, shop: dict[str, str], command: str) -> None:
    done = running.run(*command.format_map(shop).split(" "))
    assert hidden(done.stdout + done.stderr) == []
    assert done.stdout + done.stderr


@pytest.mark.parametrize(
    "command", ["get agent hostile", "run agent/hostile -m hello --model scripted:{script}", "logs {run}"]
)
def test_no_command_lets_it_through_onto_a_terminal(running: Installation, shop: dict[str, str], command: str) -> None:
    _, screen = running.run_on_terminal(*command.format_map(shop).split(" "))
    for part in ("\x1b[2J", "\x1b]0;", "\x07", "\x9b", "\u202e", "\u2066", "\x7f"):
        assert part not in screen
    assert visible("\x1b[2J\x1b]0;title") in screen


@pytest.mark.parametrize(("output", "read"), [("json", json.loads), ("yaml", yaml.safe_load)])
def test_data_reads_back_as_it_was(running: Installation, shop: dict[str, str], output: str, read: object) -> None:
    assert callable(read)
    stored = read(running.run("get", "agent", "hostile", "-o", output).stdout)
    assert stored["spec"]["description"] == STORABLE
    assert stored["metadata"]["labels"] == {"note": STORABLE}
    run = read(running.run("executions", "show", shop["run"], "-o", output).stdout)
    assert [message["content"] for message in run["status"]["messages"] if message["type"] == "MESSAGE_AI"][
        -1
    ] == STORABLE


def test_a_program_of_a_project_controls_nothing(running: Installation, tmp_path: Path) -> None:
    (tmp_path / "Stigmer.yaml").write_text("name: hostile\nruntime: python\n")
    line = HOSTILE.partition("\r")[0]  # what comes before one is overwritten, as on a terminal
    (tmp_path / "main.py").write_text(f"import sys\nprint({line!r})\nraise SystemExit({line!r})\n")
    done = running.run("apply", cwd=tmp_path)
    assert done.code == 1
    assert hidden(done.stderr) == []
    assert done.stderr.count("a\\x1b[2J\\x1b]0;title\\x07b") == 2


def test_a_name_that_cannot_be_printed_is_refused(running: Installation, tmp_path: Path) -> None:
    file = tmp_path / "agent.yaml"
    metadata = {"name": f"agent {STORABLE}", "slug": "named"}
    file.write_text(
        json.dumps(
            {
                "kind": "Agent",
                "apiVersion": "agentic.stigmer.ai/v1",
                "metadata": metadata,
                "spec": {"instructions": "Be brief and kind."},
            }
        )
    )
    done = running.run("apply", "-f", str(file))
    assert done.code == 1
    assert "metadata.name" in done.stderr
    assert "cannot be printed" in done.stderr
