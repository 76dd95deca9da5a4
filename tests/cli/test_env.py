"""`stigmer env`."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.suites.client import unique
from tests.support.runs import deploy_agent, write_answers

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.daemon import Done, Installation

SECRET = "what-nobody-may-see"  # not one of ours
DECLARED = """\
apiVersion: agentic.stigmer.ai/v1
kind: Environment
metadata:
  name: Production
spec:
  data:
    TOKEN:
      isSecret: true
"""


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    return write_answers(tmp_path / "answers.yaml", "You said: {{message}}.")


@pytest.fixture
def name() -> str:
    return unique("env")


def keys(installation: Installation, name: str) -> dict[str, str]:
    found = installation.run("env", "list", name, "-o", "json").json()
    return {each["key"]: each["value"] for each in found}


def test_the_first_value_makes_the_environment_and_says_so(installation: Installation, name: str) -> None:
    first = installation.run("env", "set", name, "REGION=eu", "LEVEL=a=b")
    assert (first.code, first.stdout, first.stderr) == (0, "", f"Created environment {name}: REGION, LEVEL\n")
    second = installation.run("env", "set", name, "REGION=us")
    assert (second.code, second.stderr) == (0, f"Changed environment {name}: REGION\n")
    assert keys(installation, name) == {"LEVEL": "a=b", "REGION": "us"}
    assert installation.run("env", "get", name, "LEVEL").stdout == "a=b\n"


def test_secrets_are_read_from_standard_input_and_shown_to_nobody(installation: Installation, name: str) -> None:
    done = installation.run("env", "set", name, "TOKEN", "OTHER", "--secret", stdin=f"{SECRET}\nmore\n")
    assert done.code == 0, done.stderr
    shown = [installation.run("env", *words) for words in (("list", name), ("get", name, "-o", "yaml"))]
    assert all("********" in each.stdout and SECRET not in each.stdout for each in shown)
    refused = installation.run("env", "get", name, "TOKEN")
    assert (refused.code, refused.stdout) == (1, "")
    assert refused.stderr == (
        f"error: TOKEN is a secret: it is shown to nobody\n\nhint: stigmer env set {name} TOKEN --secret\n"
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("TOKEN=hunter2", "--secret"), "a secret is no argument, which others can read: write TOKEN alone"),
        (("TOKEN",), "there is no value for TOKEN: write TOKEN=VALUE, or add --secret"),
        (("TOKEN=",), "the value of TOKEN is empty"),
        (("=x",), "write KEY=VALUE, or KEY and --secret"),
        (("TOKEN", "--secret"), "the value of TOKEN is empty"),
    ],
)
def test_what_cannot_be_set_is_refused_without_repeating_a_value(
    installation: Installation, name: str, words: tuple[str, ...], said: str
) -> None:
    refused = installation.run("env", "set", name, *words, stdin="\n")
    assert refused.code == 2
    assert said in refused.stderr
    assert "hunter2" not in refused.stderr
    assert installation.run("env", "list", name).code == 4, "the environment was made all the same"


def test_a_secret_does_not_become_what_everybody_may_read(installation: Installation, name: str) -> None:
    installation.run("env", "set", name, "TOKEN", "--secret", stdin=f"{SECRET}\n")
    refused = installation.run("env", "set", name, "REGION=eu", "TOKEN=plain")
    assert (refused.code, keys(installation, name)) == (2, {"TOKEN": "********"})
    assert f"hint: stigmer env set {name} TOKEN --secret" in refused.stderr


def test_unset_takes_all_away_or_none(installation: Installation, name: str) -> None:
    installation.run("env", "set", name, "A=1", "B=2", "C=3")
    refused = installation.run("env", "unset", name, "A", "NOPE")
    assert (refused.code, refused.stderr.splitlines()[0]) == (4, f"error: environment '{name}' has no value 'NOPE'")
    assert keys(installation, name) == {"A": "1", "B": "2", "C": "3"}
    assert installation.run("env", "unset", name, "A", "C").code == 0
    assert keys(installation, name) == {"B": "2"}
    gone = installation.run("env", "unset", f"{name}-nope", "A")
    assert (gone.code, gone.stderr.splitlines()[0]) == (4, f"error: environment '{name}-nope' not found")


def test_several_at_once_lose_nothing(installation: Installation, name: str) -> None:
    """The first of them make it, too."""

    def change(number: int) -> Done:
        return installation.run("env", "set", name, f"KEY_{number}={number}")

    with ThreadPoolExecutor(6) as pool:
        done = list(pool.map(change, range(6)))
    assert [each.code for each in done] == [0] * 6, [each.stderr for each in done]
    assert keys(installation, name) == {f"KEY_{number}": str(number) for number in range(6)}
    assert sum("Created" in each.stderr for each in done) == 1


def test_without_a_name_it_lists_environments(installation: Installation, name: str) -> None:
    installation.run("env", "set", name, "A=1")
    assert f"environment/{name}" in installation.run("env", "list", "-o", "name").stdout.splitlines()


def test_a_declared_secret_is_missed_set_and_used(running: Installation, tmp_path: Path, answers: Path) -> None:
    """From a file without the value, on any machine, to a run that has it."""
    file = tmp_path / "production.yaml"
    file.write_text(DECLARED)
    deploy_agent(running, tmp_path, "shopkeeper")
    applied = running.run("apply", "-f", str(file))
    assert applied.code == 0, applied.stderr
    told = "warning: Environment production: TOKEN has no value yet: `stigmer env set production TOKEN --secret`"
    assert told in applied.stderr
    arguments = ("run", "shopkeeper", "-m", "hello", "--model", f"scripted:{answers}", "--env", "Production")
    refused = running.run(*arguments)
    assert refused.code == 1
    assert "environment 'production' has no value for the secret TOKEN" in refused.stderr
    assert running.run("env", "set", "production", "TOKEN", "--secret", stdin=f"{SECRET}\n").code == 0
    assert "warning" not in running.run("apply", "-f", str(file)).stderr
    done = running.run(*arguments)
    assert (done.code, SECRET in done.stderr + done.stdout) == (0, False), done.stderr


def test_an_environment_of_a_run_has_to_be_there(running: Installation, tmp_path: Path) -> None:
    deploy_agent(running, tmp_path, "wanderer")
    refused = running.run("run", "wanderer", "-m", "hello", "--env", "nowhere", "--no-follow")
    assert refused.code != 0
    assert "there is no Environment 'nowhere' in organization 'local' or on the platform" in refused.stderr
    assert running.run("run", "wanderer", "-m", "hello", "--env", "").code == 2


def test_an_export_names_others_by_their_slugs(installation: Installation, tmp_path: Path) -> None:
    deploy_agent(installation, tmp_path, "exported")
    shown = installation.run("get", "agent-instance", "exported-default", "-o", "yaml").stdout
    assert "  agent_id: exported\n" in shown
    assert "agentId: agt-" in installation.run(
        "get", "agent-instance", "exported-default", "-o", "json"
    ).stdout.replace('"', "")
    again = installation.run("apply", "-f", "-", stdin=shown)
    assert again.code == 0, again.stderr
    assert "nchanged" in again.stdout + again.stderr
