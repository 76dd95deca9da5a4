"""`stigmer edit`: an editor is any program that changes a file."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.suites.client import unique
from tests.support.daemon import PROGRAM
from tests.support.manifests import write_agent

if TYPE_CHECKING:
    from tests.support.daemon import Installation

FIRST, SECOND = "Answer with care.", "Answer in one sentence."
REPLACE = """
import pathlib, sys
file = pathlib.Path(sys.argv[-1])
file.write_text(file.read_text().replace(sys.argv[1], sys.argv[2]))
"""


@pytest.fixture
def agent(installation: Installation, tmp_path: Path) -> str:
    name = unique("edited")
    done = installation.run("apply", "-f", str(write_agent(tmp_path / "agent.yaml", name, FIRST)))
    assert done.code == 0, done.stderr
    return name


def program(tmp_path: Path, text: str, *words: str) -> str:
    """An editor: Python with this program and these words."""
    file = tmp_path / "editor.py"
    file.write_text(text)
    return " ".join(f'"{word}"' for word in (sys.executable, str(file), *words))


def instructions(installation: Installation, name: str) -> str:
    return str(installation.run("get", "agent", name, "-o", "json").json()["spec"]["instructions"])


def kept(stderr: str) -> Path:
    found = re.search(r"your text is kept in (\S+?)[;\n]", stderr)
    assert found, stderr
    return Path(found[1])


def test_what_is_saved_is_applied_with_its_message(installation: Installation, agent: str, tmp_path: Path) -> None:
    editor = program(tmp_path, REPLACE, FIRST, SECOND)
    done = installation.run("edit", "agent", agent, "--message", "shorter", env={"EDITOR": editor})
    assert done.code == 0, done.stderr
    assert "✓ Updated" in done.stdout
    assert instructions(installation, agent) == SECOND
    assert installation.run("history", "agent", agent, "-o", "json").json()[0]["message"] == "shorter"


def test_visual_goes_before_editor(installation: Installation, agent: str, tmp_path: Path) -> None:
    env = {"VISUAL": program(tmp_path, REPLACE, FIRST, SECOND), "EDITOR": "no-such-editor"}
    assert installation.run("edit", "agent", agent, env=env).code == 0
    assert instructions(installation, agent) == SECOND


@pytest.mark.parametrize("text", ["", "import pathlib, sys\npathlib.Path(sys.argv[-1]).write_text('')"])
def test_a_text_that_is_as_it_was_or_empty_changes_nothing(
    installation: Installation, agent: str, tmp_path: Path, text: str
) -> None:
    done = installation.run("edit", "agent", agent, env={"EDITOR": program(tmp_path, text)})
    assert (done.code, done.stdout, done.stderr) == (0, "", "Nothing was changed.\n")
    assert len(installation.run("history", "agent", agent, "-o", "json").json()) == 1


def test_what_somebody_else_has_changed_meanwhile_is_not_overwritten(
    installation: Installation, agent: str, tmp_path: Path
) -> None:
    theirs = write_agent(tmp_path / "theirs.yaml", agent, "Answer as they say.")
    command = [*PROGRAM, "apply", "-q", "-f", str(theirs)]
    text = f"import subprocess\nsubprocess.run({command!r}, check=True, stdout=2)\n{REPLACE}"
    refused = installation.run("edit", "agent", agent, env={"EDITOR": program(tmp_path, text, FIRST, SECOND)})
    assert refused.code == 5, refused.stderr
    assert instructions(installation, agent) == "Answer as they say."
    mine = kept(refused.stderr)
    assert SECOND in mine.read_text()
    assert installation.run("apply", "-f", str(mine)).code == 0
    assert instructions(installation, agent) == SECOND


def test_without_a_terminal_what_is_refused_is_kept(installation: Installation, agent: str, tmp_path: Path) -> None:
    editor = program(tmp_path, REPLACE, "instructions:", "instruction:")
    refused = installation.run("edit", "agent", agent, env={"EDITOR": editor})
    assert refused.code == 1
    assert "instruction" in refused.stderr
    assert "instruction:" in kept(refused.stderr).read_text()
    assert instructions(installation, agent) == FIRST


def test_at_a_terminal_what_is_refused_is_edited_again(installation: Installation, agent: str, tmp_path: Path) -> None:
    text = f"""
import pathlib, sys
file = pathlib.Path(sys.argv[-1])
text = file.read_text()
wrong = "instruction:" in text
file.write_text(text.replace("instruction:", "instructions:").replace({FIRST!r}, {SECOND!r}) if wrong
    else text.replace("instructions:", "instruction:"))
"""
    code, shown = installation.run_on_terminal(
        "edit", "agent", agent, typed="y\n", after="Edit it again?", env={"EDITOR": program(tmp_path, text)}
    )
    assert code == 0, shown
    assert "instruction" in shown
    assert instructions(installation, agent) == SECOND


@pytest.mark.parametrize(
    ("editor", "code", "words"),
    [
        ("", 2, "neither $VISUAL nor $EDITOR is set"),
        ('"unclosed', 2, "which is no command"),
        ("no-such-editor", 1, "the editor 'no-such-editor' cannot be started: no such file or directory"),
        ("false", 1, "the editor 'false' ended with exit code 1; nothing was changed"),
    ],
)
def test_an_editor_that_there_is_not_is_told(
    installation: Installation, agent: str, editor: str, code: int, words: str
) -> None:
    refused = installation.run("edit", "agent", agent, env={"EDITOR": editor, "VISUAL": ""})
    assert refused.code == code
    assert words in refused.stderr


def test_runs_are_not_edited_and_what_is_not_there_is_not_found(installation: Installation) -> None:
    env = {"EDITOR": "true"}
    run = installation.run("edit", "agent-execution", "aex-01arz3ndektsv4rrffq69g5fav", env=env)
    assert "cannot be edited" in run.stderr
    assert installation.run("edit", "agent", "no-such-agent", env=env).code == 4
