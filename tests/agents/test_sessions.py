"""Conversations of several runs."""

from __future__ import annotations

import signal
import threading
from collections.abc import Mapping

import pytest

from apps.resources.json_value import Json
from tests.agents.agents import COMPLETED, FAILED, Agents, Run, call, server, texts
from tests.agents.conftest import Own
from tests.suites.client import unique
from tests.support.llm import Asked, Call, ModelHost, Reply


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


SUMMARIZE = "Summarize this conversation."


def small(host: ModelHost, **more: str) -> dict[str, str]:
    """Settings of a runner whose model can read little: 2000 characters of what was said before."""
    openai = {"STIGMER_LLM_PROVIDER": "openai", "STIGMER_LLM_MODEL": "m", "STIGMER_LLM_BASE_URL": host.openai_url}
    return {**openai, "STIGMER_RUN_CONTEXT_TOKENS": "1000", **more}


def say(agents: Agents, *words: str, session: str = "", env: Mapping[str, Json] | None = None) -> list[Run]:
    """Runs of one session, one after the other, each with a message of 800 characters that begins with a word."""
    runs: list[Run] = []
    agent = None if session else agents.agent()
    for word in words:
        message = f"{word} ".ljust(800, "x")
        runs.append(agents.wait(agents.start(agent, message=message, session=session, env=env)))
        agent, session = None, runs[0].spec.session_id
    return runs


def asked_to_summarize(host: ModelHost) -> list[Asked]:
    return [asked for asked in host.requests if SUMMARIZE in asked.texts[-1]]


def words_of(asked: Asked) -> list[str]:
    """The first word of each paragraph that a model was shown, instructions excepted."""
    return [paragraph.split()[0] for text in asked.texts[1:] for paragraph in text.split("\n\n")]


def test_what_does_not_fit_is_summarized_once_and_the_summary_extended_later(own: Own) -> None:
    secret = "canary-of-a-summary"
    summaries = [Reply("Ann grows roses."), Reply(f"Ann grows roses and {secret}.")]
    with ModelHost([Reply("Yes.")]) as host:
        own.start_runner(**small(host))
        host.replies.append(Reply(summaries[0].text, when=SUMMARIZE, input_tokens=100, output_tokens=20))
        runs = say(own.agents, "one", "two", "three", "four", "five")
        host.replies[-1] = Reply(summaries[1].text, when=SUMMARIZE)
        runs += say(own.agents, "six", "seven", session=runs[0].spec.session_id, env={"KEY": (secret, True)})
    assert [run.status.phase for run in runs] == [COMPLETED] * 7

    made = "The first 2 exchanges of this conversation were summarized to make room."
    assert [texts(run, 4) for run in runs[:5]] == [[], [], [], [f"{made}\n\nAnn grows roses."], []]
    assert texts(runs[5], 4) == [f"{made.replace('2', '4')}\n\nAnn grows roses and ********."]
    assert texts(runs[3], 1, 2, 4)[1:] == [texts(runs[3], 4)[0], "Yes."]
    usage = runs[3].status.messages[1].metadata
    assert (usage["model"], usage["input_tokens"], usage["output_tokens"]) == ("openai:m", 100, 20)

    first, second = asked_to_summarize(host)
    assert all(text in first.texts[-1] for text in ("User: one xxx", "Assistant: Yes.", "User: two xxx"))
    assert "three" not in first.texts[-1]
    assert all(text in second.texts[-1] for text in ("Ann grows roses.", "User: three xxx", "User: four xxx"))
    assert not any(text in second.texts[-1] for text in ("User: two", "User: five"))
    assert "tools" not in first.body
    assert first.body["max_tokens"] == 4096

    answered = [asked for asked in host.requests if asked not in (first, second)]
    assert words_of(answered[3]) == ["The", "Ann", "three", "Yes.", "four"]
    assert words_of(answered[4]) == ["The", "Ann", "three", "Yes.", "four", "Yes.", "five"]
    assert words_of(answered[6]) == ["The", "Ann", "five", "Yes.", "six", "Yes.", "seven"]
    assert "\n\nAnn grows roses and ********.\n\nfive xxx" in answered[6].texts[1]
    assert not any("not shown" in asked.texts[0] for asked in answered)


