"""Streams of hosts that do not do as the protocols say, put right."""

from __future__ import annotations

import json
from itertools import combinations

import pytest
from pydantic_ai import messages

from apps.agents.runtime.models.base import Stop
from apps.agents.runtime.models.mending import Halves
from apps.agents.runtime.models.openai_chunks import Chunks
from apps.agents.runtime.models.stopping import stop_of
from apps.agents.runtime.models.thoughts import ThoughtTags, without_thoughts
from apps.resources.json_value import Json
from tests.agents.agents import COMPLETED, Agents, results, server, texts
from tests.agents.conftest import Own
from tests.suites.client import unique
from tests.support.llm import ModelHost, Reply

DONE = b"data: [DONE]\n\n"


def chunks(*deltas: Json, finish: str | None = "stop", done: bool = True) -> bytes:
    """A stream of OpenAI's protocol; a dict with `finish_reason` is a whole choice, other dicts are deltas."""
    choices = [each if isinstance(each, dict) and "finish_reason" in each else {"delta": each} for each in deltas]
    if finish:
        choices.append({"delta": {}, "finish_reason": finish})
    events = [{"id": "c", "created": 1, "model": "m", "choices": [{"index": 0, **choice}]} for choice in choices]
    return b"".join(b"data: %b\n\n" % json.dumps(event).encode() for event in events) + (DONE if done else b"")


def piece(index: int, call_id: str, name: str, arguments: str) -> Json:
    function = {"name": name, "arguments": arguments}
    return {"tool_calls": [{"index": index, "id": call_id, "type": "function", "function": function}]}


def ask(agents: Agents, host: ModelHost, raw: bytes, *, tools: bool = False) -> Json:
    asked = unique("odd")
    host.replies.append(Reply(raw=raw, when=asked))
    agent = agents.agent(server("plain")) if tools else agents.agent()
    run = agents.wait(agents.start(agent, message=asked))
    assert sum(asked in request.texts[-1] for request in host.requests) == (1 if run.status.phase == COMPLETED else 5)
    return run


@pytest.mark.parametrize(
    "raw",
    [
        chunks({"content": "whole answer"}, finish="eos"),
        chunks({"content": "whole answer"}, finish=None),
        chunks({"content": "whole answer"}, {"delta": None, "finish_reason": "stop"}, finish=None),
        chunks({"content": "whole "}, {"content": "answer"}, finish="end_turn"),
    ],
)
def test_a_whole_answer_is_one_however_its_end_is_told(agents: Agents, model_host: ModelHost, raw: bytes) -> None:
    run = ask(agents, model_host, raw)
    assert run.status.phase == COMPLETED, run.status.error
    assert texts(run, 2) == ["whole answer"]


def test_a_stream_that_just_ends_is_half_an_answer(own: Own) -> None:
    with ModelHost([Reply(raw=chunks({"content": "half"}, finish=None, done=False)), Reply("whole")]) as host:
        own.start_runner(STIGMER_LLM_PROVIDER="openai", STIGMER_LLM_MODEL="m", STIGMER_LLM_BASE_URL=host.openai_url)
        run = own.agents.wait(own.agents.start(own.agents.agent()))
    assert texts(run, 2) == ["whole"]


@pytest.mark.parametrize(
    ("pieces", "made"),
    [
        ([piece(0, "c1", "echo", ""), piece(0, "c1", "echo", '{"text"'), piece(0, "c1", "echo", ':"a"}')], ["a"]),
        ([piece(0, "c1", "ec", '{"text":'), piece(0, "c1", "ho", '"a"}')], ["a"]),
        ([piece(0, "c1", "ec", '{"text":'), piece(0, "c1", "echo", '"a"}')], ["a"]),
        ([piece(0, "c1", "echo", '{"text":"a"}'), piece(0, "c1", "echo", '{"text":"a"}')], ["a"]),
        ([piece(0, "c1", "echo", '{"text":"a"}'), piece(0, "c2", "echo", '{"text":"b"}')], ["a", "b"]),
        ([piece(0, "", "echo", '{"text":"a"}'), piece(0, "", "echo", '{"text":"b"}')], ["a", "b"]),
        ([piece(1, "c1", "echo", '{"text":"a"}'), piece(0, "c2", "echo", '{"text":"b"}')], ["a", "b"]),
        ([piece(0, "c1", "echo", '{"text":"\ud83d'), piece(0, "c1", "", '\ude00"}')], ["\U0001f600"]),
    ],
)
def test_calls_are_put_together_as_they_were_meant(
    agents: Agents, model_host: ModelHost, pieces: list[Json], made: list[str]
) -> None:
    asked = unique("calls")
    model_host.replies.append(Reply(raw=chunks(*pieces, finish="tool_calls"), when=asked))
    run = agents.wait(agents.start(agents.agent(server("plain")), message=asked))
    assert run.status.phase == COMPLETED, run.status.error
    assert results(run) == made


@pytest.mark.parametrize(
    ("pieces", "answer"),
    [
        (["<th", "ink>secret thou", "ghts</th", "ink>\n\n42"], "42"),
        (["<think>", "secret thoughts", "</think>", "\n\n42"], "42"),
        (["secret thoughts", "\n</think>\n\n", "42"], "42"),
        (["a <think> in it"], "a <think> in it"),
        (["<thi"], "<thi"),
        (["<THINK>no <thi", "nk>b</Think>", " yes</THI", "NK>\n\n42"], "42"),
        (["ok \ud83d", "\ude00 end"], "ok \U0001f600 end"),
    ],
)
def test_thoughts_and_halves_of_characters_are_no_part_of_an_answer(
    agents: Agents, model_host: ModelHost, pieces: list[str], answer: str
) -> None:
    run = ask(agents, model_host, chunks(*({"content": text} for text in pieces)))
    assert run.status.phase == COMPLETED, run.status.error
    assert texts(run, 2) == [answer]


