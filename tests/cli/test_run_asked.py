"""What `stigmer run` is asked to run and given for it: names, messages, secrets, values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.manifests import write_project
from tests.support.runs import deploy_agent, run_agent, write_answers, write_workflow_project

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.daemon import Installation


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    return write_answers(tmp_path / "answers.yaml", "You said: {{message}}.")


def test_a_message_is_asked_for_where_it_can_be(running: Installation, tmp_path: Path, answers: Path) -> None:
    deploy_agent(running, tmp_path, "asker")
    done = running.run("run", "asker")
    assert (done.code, done.stderr) == (2, 'error: an agent needs a message\n\nhint: stigmer run asker -m "..."\n')
    code, screen = running.run_on_terminal(
        "run", "asker", "--model", f"scripted:{answers}", typed="typed words\n", after="Message: "
    )
    assert code == 0, screen
    assert "You said: typed words." in screen


def test_secrets_come_from_stdin_and_go_nowhere_else(running: Installation, tmp_path: Path, answers: Path) -> None:
    deploy_agent(running, tmp_path, "discreet")
    arguments = ("run", "discreet", "-m", "hello", "--model", f"scripted:{answers}")
    secret = "canary-7f2e"
    done = running.run(
        *arguments, "--runtime-env", "REGION=eu", "--runtime-env", "secret:TOKEN", "-o", "json", stdin=f"{secret}\n"
    )
    assert done.code == 0, done.stderr
    values = done.json()["spec"]["runtimeEnv"]
    assert values == {"REGION": {"value": "eu"}, "TOKEN": {"value": "********", "isSecret": True}}
    assert secret not in done.stdout + done.stderr
    code, screen = running.run_on_terminal(
        *arguments, "--runtime-env", "secret:TOKEN", typed=f"{secret}\n", after="Value of TOKEN"
    )
    assert code == 0, screen
    assert secret not in screen


def test_a_message_may_come_from_standard_input(running: Installation, tmp_path: Path, answers: Path) -> None:
    deploy_agent(running, tmp_path, "reader")
    arguments = ("run", "reader", "-m", "-", "--model", f"scripted:{answers}")
    done = running.run(*arguments, "--runtime-env", "secret:TOKEN", stdin="s3cret-token\nfirst\nlast\n")
    assert (done.code, done.stdout) == (0, "You said: first\nlast.\n"), done.stderr
    nothing = running.run(*arguments)
    assert (nothing.code, nothing.stdout) == (2, "")
    assert "an agent needs a message" in nothing.stderr


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        ("REGION", "REGION has no value: write REGION=VALUE, or secret:REGION to be asked"),
        ("=eu", "write NAME=VALUE, or secret:NAME to be asked"),
        ("REGION=", "the value of REGION is empty"),
        ("secret:TOKEN", "the value of TOKEN is empty"),
    ],
)
def test_values_that_are_none_are_refused(running: Installation, value: str, complaint: str) -> None:
    done = running.run("run", "nobody", "-m", "hello", "--runtime-env", value)
    assert done.code == 2
    assert complaint in done.stderr


def test_what_is_not_there_is_not_found(running: Installation, tmp_path: Path) -> None:
    deploy_agent(running, tmp_path, "nearly-right")
    done = running.run("run", "nearly-wright", "-m", "hello")
    assert done.code == 4
    assert done.stderr == ("error: no agent or workflow 'nearly-wright': not found\n\nhint: stigmer run nearly-right\n")
    for name in ("agt-01m84vtjb1p5003pehs82a2bad", "wfl-01m84vtjb1p5003pehs82a2bad", "workflow/nearly-right"):
        assert running.run("run", name, "-m", "hello").code == 4
    for name in ("skill/nearly-right", "agent/"):
        assert running.run("run", name, "-m", "hello").code == 2
    no_text = running.run("run", "--session", b"\xe9".decode("utf-8", "surrogateescape"), "-m", "hello")
    assert (no_text.code, no_text.stderr) == (2, 'error: session: "\\udce9" is not UTF-8 text\n')


def test_without_a_name_and_without_a_project_there_are_two_ways_out(running: Installation, tmp_path: Path) -> None:
    done = running.run("run", "-m", "hello", cwd=tmp_path)
    assert (done.code, done.stdout) == (2, "")
    assert f"error: no Stigmer.yaml in {tmp_path} or in any directory above it" in done.stderr
    assert "hint: Name what is deployed, `stigmer run NAME`, or point to a project, `stigmer run -C DIR`" in done.stderr


def test_a_name_of_two_things_must_say_which(running: Installation, tmp_path: Path, answers: Path) -> None:
    deploy_agent(running, tmp_path, "twofold")
    assert running.run("apply", cwd=write_workflow_project(tmp_path / "p", "twofold")).code == 0
    done = run_agent(running, "twofold", answers)
    assert done.code == 2
    assert done.stderr == (
        "error: 'twofold' is the name of an agent and of a workflow\n\n"
        "hint: `stigmer run agent/twofold` or `stigmer run workflow/twofold`\n"
    )
    assert run_agent(running, "agent/twofold", answers).code == 0
    refused = run_agent(running, "workflow/twofold", answers)
    assert refused.code == 2
    assert "--model is for agents" in refused.stderr


def test_a_name_that_is_empty_is_none(running: Installation, tmp_path: Path) -> None:
    project = write_project(tmp_path / "p", "not-wished-for")
    for arguments, said in ((("",), "the NAME is empty"), (("--session", ""), "the session is empty")):
        done = running.run("run", *arguments, "-m", "hello", cwd=project)
        assert (done.code, done.stdout) == (2, "")
        assert done.stderr.startswith(f"error: {said}\n")
    assert running.run("get", "agent", "not-wished-for").code == 4


def test_a_scripted_model_must_exist(running: Installation, tmp_path: Path) -> None:
    deploy_agent(running, tmp_path, "scriptless")
    done = run_agent(running, "scriptless", tmp_path / "nowhere.yaml")
    assert done.code == 2
    assert f"error: --model: there is no file {tmp_path / 'nowhere.yaml'}" in done.stderr
