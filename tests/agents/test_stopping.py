"""Why a model stopped decides what its answer is worth, whatever its host calls it."""

from __future__ import annotations

import pytest
from pydantic_ai import messages

from apps.agents.runtime.models.base import Stop
from apps.agents.runtime.models.stopping import stop_of
from tests.agents.agents import COMPLETED, FAILED, Agents, errors, results, server, texts
from tests.agents.conftest import Own
from tests.suites.client import unique
from tests.support.llm import Call, ModelHost, Reply

CUT = "the answer was cut off at the host's limit of tokens"
FILTERED = "the host's filter stopped the answer"
REFUSED = "the host refused to answer"


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply("The first half of the answ", finish="length"), CUT),
        (Reply(finish="length"), CUT),
        (Reply("Half of a sentence that was", finish="content_filter"), FILTERED),
        (Reply(finish="content_filter"), FILTERED),
        (Reply(refusal="I cannot help with that."), f"{REFUSED}: I cannot help with that."),
    ],
)
def test_what_is_no_whole_answer_fails_the_run_and_stays_in_it(
    agents: Agents, model_host: ModelHost, reply: Reply, error: str
) -> None:
    asked = unique("half")
    model_host.replies.append(Reply(reply.text, finish=reply.finish, refusal=reply.refusal, when=asked))
    run = agents.wait(agents.start(agents.agent(), message=asked))
    assert run.status.phase == FAILED
    assert run.status.error.startswith(error)
    assert texts(run, 2) == ([reply.text] if reply.text else [])
    assert sum(asked in request.texts[-1] for request in model_host.requests) == 1


def test_calls_of_a_turn_that_was_cut_off_are_not_made(agents: Agents, model_host: ModelHost) -> None:
    asked, tool = unique("cut"), "echo"
    model_host.replies += [
        Reply(calls=[Call(tool, "")], finish="length", when=asked),
        Reply("In smaller steps, then.", when=f"not made: {CUT}"),
    ]
    run = agents.wait(agents.start(agents.agent(server("plain")), message=asked))
    assert run.status.phase == COMPLETED, run.status.error
    assert errors(run) == [f"not made: {CUT}"]
    assert texts(run, 2)[-1] == "In smaller steps, then."


def test_calls_that_the_filter_stopped_are_not_made(agents: Agents, model_host: ModelHost) -> None:
    asked = unique("filtered")
    model_host.replies.append(Reply(calls=[Call("echo", {"text": "x"})], finish="content_filter", when=asked))
    run = agents.wait(agents.start(agents.agent(server("plain")), message=asked))
    assert (run.status.phase, run.status.error) == (FAILED, FILTERED)
    assert errors(run) == ["not made: the run ended"]


@pytest.mark.parametrize("reply", [Reply(), Reply(" \n"), Reply("\u200b\ufe0f\u3164"), Reply(thoughts="a deep answer")])
def test_no_answer_is_asked_for_once_more(agents: Agents, model_host: ModelHost, reply: Reply) -> None:
    asked = unique("nothing")
    model_host.replies.append(Reply(reply.text, thoughts=reply.thoughts, when=asked))
    run = agents.wait(agents.start(agents.agent(), message=asked))
    assert run.status.phase == FAILED
    assert "gave no answer" in run.status.error
    assert texts(run, 2) == []
    assert sum(asked in request.texts[-1] for request in model_host.requests) == 2


def test_a_model_that_is_silent_after_its_calls_is_urged_to_go_on(agents: Agents, model_host: ModelHost) -> None:
    asked, urged = unique("urged"), unique("echoed")
    model_host.replies += [
        Reply(calls=[Call("echo", {"text": urged})], when=asked),
        Reply("", when=urged),
        Reply("It is done.", when="Go on, or say"),
    ]
    run = agents.wait(agents.start(agents.agent(server("plain")), message=asked))
    assert run.status.phase == COMPLETED, run.status.error
    assert texts(run, 2)[-1] == "It is done."
    assert not [message for message in run.status.messages if "Go on" in message.content]


def test_a_run_whose_calls_were_made_may_end_without_a_last_word(own: Own) -> None:
    with ModelHost([Reply(calls=[Call("echo", {"text": "echoed"})]), Reply(), Reply(" ")]) as host:
        own.start_runner(STIGMER_LLM_PROVIDER="openai", STIGMER_LLM_MODEL="m", STIGMER_LLM_BASE_URL=host.openai_url)
        run = own.agents.wait(own.agents.start(own.agents.agent(server("plain"))))
    assert run.status.phase == COMPLETED, run.status.error
    assert [message.type for message in run.status.messages] == [1, 2, 3]
    assert results(run) == ["echoed"]
    assert len(host.requests) == 3


def test_an_answer_at_the_second_asking_counts(own: Own) -> None:
    with ModelHost([Reply(), Reply("Here it is.")]) as host:
        own.start_runner(STIGMER_LLM_PROVIDER="openai", STIGMER_LLM_MODEL="m", STIGMER_LLM_BASE_URL=host.openai_url)
        run = own.agents.wait(own.agents.start(own.agents.agent()))
    assert run.status.phase == COMPLETED, run.status.error
    assert texts(run, 2) == ["Here it is."]


def test_anthropic_has_the_same_reasons(own: Own) -> None:
    replies = [
        Reply("Half of", finish="max_tokens", when="cut?"),
        Reply("Half of", finish="model_context_window_exceeded", when="full?"),
        Reply(finish="refusal", when="refused?"),
        Reply("", when="nothing?"),
        Reply("Whole.", finish="stop_sequence", when="whole?"),
    ]
    with ModelHost([Reply(), *replies]) as host:
        own.start_runner(
            STIGMER_LLM_PROVIDER="anthropic",
            STIGMER_LLM_MODEL="stand-in",
            STIGMER_LLM_BASE_URL=host.url,
            ANTHROPIC_API_KEY="key",
        )
        agents = own.agents
        ended = {reply.when: agents.wait(agents.start(agents.agent(), message=reply.when)).status for reply in replies}
    assert ended["whole?"].phase == COMPLETED, ended["whole?"].error
    found = {asked: status.error.partition("\n")[0] for asked, status in ended.items() if status.phase == FAILED}
    assert found.pop("nothing?").startswith("anthropic:stand-in gave no answer")
    assert {asked: error[: len(CUT)].rstrip() for asked, error in found.items()} == {
        "cut?": CUT,
        "full?": CUT,
        "refused?": REFUSED,
    }


@pytest.mark.parametrize(
    ("word", "stop"),
    [
        ("stop", Stop.DONE),
        ("eos", Stop.DONE),
        ("end_turn", Stop.DONE),
        ("tool_calls", Stop.DONE),
        ("MAX_TOKENS", Stop.CUT),
        ("SAFETY", Stop.FILTERED),
        ("refusal", Stop.REFUSED),
        ("error", None),
        ("", None),
    ],
)
def test_words_of_hosts(word: str, stop: Stop | None) -> None:
    response = messages.ModelResponse([], provider_details={"finish_reason": word})
    found = stop_of(response)
    assert (found and found[0]) == stop
