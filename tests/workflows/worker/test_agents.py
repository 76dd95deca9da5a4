"""AGENT_CALL: runs of agents that a workflow waits for, by the real runner and by runners elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format
from stigmer_proto.agentic.agentexecution.v1 import io_pb2

from tests.agents.agents import Agents
from tests.agents.runner_unit import RunnerUnit
from tests.support.llm import ModelHost, Reply
from tests.workflows.worker.kit import CANCELLED, COMPLETED, FAILED, Engine, set_, task


@pytest.fixture
def runner(engine: Engine) -> Iterator[RunnerUnit]:
    unit = RunnerUnit(engine.home, env=engine.env)
    with unit:
        unit.wait_until_ready()
        yield unit


@pytest.fixture
def agents(engine: Engine, tmp_path: Path) -> Agents:
    return Agents(engine.api, tmp_path)


def ask(agent: Any, model: str = "", message: str = "Go.", **config: Any) -> Any:
    """An AGENT_CALL named `ask`."""
    settings = {**({"model": model} if model else {}), **config.pop("config", {})}
    return task("ask", "AGENT_CALL", {"agent": agent.metadata.slug, "message": message, "config": settings, **config})


def agent_run(engine: Engine, run_id: str) -> Any:
    """The agent run that a workflow run has started."""
    found: list[Any] = []

    def is_there() -> bool:
        page = engine.api.of("AgentExecution").query("list", io_pb2.ListAgentExecutionsRequest(page_size=100))
        found[:] = [each for each in page.entries if each.metadata.labels["stigmer.ai/workflow-execution"] == run_id]
        return bool(found)

    engine.wait(is_there, "the agent's run is there")
    return found[0]


def report(engine: Engine, execution_id: str, **status: Any) -> None:
    """What a runner elsewhere reports."""
    kind = engine.api.of("AgentExecution")
    kind.command("updateStatus", kind.request("Command", "updateStatus", execution_id=execution_id, status=status))


def test_the_answer_of_an_agent(engine: Engine, agents: Agents, runner: RunnerUnit) -> None:
    agent, model = agents.agent(), agents.script("It looks fine.")
    run = engine.run(
        [
            ask(agent, model, "Look at ${ .what }", env={"PLACE": "here"}),
            set_(
                "finish",
                said="${ .ask.response }",
                id="${ .ask.agent_execution_id }",
                tokens="${ .ask.metadata.output_tokens | tojson }",
            ),
        ],
        trigger_metadata={"what": "it"},
    )
    assert run.phase == COMPLETED, run
    assert run.output["said"] == "It looks fine."
    assert run.output["tokens"].isdecimal(), "a count is a whole number"
    execution = engine.api.of("AgentExecution").get(run.output["id"])
    assert execution.metadata.labels["stigmer.ai/workflow-execution"] == run.envelope.metadata.id
    assert run.tasks["/ask"]["metadata"]["agent_execution_id"] == execution.metadata.id
    assert execution.spec.callback_token == b""


def test_model_and_temperature_of_a_call_reach_the_model(engine: Engine, agents: Agents) -> None:
    with ModelHost([Reply("It looks fine.")]) as host:
        settings = {"STIGMER_LLM_PROVIDER": "openai", "STIGMER_LLM_BASE_URL": host.openai_url}
        with RunnerUnit(engine.home, env={**engine.env, **settings}) as unit:
            unit.wait_until_ready()
            run = engine.run([ask(agents.agent(), "of-the-call", config={"temperature": 0.25})])
    assert run.phase == COMPLETED, run
    assert [(asked.body["model"], asked.body["temperature"]) for asked in host.requests] == [("of-the-call", 0.25)]
    assert run.output["usage"] == {"input_tokens": 11, "output_tokens": 7}
    assert run.tasks["/ask"]["output"]["usage"] == run.output["usage"]


def test_an_agent_that_fails_fails_its_task(engine: Engine, agents: Agents, runner: RunnerUnit) -> None:
    agent = agents.agent()
    catch = {"as": "error", "do": [set_("note", why="${ .error.message }")]}
    run = engine.run([task("guard", "TRY", {"try": [ask(agent, "scripted:/nowhere.yaml")], "catch": catch})])
    assert run.phase == COMPLETED
    assert "nowhere.yaml" in run.output["why"]
    assert run.statuses["/guard/try/ask"] == "FAILED"


def test_an_unknown_agent_fails_its_task(engine: Engine) -> None:
    run = engine.run([task("ask", "AGENT_CALL", {"agent": "nobody", "message": "Hello"})])
    assert run.phase == FAILED
    assert "there is no agent 'nobody'" in run.error


def test_an_agent_whose_skill_is_not_here_fails_its_task(engine: Engine, agents: Agents) -> None:
    agent = agents.agent(skill_refs=[{"kind": "skill", "slug": "nowhere", "scope": "platform"}])
    run = engine.run([ask(agent)])
    assert run.phase == FAILED
    assert "there is no Skill 'nowhere' on the platform" in run.error


def test_a_runner_elsewhere_completes_the_call(engine: Engine, agents: Agents) -> None:
    """Without our runner: somebody reports through updateStatus."""
    run_id = engine.start(engine.apply([ask(agents.agent()), set_("finish", said="${ .ask.response }")]))
    execution = agent_run(engine, run_id)
    report(
        engine,
        execution.metadata.id,
        phase="EXECUTION_COMPLETED",
        messages=[{"type": "MESSAGE_HUMAN", "content": "Go."}, {"type": "MESSAGE_AI", "content": "Gone."}],
    )
    run = engine.end(run_id)
    assert run.output == {"said": "Gone."}, json_format.MessageToJson(run.envelope)


def test_an_agent_that_ends_with_a_result_has_not_answered(engine: Engine, agents: Agents) -> None:
    run_id = engine.start(engine.apply([ask(agents.agent()), set_("finish", said="${ .ask.response }")]))
    said = (("HUMAN", "Go."), ("AI", "Let me see."), ("TOOL", "found"))
    messages = [{"type": f"MESSAGE_{speaker}", "content": text} for speaker, text in said]
    report(engine, agent_run(engine, run_id).metadata.id, phase="EXECUTION_COMPLETED", messages=messages)
    run = engine.end(run_id)
    assert run.phase == FAILED
    assert "ended without an answer" in run.error


def test_cancelling_the_workflow_cancels_the_agent(engine: Engine, agents: Agents) -> None:
    run_id = engine.start(engine.apply([ask(agents.agent())]))
    execution = agent_run(engine, run_id)
    engine.cancel(run_id, "enough")
    run = engine.end(run_id)
    assert (run.phase, run.error) == (CANCELLED, "cancelled: enough")
    kind = engine.api.of("AgentExecution")
    engine.wait(lambda: kind.get(execution.metadata.id).status.phase == CANCELLED, "the agent is cancelled")


def test_a_cancelled_agent_cancels_its_workflow(engine: Engine, agents: Agents) -> None:
    run_id = engine.start(engine.apply([ask(agents.agent())]))
    execution = agent_run(engine, run_id)
    engine.cancel(execution.metadata.id)
    assert engine.end(run_id).phase == CANCELLED


def test_a_call_that_takes_too_long_fails_and_its_agent_ends(engine: Engine, agents: Agents) -> None:
    run_id = engine.start(engine.apply([ask(agents.agent(), config={"timeout": 1})]))
    execution = agent_run(engine, run_id)
    run = engine.end(run_id)
    assert run.phase == FAILED
    assert "within 1 s" in run.error
    kind = engine.api.of("AgentExecution")
    engine.wait(lambda: kind.get(execution.metadata.id).status.phase == CANCELLED, "the agent is cancelled")


def test_a_secret_in_a_message_is_refused(engine: Engine, agents: Agents) -> None:
    env = {"data": {"TOKEN": {"value": "t0psecret-in-message", "is_secret": True}}}
    run = engine.run([ask(agents.agent(), message="Use ${ .secrets.TOKEN }")], spec={"env_spec": env})
    assert run.phase == FAILED
    assert "pass it in `env`" in run.error
