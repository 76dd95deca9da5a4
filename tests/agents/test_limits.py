"""What one run may use, and going in circles."""

from __future__ import annotations

from tests.agents.agents import COMPLETED, FAILED, Agents, call, errors, server, texts
from tests.agents.conftest import Own


def echo(text: str) -> dict[str, object]:
    return {"calls": [call("echo", text=text)]}


def test_the_same_call_is_warned_of_and_then_stops_the_run(agents: Agents) -> None:
    run = agents.run(agents.agent(server("plain")), echo("again"))
    assert run.status.phase == FAILED
    assert run.status.error == "the model called echo 5 times with the same arguments: it goes in circles"
    assert len(run.status.tool_calls) == 5
    assert errors(run)[-1] == "not made: the run ended"


def test_the_model_is_told_when_it_repeats_itself(agents: Agents) -> None:
    run = agents.run(agents.agent(server("plain")), *[echo("again")] * 3, "I see: {{last}}")
    assert run.status.phase == COMPLETED
    assert "You have made exactly this call 3 times" in texts(run)[-1]


def test_too_many_calls_that_cannot_be_made_fail_the_run(agents: Agents) -> None:
    turns = [{"calls": [call("nothing", number=number)]} for number in range(3)]
    run = agents.run(agents.agent(), *[turns[number % 3] for number in range(4)], echo("x"))
    assert run.status.phase == FAILED
    assert run.status.error.startswith(
        "the model made 5 calls in a row that cannot be made; the last: there is no tool"
    )


def test_too_many_tool_calls_fail_the_run(agents: Agents) -> None:
    calls = {"calls": [call("echo", text=str(number)) for number in range(11)]}
    run = agents.run(agents.agent(server("plain")), calls, "Never said.")
    assert (run.status.phase, run.status.error) == (FAILED, "the model made 10 tool calls: the limit for a run")


def test_too_many_tokens_fail_the_run(own: Own) -> None:
    own.start_runner(STIGMER_RUN_TOKENS="50")
    run = own.agents.run(own.agents.agent(), "word " * 100)
    assert (run.status.phase, run.status.error[-30:]) == (FAILED, "tokens; the limit for a run is 50"[-30:])


def test_a_run_that_takes_too_long_fails(own: Own) -> None:
    """The answer takes for ever, so that nothing depends on how long anything else takes."""
    own.start_runner(STIGMER_RUN_SECONDS="3")
    run = own.agents.run(own.agents.agent(), {"text": "a b c d e f", "chunk_delay_seconds": 600.0})
    assert (run.status.phase, run.status.error) == (FAILED, "the run took longer than 3 s, which is the limit")


def test_too_many_turns_fail_the_run(own: Own) -> None:
    own.start_runner(STIGMER_RUN_TURNS="2")
    agents = own.agents
    run = agents.run(agents.agent(server("plain")), echo("1"), echo("2"), echo("3"))
    assert run.status.error == "the model took 2 turns without a final answer: the limit for a run"


def test_what_this_version_cannot_do_fails_the_run_naming_it(agents: Agents) -> None:
    helper = {"name": "reviewer", "instructions": "Review what you are given."}
    agent = agents.agent({"name": "boxed", "docker": {"image": "busybox:1"}}, sub_agents=[helper])
    run = agents.run(agent, "Never said.")
    assert run.status.phase == FAILED
    assert run.status.error.startswith(
        "this version cannot run agents with sub-agents (reviewer) and MCP servers in containers (boxed)"
    )
    assert texts(run) == ["Go."]
