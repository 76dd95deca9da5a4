"""Secret values are in no file of ours, in no answer of the API, and in no prompt that the user did not write."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.agents.agents import COMPLETED, FAILED, Agents, results, server, texts
from tests.agents.conftest import Own
from tests.factories import delete, make_environment
from tests.suites.client import unique
from tests.support.daemon import wait_until
from tests.support.llm import Call, ModelHost, Reply

RUN_SECRET, FILE_SECRET, KEY = "canary-of-the-run-7f3a", 'canary"of\\the/environment', "canary-api-key-91c2"


def files_with(folder: Path, *secrets: str) -> list[str]:
    """Files that hold a secret, as it is or as JSON writes it."""
    forms = [form.encode() for secret in secrets for form in {secret, json.dumps(secret)[1:-1]}]
    return [
        str(path) for path in folder.rglob("*") if path.is_file() and any(form in path.read_bytes() for form in forms)
    ]


def test_no_secret_reaches_a_file_an_answer_or_a_prompt(own: Own) -> None:
    environments = own.agents.api.of("Environment")
    data = {"FILE_SECRET": {"value": FILE_SECRET, "is_secret": True}, "PLAIN": {"value": "shown"}}
    environment = environments.create(environments.envelope({"data": data}, name="keys"))
    tools = server(
        "plain",
        "--token",
        "${RUN_SECRET}",
        stdio={"env_placeholders": {"FILE": "${FILE_SECRET}", "PLAIN": "${PLAIN}", "RUN": "${RUN_SECRET}"}},
    )
    agent = own.agents.agent(tools)
    instances = own.agents.api.of("AgentInstance")
    reference = {"slug": environment.metadata.slug, "org": "local", "scope": "organization", "kind": "environment"}
    instance = instances.create(
        instances.envelope({"agent_id": agent.metadata.id, "environment_refs": [reference]}, name="with-keys")
    )
    sessions = own.agents.api.of("Session")
    session = sessions.create(sessions.envelope({"agent_instance_id": instance.metadata.id}))
    replies = [
        Reply("I call.", calls=[Call("environment"), Call("token"), Call("echo", {"text": RUN_SECRET})]),
        Reply(f"The secrets are {RUN_SECRET[:9]}{RUN_SECRET[9:]} and {FILE_SECRET}."),
        Reply(f"wrong key {KEY} for {RUN_SECRET}", status=401),
    ]
    with ModelHost(replies) as host:
        own.start_runner(
            STIGMER_LLM_PROVIDER="openai",
            STIGMER_LLM_MODEL="m",
            STIGMER_LLM_BASE_URL=host.openai_url,
            STIGMER_LOG_LEVEL="DEBUG",
        )
        env = {"RUN_SECRET": (RUN_SECRET, True), "OPENAI_API_KEY": (KEY, True)}
        runs = [
            own.agents.wait(own.agents.start(None, message="Tell me.", session=session.metadata.id, env=env))
            for _ in range(2)
        ]
    first, second = runs
    assert first.status.phase == COMPLETED, first.status.error
    seen = json.loads(results(first)[0])
    assert (seen["RUN"], seen["FILE"], seen["PLAIN"]) == ("********", "********", "shown")
    assert results(first)[1:] == ["********", "********"]
    assert texts(first, 2)[-1] == "The secrets are ******** and ********."
    assert second.status.phase == FAILED
    assert "wrong key ******** for ********" in second.status.error
    assert {asked.key for asked in host.requests} == {KEY}
    prompts = json.dumps([asked.body for asked in host.requests])
    assert not [secret for secret in (RUN_SECRET, FILE_SECRET, KEY) if json.dumps(secret)[1:-1] in prompts]
    assert not [secret for secret in (RUN_SECRET, FILE_SECRET, KEY) if any(secret in str(run) for run in runs)]
    assert files_with(own.unit.home, RUN_SECRET, FILE_SECRET, KEY) == []


def test_a_secret_that_is_typed_into_a_message_is_masked_there(agents: Agents) -> None:
    environment = make_environment(agents.api, {"PASSWORD": {"value": FILE_SECRET, "is_secret": True}})
    agent = agents.agent()
    instances = agents.api.of("AgentInstance")
    reference = {"slug": environment.metadata.slug, "kind": "environment"}
    spec = {"agent_id": agent.metadata.id, "environment_refs": [reference]}
    instance = instances.create(instances.envelope(spec, name=unique("instance")))
    sessions = agents.api.of("Session")
    session = sessions.create(sessions.envelope({"agent_instance_id": instance.metadata.id}))
    message = f"my token is {RUN_SECRET}, the password {json.dumps(FILE_SECRET)}"
    env = {"TOKEN": (RUN_SECRET, True)}
    run = agents.wait(agents.start(None, agents.script("Thank you."), message, session=session.metadata.id, env=env))
    said = 'my token is ********, the password "********"'
    assert (run.status.phase, run.spec.message, texts(run, 1)) == (COMPLETED, said, [said])
    new = agents.wait(agents.start(agent, agents.script("Thank you."), message, env=env))
    subject = sessions.get(new.spec.session_id).spec.subject
    assert subject.startswith("my token is ********, the password")
    assert RUN_SECRET not in str(new)


def test_what_a_tool_server_says_before_it_dies_shows_no_half_of_a_secret(agents: Agents) -> None:
    """A line is cut in front: what was left of a secret there was none that anybody knew."""
    program = "import os, sys; sys.exit(os.environ['TOKEN'] + 'x' * 290)"
    stdio = {"command": sys.executable, "args": ["-c", program], "env_placeholders": {"TOKEN": "${TOKEN}"}}
    run = agents.run(agents.agent({"name": "dying", "stdio": stdio}), "Never.", env={"TOKEN": (RUN_SECRET, True)})
    assert run.status.phase == FAILED
    assert "*xxx" in run.status.error
    assert RUN_SECRET[-6:] not in run.status.error


def test_a_header_that_cannot_be_sent_is_named_and_not_quoted(agents: Agents) -> None:
    headers = {"Authorization": "Bearer ${TOKEN}"}
    remote = {"name": "far", "http": {"url": "http://127.0.0.1:9/mcp", "headers": headers}}
    run = agents.run(agents.agent(remote), "Never.", env={"TOKEN": (f"{RUN_SECRET}\nX: y", True)})
    assert run.status.error == (
        "MCP server 'far' cannot be asked: the value of the header 'Authorization' has a line break or a control "
        "character in it"
    )


def test_what_a_server_says_of_its_tools_is_told_without_secrets(own: Own) -> None:
    agent = own.agents.agent(server("plain", "--say", "Speaks ${TOKEN}.", "--only", "echo"))
    with ModelHost([Reply("Hello.")]) as host:
        own.start_runner(STIGMER_LLM_PROVIDER="openai", STIGMER_LLM_MODEL="m", STIGMER_LLM_BASE_URL=host.openai_url)
        run = own.agents.wait(own.agents.start(agent, env={"TOKEN": (RUN_SECRET, True)}))
    assert run.status.phase == COMPLETED, run.status.error
    told = json.dumps(host.requests[0].body)
    assert "Speaks ********." in told
    assert RUN_SECRET not in told


def test_the_context_of_a_run_is_there_while_it_runs_and_gone_after(own: Own) -> None:
    contexts = own.agents.api
    slow = {"text": "a b c d e f g h i j k l m n o p", "chunk_delay_seconds": 0.2}
    agent = own.agents.agent(env_spec={"data": {"LEVEL": {"value": "info"}, "REGION": {"value": "eu"}}})
    own.start_runner()
    env = {"LEVEL": "debug", "TOKEN": (RUN_SECRET, True)}
    run_id = own.agents.start(agent, own.agents.script(slow), env=env)
    own.agents.wait(run_id, lambda run: bool(texts(run, 2)))
    found = contexts.page("ExecutionContext").entries
    assert len(found) == 1
    assert RUN_SECRET.encode() not in found[0].value
    assert all(text in found[0].value for text in (b"debug", b"eu", b"TOKEN", run_id.encode()))
    assert own.agents.wait(run_id).status.phase == COMPLETED
    wait_until(lambda: not contexts.page("ExecutionContext").entries, "the context is gone")


def test_an_environment_that_was_deleted_fails_the_run_that_needs_it(agents: Agents) -> None:
    environment, agent = make_environment(agents.api, {"LEVEL": {"value": "info"}}), agents.agent()
    instances, sessions = agents.api.of("AgentInstance"), agents.api.of("Session")
    reference = {"slug": environment.metadata.slug, "kind": "environment"}
    spec = {"agent_id": agent.metadata.id, "environment_refs": [reference]}
    instance = instances.create(instances.envelope(spec, name=unique("instance")))
    session = sessions.create(sessions.envelope({"agent_instance_id": instance.metadata.id}))
    delete(agents.api, "Environment", environment.metadata.id, force=True)
    run = agents.wait(agents.start(None, agents.script("Hello."), session=session.metadata.id))
    assert run.status.phase == FAILED
    assert run.status.error == (
        f"environment {environment.metadata.slug!r}, which instance {instance.metadata.slug!r} refers to, "
        f"does not exist. Create it again, or take it out of instance {instance.metadata.slug!r}"
    )
