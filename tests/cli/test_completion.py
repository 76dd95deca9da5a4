"""What a shell offers while a command is typed."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.suites.client import unique
from tests.support.daemon import PROGRAM
from tests.support.manifests import write_agent

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.daemon import Installation


def offered(installation: Installation, *words: str) -> list[str]:
    """What is offered for the last of `words`."""
    asked = {
        "COMP_WORDS": " ".join(("stigmer", *words)),
        "COMP_CWORD": str(len(words)),
        "_STIGMER_COMPLETE": "bash_complete",
    }
    done = subprocess.run(
        PROGRAM, env=installation.environment(asked), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stderr == ""
    return [line.partition(",")[2] for line in done.stdout.splitlines() if line]


def test_commands_options_and_kinds_are_offered(fresh_installation: Installation) -> None:
    assert "executions" in offered(fresh_installation, "ex")
    assert "--dry-run" in offered(fresh_installation, "apply", "--d")
    assert offered(fresh_installation, "get", "agent") == ["agents", "agent-instances", "agent-executions"]
    assert "backend.local.llm.model" in offered(fresh_installation, "config", "get", "backend.local.llm")
    assert offered(fresh_installation, "get", "agents", "") == [], "no daemon is started for an answer"
    assert not (fresh_installation.home / "data").exists()


def test_names_of_what_is_stored_are_offered(installation: Installation, tmp_path: Path) -> None:
    name = unique("complete-me")
    assert installation.run("apply", "-f", str(write_agent(tmp_path / "agent.yaml", name))).code == 0
    assert offered(installation, "get", "agents", name[:-2]) == [name]
    assert offered(installation, "run", name[:-2]) == [name]
    assert name not in offered(installation, "get", "workflows", "")
    assert offered(installation, "new", name[:-2]) == []
    assert installation.run("delete", "agent", name, "--yes").code == 0
    assert offered(installation, "run", name[:-2]) == [], "each time it is asked anew"


def test_a_broken_configuration_says_nothing_at_a_prompt(fresh_installation: Installation) -> None:
    (fresh_installation.home / "config.yaml").write_text("no: such: thing")
    assert offered(fresh_installation, "get", "agents", "") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_one_that_the_shell_takes(shell: str, installation: Installation, tmp_path: Path) -> None:
    done = installation.run("completion", shell)
    assert done.code == 0
    assert "_STIGMER_COMPLETE" in done.stdout
    if found := shutil.which(shell):
        script = tmp_path / "script"
        script.write_text(done.stdout)
        assert subprocess.run([found, "-n", str(script)], check=False, timeout=60).returncode == 0