def test_a_script_can_summarize_too(own: Own) -> None:
    own.start_runner(STIGMER_RUN_CONTEXT_TOKENS="1000")
    model = own.agents.script({"when": SUMMARIZE, "text": "It was about roses."}, "Yes.")
    first = own.agents.wait(own.agents.start(own.agents.agent(), model, "x" * 2500))
    second = own.agents.wait(own.agents.start(None, model, "And?", session=first.spec.session_id))
    made = "The first exchange of this conversation was summarized to make room.\n\nIt was about roses."
    assert texts(second) == ["And?", made, "Yes."]


def test_a_summary_counts_against_the_limits_of_its_run(own: Own) -> None:
    with ModelHost([Reply("Yes."), Reply("In short.", when=SUMMARIZE)]) as host:
        own.start_runner(**small(host, STIGMER_RUN_TOKENS="30"))
        *earlier, last = say(own.agents, "one", "two", "three", "four")
    assert [run.status.phase for run in earlier] == [COMPLETED] * 3
    assert (last.status.phase, last.status.error) == (FAILED, "the model used 36 tokens; the limit for a run is 30")


def test_a_runner_that_dies_while_it_summarizes_leaves_it_to_the_next(own: Own) -> None:
    with ModelHost([Reply("Yes.")]) as host:
        own.start_runner(**small(host))
        begun = say(own.agents, "one", "two", "three")
        session = begun[0].spec.session_id
        host.replies.append(Reply("The half of", when=SUMMARIZE, hold=threading.Event()))
        run_id = own.agents.start(None, message="four", session=session)
        own.agents.wait(run_id, lambda run: "The half of" in "".join(texts(run, 4)))
        own.runners[0].signal(signal.SIGKILL)

        hold = threading.Event()
        host.replies[-1:] = [Reply("The whole of it.", when=SUMMARIZE), Reply("Well ", when="four", hold=hold)]
        own.start_runner(**small(host))
        own.agents.wait(run_id, lambda run: "Well " in texts(run, 2))
        own.runners[1].signal(signal.SIGKILL)

        host.replies[-1] = Reply("Good.", when="four")
        own.start_runner(**small(host))
        run = own.agents.wait(run_id)
        hold.set()
    heading = "The first 2 exchanges of this conversation were summarized to make room."
    assert texts(run) == ["four", f"{heading}\n\nThe whole of it.", "Good."]
    assert len(asked_to_summarize(host)) == 2
    assert host.requests[-1].texts[1].startswith(f"{heading}\n\nThe whole of it.\n\nthree xxx")


@pytest.mark.parametrize("trouble", [Reply("too long", status=400, when=SUMMARIZE), Reply(" ", when=SUMMARIZE)])
def test_without_a_summary_the_oldest_is_left_out(own: Own, trouble: Reply) -> None:
    with ModelHost([Reply("Yes."), trouble]) as host:
        own.start_runner(**small(host))
        agents = own.agents
        run = agents.wait(agents.start(agents.agent(), message="oldest " + "x" * 1500))
        for word in ("middle ", "latest "):
            run = agents.wait(agents.start(None, message=word + "x" * 1200, session=run.spec.session_id))
        assert texts(run)[1:] == ["Yes."]
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
    slow = {"text": "a b c d e f g h", "chunk_delay_seconds": 0.25, "calls": [call("echo", text="hi")]}
    run_id = own.agents.start(None, own.agents.script(slow, "Said {{message}}"), "Again", session=first.spec.session_id)
    own.agents.wait(run_id, lambda run: "b" in "".join(texts(run, 2)))
    own.runners[0].signal(signal.SIGKILL)
    own.start_runner()
    run = own.agents.wait(run_id)
    assert texts(run, 1, 2) == ["Again", "a b c d e f g h", "Said Again"]
