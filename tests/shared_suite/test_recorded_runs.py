"""Recorded programs are deployed and run to the end on whole installations.

Their addresses lead to stand-ins on loopback and their MCP servers are local ones; all else is as it was recorded.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import json_format

from tests.endtoend import tools
from tests.endtoend.kit import COMPLETED, FAILED, Whole, whole_installation
from tests.shared_suite.test_manifests_deploy import MANIFESTS, envelopes
from tests.suites.client import Refused
from tests.support.http import Answer, Asked, StandIn
from tests.support.llm import Call, Reply

PULL = {"title": "feat: a door", "body": "wood", "state": "open", "merged": False, "user": {"login": "ann"}}
COMMIT = {"html_url": "https://x/abc", "commit": {"message": "m", "author": {"name": "ann", "date": "today"}}}
ADDRESSES = ("https://api.github.com", "https://api.example.com", "https://mcp.example.com")


class ToolService(StandIn):
    """An MCP server over streamable HTTP."""

    names = ("search", "fetch", "analyze")

    def answer(self, asked: Asked) -> Answer:
        with self._lock:
            self.asked.append(asked)
        if asked.method != "POST":
            return Answer(status=405)
        said = tools.answer(asked.body, list(self.names))
        return Answer(said) if said else Answer(status=202)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    with whole_installation(tmp_path_factory.mktemp("recorded"), provider="ollama") as made:
        yield made


def recorded(number: str, service: StandIn) -> list[Any]:  # Any: agents and workflows
    """A program's resources, agents first, its addresses leading to `service`."""
    (project,) = MANIFESTS.glob(f"{number}_*")
    return [rewritten(envelope, ADDRESSES, service.url) for envelope in envelopes(project)]


def rewritten(envelope: Any, addresses: tuple[str, ...], url: str) -> Any:
    text = json_format.MessageToJson(envelope)
    for address in addresses:
        text = text.replace(address, url)
    return json_format.Parse(text, type(envelope)())


def make_local(server: Any, *names: str, tell: str = "") -> None:
    """Replace the package from the Internet that `npx` would start."""
    server.stdio.command = sys.executable
    del server.stdio.args[:]
    server.stdio.args.extend([str(Path(tools.__file__)), *names])
    server.stdio.working_dir = ""
    if tell:
        server.stdio.env_placeholders["TELL"] = tell


@pytest.mark.parametrize("provider", ["openai", "anthropic", "ollama"])
def test_01_basic_agents_answer_through_the_protocol_of_each_provider(tmp_path: Path, provider: str) -> None:
    with whole_installation(tmp_path, provider=provider, units="api,runner") as whole:
        whole.host.replies[:] = [Reply("Divide by zero is not handled.")]
        for envelope in recorded("01", whole.service):
            run = whole.run_agent(whole.deploy(envelope), "func divide(a, b int) int { return a / b }")
            assert run.status.phase == COMPLETED, run.status.error
            assert [message.content for message in run.status.messages][1:] == ["Divide by zero is not handled."]
        asked = whole.host.requests
    assert len(asked) == 2
    assert "Review code and suggest improvements based on best practices" in asked[0].texts[0]


def test_03_an_agent_whose_skills_are_not_here_is_deployed_and_not_run(whole: Whole) -> None:
    (envelope,) = recorded("03", whole.service)
    agent = whole.deploy(envelope)
    with pytest.raises(Refused, match="there is no Skill 'devops-best-practices' on the platform") as caught:
        whole.run_agent(agent, "Go.")
    assert caught.value.code is grpc.StatusCode.FAILED_PRECONDITION


def test_03_an_agent_with_what_this_version_cannot_do_says_so_and_asks_nobody(whole: Whole) -> None:
    (envelope,) = recorded("03", whole.service)
    del envelope.spec.skill_refs[:]
    before = len(whole.host.requests)
    run = whole.run_agent(whole.deploy(envelope), "Go.")
    assert run.status.phase == FAILED
    assert "MCP servers in containers (custom-mcp)" in run.status.error
    assert len(whole.host.requests) == before


