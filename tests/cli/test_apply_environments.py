"""An agent, its environment and an instance from one file, on any machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.suites.client import unique
from tests.support.runs import write_answers

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.daemon import Installation

PROGRAM = """\
from stigmer import Agent, AgentInstance, Environment, secret

helper = Agent("{name}", instructions="Help whoever asks.")
europe = Environment("{name}-europe", {{"REGION": "eu", "TOKEN": secret()}})
AgentInstance("{name}-in-europe", helper, environments=[europe])
"""
YAML = """\
apiVersion: agentic.stigmer.ai/v1
kind: AgentInstance
metadata: {{name: {name}-in-asia}}
spec:
  agentId: {name}
  environmentRefs: [{{slug: {name}-asia}}]
---
apiVersion: agentic.stigmer.ai/v1
kind: Environment
metadata: {{name: {name}-asia}}
spec: {{data: {{REGION: {{value: asia}}}}}}
"""


def project(folder: Path, name: str) -> Path:
    (folder / "Stigmer.yaml").write_text(f"name: {name}\nruntime: python\nmain: main.py\n")
    (folder / "main.py").write_text(PROGRAM.format(name=name))
    return folder


def test_one_program_deploys_runs_once_its_secret_is_set_and_changes_nothing_again(
    running: Installation, tmp_path: Path
) -> None:
    name, answers = unique("shop"), write_answers(tmp_path / "answers.yaml", "Hello from {{message}}.")
    project(tmp_path, name)
    applied = running.run("apply", "-o", "name", cwd=tmp_path)
    assert applied.code == 0, applied.stderr
    assert f"TOKEN has no value yet: `stigmer env set {name}-europe TOKEN --secret`" in applied.stderr
    run = ("run", f"{name}-in-europe", "-m", "Rome", "--model", f"scripted:{answers}")
    refused = running.run(*run)
    assert (refused.code, f"environment '{name}-europe' has no value for the secret TOKEN" in refused.stderr) == (
        1,
        True,
    )
    assert running.run("env", "set", f"{name}-europe", "TOKEN", "--secret", stdin="one-of-this-machine\n").code == 0
    done = running.run(*run)
    assert (done.code, done.stdout) == (0, "Hello from Rome.\n"), done.stderr
    again = running.run("apply", cwd=tmp_path)
    assert again.code == 0, again.stderr
    assert "warning" not in again.stderr
    kept = {each["key"]: each["value"] for each in running.run("env", "list", f"{name}-europe", "-o", "json").json()}
    assert kept == {"REGION": "eu", "TOKEN": "********"}


def test_documents_name_each_other_in_any_order(running: Installation, tmp_path: Path) -> None:
    name = unique("shop")
    project(tmp_path, name)
    assert running.run("apply", cwd=tmp_path).code == 0
    file = tmp_path / "asia.yaml"
    file.write_text(YAML.format(name=name))
    applied = running.run("apply", "-f", str(file))
    assert applied.code == 0, applied.stderr
    refused = running.run(
        "apply", "-f", "-", stdin=YAML.format(name=name).replace(f"slug: {name}-asia", "slug: nowhere")
    )
    assert refused.code == 1
    assert "there is no Environment 'nowhere' in organization 'local' or on the platform" in refused.stderr
