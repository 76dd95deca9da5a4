"""`stigmer history`, `stigmer diff` and `stigmer rollback`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.suites.client import unique
from tests.support.manifests import write_agent

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.daemon import Installation

FIRST, SECOND = "Answer with care.", "Answer with great care, and in one sentence."


@pytest.fixture
def agent(installation: Installation, tmp_path: Path) -> str:
    """The name of an agent with two revisions."""
    name = unique("revised")
    for instructions, message in ((FIRST, ""), (SECOND, "be brief")):
        file = write_agent(tmp_path / "agent.yaml", name, instructions)
        done = installation.run("apply", "-f", str(file), "--message", message)
        assert done.code == 0, done.stderr
    return name


def instructions(installation: Installation, name: str) -> str:
    return str(installation.run("get", "agent", name, "-o", "json").json()["spec"]["instructions"])


def test_the_history_lists_revisions_newest_first(installation: Installation, agent: str) -> None:
    shown = installation.run("history", "agent", agent)
    assert (shown.code, shown.stderr) == (0, "")
    headers, newest, first = (line.split() for line in shown.stdout.splitlines())
    assert headers == ["REVISION", "WHEN", "EVENT", "BY", "CHANGED", "MESSAGE"]
    assert (newest[0], newest[3:]) == ("2", ["updated", "local", "spec.instructions", "be", "brief"])
    assert (first[0], first[3:]) == ("1", ["created", "local", "-"])


def test_the_history_for_programs_has_times_and_both_sides(installation: Installation, agent: str) -> None:
    newest, first = installation.run("history", "agents", agent, "-o", "json").json()
    assert newest["changes"] == [{"path": "spec.instructions", "before": FIRST, "after": SECOND}]
    assert (first["revision"], first["event"], first["changes"]) == (1, "created", [])
    assert newest["time"] > first["time"]
    names = installation.run("history", "agent", agent, "-o", "name").stdout.split()
    assert names == [f"agent/{agent}@2", f"agent/{agent}@1"]


def test_a_long_history_is_cut_and_says_so(installation: Installation, agent: str) -> None:
    shown = installation.run("history", "agent", agent, "--limit", "1")
    assert len(shown.stdout.splitlines()) == 2
    assert shown.stderr == "There are more revisions; see them with --limit.\n"


def test_what_was_deleted_has_its_history_by_its_id(installation: Installation, agent: str) -> None:
    found = installation.run("delete", "agent", agent, "--yes", "-o", "json").json()
    assert installation.run("history", "agent", agent).code == 4
    events = [each["event"] for each in installation.run("history", "agent", found["id"], "-o", "json").json()]
    assert events == ["deleted", "updated", "created"]


def test_two_revisions_are_compared_and_the_exit_code_says_whether_they_differ(
    installation: Installation, agent: str
) -> None:
    for arguments in ((), ("--from", "1"), ("--from", "1", "--to", "2")):
        shown = installation.run("diff", "agent", agent, *arguments)
        assert shown.code == 1, shown.stderr
        assert f"Agent {agent}, revision 1 to 2" in shown.stdout
        assert "~ spec.instructions:" in shown.stdout
    same = installation.run("diff", "agent", agent, "--from", "2", "--to", "2")
    assert (same.code, same.stdout, same.stderr) == (0, "", "Revisions 2 and 2 are the same.\n")
    back = installation.run("diff", "agent", agent, "--from", "2", "--to", "1", "-o", "json")
    assert json.loads(back.stdout) == {
        "from": 2,
        "to": 1,
        "changes": [{"path": "spec.instructions", "before": SECOND, "after": FIRST}],
    }


def test_a_rollback_makes_a_new_revision_like_the_old_one(installation: Installation, agent: str) -> None:
    done = installation.run("rollback", "agent", agent, "--to", "1", "--yes")
    assert done.code == 0, done.stderr
    assert [line.split()[:2] for line in done.stdout.splitlines()] == [["TYPE", "NAME"], ["Agent", agent]]
    assert "✓ Updated" in done.stdout
    assert instructions(installation, agent) == FIRST
    newest = installation.run("history", "agent", agent, "-o", "json").json()[0]
    assert (newest["revision"], newest["message"]) == (3, "back to revision 1")
    again = installation.run("rollback", "agent", agent, "--to", "1", "--yes", "-o", "json")
    assert (again.code, again.json()["action"]) == (0, "unchanged")
    assert again.stderr == f"agent {agent} is already what it was in revision 1.\n"


def test_at_a_terminal_a_rollback_shows_what_it_would_change_and_asks(installation: Installation, agent: str) -> None:
    arguments = ("rollback", "agent", agent, "--to", "1")
    code, shown = installation.run_on_terminal(*arguments, typed="n\n", after="Type y to roll back:")
    assert code == 8, shown
    assert "spec.instructions" in shown
    assert "Nothing was changed." in shown
    assert instructions(installation, agent) == SECOND
    code, shown = installation.run_on_terminal(*arguments, typed="y\n", after="Type y to roll back:")
    assert code == 0, shown
    assert instructions(installation, agent) == FIRST


def test_without_a_terminal_a_rollback_needs_a_yes_and_says_how(installation: Installation, agent: str) -> None:
    refused = installation.run("rollback", "agent", agent, "--to", "1")
    assert refused.code == 2
    assert refused.stderr.endswith(f"\nhint: stigmer rollback agent {agent} --to 1 --yes\n")
    assert instructions(installation, agent) == SECOND


@pytest.mark.parametrize("command", ["diff --from 1 --to 9", "rollback --yes --to 9"])
def test_a_revision_that_does_not_exist_is_not_found(installation: Installation, agent: str, command: str) -> None:
    name, *options = command.split()
    refused = installation.run(name, "agent", agent, *options)
    assert refused.code == 4
    assert refused.stderr.startswith(f"error: Agent {agent!r} has no revision 9: there are 1 to 2\n")
    hint = refused.stderr.rpartition("\nhint: stigmer ")[2].split()
    assert installation.run(*hint, "-o", "name").stdout == f"agent/{hint[-1]}@2\nagent/{hint[-1]}@1\n"


@pytest.mark.parametrize("command", ["history", "diff", "rollback"])
def test_an_id_that_nothing_ever_had_is_not_found(installation: Installation, command: str) -> None:
    options = ("--to", "1", "--yes") if command == "rollback" else ()
    refused = installation.run(command, "agent", "agt-01m8rzq6v3b0qqvxvdk5snw747", *options)
    assert refused.code == 4
    assert refused.stderr.endswith("not found\n\nhint: stigmer get agents\n")


@pytest.mark.parametrize("command", ["history", "diff", "rollback"])
def test_what_does_not_exist_is_not_found(installation: Installation, command: str) -> None:
    options = ("--to", "1", "--yes") if command == "rollback" else ()
    refused = installation.run(command, "agent", "no-such-agent", *options)
    assert refused.code == 4
    assert refused.stderr == "error: agent 'no-such-agent' not found\n\nhint: stigmer get agents\n"