def test_anthropic_may_cut_characters_and_leave_the_usage_out(own: Own) -> None:
    def event(kind: str, **more: Json) -> bytes:
        return b"event: %b\ndata: %b\n\n" % (kind.encode(), json.dumps({"type": kind, **more}).encode())

    message: Json = {
        "id": "m",
        "type": "message",
        "role": "assistant",
        "content": [],
        "model": "m",
        "stop_reason": None,
    }
    raw = event("message_start", message=message)
    raw += event("content_block_start", index=0, content_block={"type": "text", "text": ""})
    for text in ("ok \ud83d", "\ude00 end"):
        raw += event("content_block_delta", index=0, delta={"type": "text_delta", "text": text})
    raw += event("content_block_stop", index=0)
    raw += event("message_delta", delta={"stop_reason": "end_turn", "stop_sequence": None}) + event("message_stop")
    with ModelHost([Reply(raw=raw)]) as host:
        own.start_runner(
            STIGMER_LLM_PROVIDER="anthropic",
            STIGMER_LLM_MODEL="m",
            STIGMER_LLM_BASE_URL=host.url,
            ANTHROPIC_API_KEY="key",
        )
        run = own.agents.wait(own.agents.start(own.agents.agent()))
    assert run.status.phase == COMPLETED, run.status.error
    assert texts(run, 2) == ["ok \U0001f600 end"]


@pytest.mark.parametrize(
    ("whole", "thoughts", "answer"),
    [
        ("\n<think>no <b> tag</thin</think>\n\n4<2", "no <b> tag</thin", "4<2"),
        ("<think>a <think>b</think> c</think>4<2", "a <think>b</think> c", "4<2"),
        ("<Think>a</THINK>\n<think>b</think>\n42", "ab", "42"),
        ("<think>is <think> one?</think> 4<t", "is <think> one?</think>", "4<t"),
        ("<think>a</think> <th", "a", "<th"),
    ],
)
def test_tags_may_be_cut_anywhere(whole: str, thoughts: str, answer: str) -> None:
    for cuts in combinations(range(len(whole) + 1), 3):
        tags, thought, said = ThoughtTags(), "", ""
        for start, end in zip((0, *cuts), (*cuts, len(whole)), strict=True):
            more, text = tags.feed(whole[start:end])
            thought, said = thought + more, said + text
        assert (thought, said + tags.end()) == (thoughts, answer), cuts


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        ("thoughts</think>\n\n42", "42"),
        ("thoughts</THINK>\n\n42", "42"),
        ("<think>thoughts</think> 42", "42"),
        ("Write `</think>` at the end.", "Write `</think>` at the end."),
        ("```\n</think>\n```\nlike this", "```\n</think>\n```\nlike this"),
        ("First <think>\nthen\n</think>\n", "First <think>\nthen\n</think>\n"),
    ],
)
def test_a_closing_tag_alone_ends_thoughts(answer: str, shown: str) -> None:
    assert without_thoughts(answer) == shown


def test_what_never_gets_its_other_half_is_not_shown() -> None:
    halves = Halves()
    assert [halves.joined("a", text) for text in ("x\ud83d", "y")] == ["x", "\ufffdy"]
    assert halves.joined("b", "\ude00z") == "\ufffdz"
    assert [halves.joined("c", "z\ud83d"), halves.rest("c"), halves.rest("c")] == ["z", "\ufffd", ""]


@pytest.mark.parametrize(
    ("chunk", "message"),
    [
        ({"error": "quota gone"}, "quota gone"),
        ({"object": "error", "message": "quota gone", "code": 429}, "quota gone"),
        ({"type": "error", "message": "quota gone"}, "quota gone"),
    ],
)
def test_an_error_in_a_stream_keeps_its_sentence(chunk: Json, message: str) -> None:
    assert Chunks().mend(chunk)["error"]["message"] == message


@pytest.mark.parametrize(
    ("word", "stop"),
    [
        ("stop", Stop.DONE),
        ("eos", Stop.DONE),
        ("MAX_TOKENS", Stop.CUT),
        ("pause_turn", Stop.CUT),
        ("incomplete", Stop.CUT),
        ("BLOCKLIST", Stop.FILTERED),
        ("content_filter: RECITATION", Stop.FILTERED),
        ("function_call_filter: MALFORMED_FUNCTION_CALL", None),
        ("cancelled", None),
        ("content_filtered", Stop.FILTERED),
        ("insufficient_system_resource", None),
        ("abort", None),
        ("", None),
    ],
)
def test_why_a_model_stopped_is_known_in_the_words_of_many_hosts(word: str, stop: Stop | None) -> None:
    told = stop_of(messages.ModelResponse(parts=[], provider_details={"finish_reason": word}))
    assert (told[0] if told else None) is stop


def test_what_is_in_order_is_left_as_it_is() -> None:
    chunk = {"choices": [{"index": 0, "delta": {"content": "a"}, "finish_reason": None}], "usage": None}
    mender = Chunks()
    assert mender.mend(json.loads(json.dumps(chunk))) == chunk
    odds: list[Json] = [{}, [], None, {"choices": []}, {"choices": [None]}, {"error": {"message": "no"}}]
    for odd in odds:
        assert mender.mend(odd) == odd