def test_03_an_agent_with_mcp_servers_uses_the_tools_of_all_of_them(whole: Whole) -> None:
    service = ToolService()
    (envelope,) = recorded("03", service)
    github, _, custom, aws = envelope.spec.mcp_servers
    make_local(github, "create_issue", "list_repos", "create_pr", "delete_repo", tell="GITHUB_TOKEN")
    make_local(aws, "list_buckets", tell="AWS_REGION,AWS_SECRET_ACCESS_KEY,STIGMER_HOME")
    envelope.spec.mcp_servers.remove(custom)
    del envelope.spec.skill_refs[:]
    calls = [Call("list_repos", {"of": "me"}), Call("search", {"for": "x"}), Call("list_buckets"), Call("delete_repo")]
    whole.host.replies[:] = [Reply("Looking.", calls=calls, when="Deploy 03"), Reply("All looked at.")]
    secrets = {name: (f"{name.lower()}-value", True) for name in ("GITHUB_TOKEN", "API_TOKEN", "AWS_SECRET_ACCESS_KEY")}
    env = {**secrets, "AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "id-1"}
    run = whole.run_agent(whole.deploy(envelope), "Deploy 03", env)
    service.close()
    assert run.status.phase == COMPLETED, run.status.error
    assert [call.result for call in run.status.tool_calls] == [
        '{"list_repos": {"of": "me"}, "GITHUB_TOKEN": "********"}',
        '{"search": {"for": "x"}}',
        '{"list_buckets": {}, "AWS_REGION": "eu-west-1", "AWS_SECRET_ACCESS_KEY": "********", "STIGMER_HOME": null}',
        "",
    ]
    assert "there is no tool 'delete_repo'" in run.status.tool_calls[3].error
    asked = next(each for each in service.asked if each.method == "POST")
    assert asked.headers["authorization"] == "Bearer api_token-value"
    assert asked.path == "/api?environment=production&region=eu-west-1"


def test_05_an_agent_gets_its_environment_and_its_servers_get_what_they_name(whole: Whole) -> None:
    (envelope,) = recorded("05", whole.service)
    make_local(envelope.spec.mcp_servers[0], "whoami", tell="GITHUB_TOKEN,AWS_REGION")
    whole.host.replies[:] = [Reply("", calls=[Call("whoami")], when="Deploy 05"), Reply("Deployed.")]
    secrets = {name: (f"{name.lower()}-value", True) for name in ("SLACK_BOT_TOKEN", "OPENAI_API_KEY", "GITHUB_TOKEN")}
    run = whole.run_agent(whole.deploy(envelope), "Deploy 05", {**secrets, "LOG_LEVEL": "info"})
    assert run.status.phase == COMPLETED, run.status.error
    assert run.status.tool_calls[0].result == '{"whoami": {}, "GITHUB_TOKEN": "********", "AWS_REGION": null}'


def test_05_names_the_variable_that_has_no_value(whole: Whole) -> None:
    (envelope,) = recorded("05", whole.service)
    make_local(envelope.spec.mcp_servers[0], "whoami")
    run = whole.run_agent(whole.deploy(envelope), "Deploy 05", {"LOG_LEVEL": "info"})
    assert run.status.phase == FAILED
    assert "GITHUB_TOKEN" in run.status.error


def test_07_a_basic_workflow(whole: Whole) -> None:
    whole.service.on("GET /repos/stigmer/hello-stigmer/pulls/1", body=PULL)
    (workflow,) = recorded("07", whole.service)
    run = whole.run_workflow(whole.deploy(workflow), {"API_TOKEN": ("token", True)})
    assert run.phase == COMPLETED, run.error
    assert run.output == {
        "prTitle": "feat: a door",
        "prAuthor": "ann",
        "prBody": "wood",
        "prState": "open",
        "status": "success",
    }


def test_08_a_workflow_with_conditionals(whole: Whole) -> None:
    whole.service.on("GET /repos/stigmer/hello-stigmer/pulls/1", body=PULL)
    whole.service.on("GET /repos/stigmer/hello-stigmer", body={"open_issues_count": 3, "stargazers_count": 100})
    (workflow,) = recorded("08", whole.service)
    run = whole.run_workflow(whole.deploy(workflow))
    assert run.phase == COMPLETED, run.error
    assert {path for path, status in run.statuses.items() if status == "SKIPPED"} >= {"/deployProduction"}
    assert run.statuses["/deployStaging"] == "COMPLETED"
    assert run.output == {"action": "investigate"}


def test_09_a_workflow_with_loops(whole: Whole) -> None:
    commits = [COMMIT | {"sha": sha} for sha in ("abc", "def")]
    whole.service.on("GET /repos/stigmer/hello-stigmer/commits", body=commits)
    (workflow,) = recorded("09", whole.service)
    run = whole.run_workflow(whole.deploy(workflow))
    assert run.phase == COMPLETED, run.error
    assert run.output == {"loopCompleted": "true", "status": "completed"}
    looped = [task["output"]["sha"] for path, task in run.tasks.items() if path.startswith("/processEachCommit[")]
    assert looped == ["abc", "def"]


def test_13_a_workflow_and_an_agent_that_share_their_context(whole: Whole) -> None:
    whole.service.on("GET /data", body={"retryCount": 3})
    whole.host.replies[:] = [Reply("It grows.")]
    agent, workflow = recorded("13", whole.service)
    token = {"API_TOKEN": ("token", True)}
    run = whole.run_workflow(whole.deploy(workflow), token)
    assert run.phase == COMPLETED, run.error
    assert run.output == {"retries": None, "status": "processing"}
    answered = whole.run_agent(whole.deploy(agent), "What do the numbers say?", token)
    assert answered.status.phase == COMPLETED, answered.status.error


def test_15_a_workflow_that_calls_an_agent(whole: Whole) -> None:
    whole.host.replies[:] = [Reply("Division by zero is not handled.", when="func divide")]
    agent, workflow = recorded("15", whole.service)
    whole.deploy(agent)
    run = whole.run_workflow(whole.deploy(workflow))
    assert run.phase == COMPLETED, run.error
    assert run.output["response"] == "Division by zero is not handled."
    called = whole.agents.get(run.output["agent_execution_id"])
    assert called.status.phase == COMPLETED
    assert called.metadata.labels["stigmer.ai/workflow-execution"] == run.envelope.metadata.id
