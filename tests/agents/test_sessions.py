"""Conversations of several runs."""

from __future__ import annotations

import signal

from tests.agents.agents import COMPLETED, FAILED, Agents, call, server, texts
from tests.agents.conftest import Own
from tests.suites.client import unique
from tests.support.llm import Call, ModelHost, Reply


def test_a_run_reads_what_was_said_before_it_in_its_session(agents: Agents, model_host: ModelHost) -> None:
    first, result, second = unique("first"), unique("result"), unique("second")
    model_host.replies += [
        Reply("Looking.", calls=[Call("echo", {"text": result})], when=first),
        Reply("Found it.", when=result),
        Reply("As I said.", when=second),
    ]
    agent = agents.agent(server("plain"))
    begun = agents.wait(agents.start(agent, message=first))
    assert texts(begun, 2) == ["Looking.", "Found it."]
    again = agents.wait(agents.start(agent, message=second, session=begun.spec.session_id))
    assert texts(again, 1, 2) == [second, "As I said."]
    shown = model_host.requests[-1].texts[1:]
    assert shown == [first, "Looking.", result, "Found it.", second]


def test_a_run_that_failed_is_part_of_the_conversation(agents: Agents, model_host: ModelHost) -> None:
    lost, tool, later = unique("lost"), unique("swim"), unique("later")
    model_host.replies += [
        Reply("Trying.", calls=[Call(tool, {})], when=lost),
        Reply("not today", status=400, when=f"there is no tool '{tool}'"),
        Reply("Never mind.", when=later),
    ]
    agent = agents.agent()
    begun = agents.wait(agents.start(agent, message=lost))
    assert begun.status.phase == FAILED
    again = agents.wait(agents.start(agent, message=later, session=begun.spec.session_id))
    assert again.status.phase == COMPLETED, again.status.error
    shown = model_host.requests[-1].texts[1:]
    assert shown == [lost, "Trying.", f"Error: there is no tool '{tool}'; there are no tools", later]


def test_what_does_not_fit_is_left_out_from_the_oldest_on(own: Own) -> None:
    with ModelHost([Reply("Yes.")]) as host:
        own.start_runner(
            STIGMER_LLM_PROVIDER="openai",
            STIGMER_LLM_MODEL="m",
            STIGMER_LLM_BASE_URL=host.openai_url,
            STIGMER_RUN_CONTEXT_TOKENS="1000",
        )
        agents = own.agents
        run = agents.wait(agents.start(agents.agent(), message="oldest " + "x" * 1500))
        for word in ("middle ", "latest "):
            run = agents.wait(agents.start(None, message=word + "x" * 1200, session=run.spec.session_id))
        shown = host.requests[-1].texts
        assert [text[:6] for text in shown[1:]] == ["middle", "Yes.", "latest"]
        assert "1 earlier exchanges of this conversation are not shown" in shown[0]

        large = agents.wait(agents.start(None, message="x" * 1024 * 1024, session=run.spec.session_id))
        assert large.status.phase == FAILED
        assert "larger than the model can read" in large.status.error


def test_a_message_of_a_mebibyte_is_kept_whole(agents: Agents) -> None:
    message = "x" * 1024 * 1024
    run_id = agents.start(agents.agent(), agents.script("Read."), message)
    run = agents.wait(run_id)
    assert texts(run, 1) == [message]
    assert run.status.phase == FAILED
    assert "larger than the model can read" in run.status.error


def test_a_run_that_is_taken_up_again_still_knows_the_session(own: Own) -> None:
    own.start_runner()
    first = own.agents.run(own.agents.agent(server("plain")), "My name is Ann.")
    slow = {"text": "a b c d e f g h", "chunk_delay_seconds": 0.05, "calls": [call("echo", text="hi")]}
    run_id = own.agents.start(None, own.agents.script(slow, "Said {{message}}"), "Again", session=first.spec.session_id)
    own.agents.wait(run_id, lambda run: "b" in "".join(texts(run, 2)))
    own.runners[0].signal(signal.SIGKILL)
    own.start_runner()
    run = own.agents.wait(run_id)
    assert texts(run, 1, 2) == ["Again", "a b c d e f g h", "Said Again"]
