"""What a provider adds to its answers goes back to it, and to nobody else."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from pydantic_ai import messages

from apps.agents.runtime.models.base import Answer, CallRequest, Kept
from apps.agents.runtime.models.keeping import keep, restore
from tests.agents.agents import COMPLETED, Agents, Run, server
from tests.agents.conftest import Own
from tests.suites.client import unique
from tests.support.llm import SIGNATURE, Asked, Call, ModelHost, Reply

THOUGHTS = "I should look it up"


def assistant(asked: Asked) -> list[dict[str, Any]]:
    """The messages of a request that are the model's own."""
    return [message for message in asked.body["messages"] if message["role"] == "assistant"]


def replies(first: str, found: str, later: str, extra: object = None) -> list[Reply]:
    look = Call("echo", {"text": found}, id="c_1", extra=extra)
    return [
        Reply("Looking.", calls=[look], thoughts=THOUGHTS, when=first),
        Reply("Found it.", when=found),
        Reply("As I said.", when=later),
    ]


def converse(agents: Agents, first: str, later: str, *, model: str = "") -> list[Run]:
    begun = agents.wait(agents.start(agents.agent(server("plain")), message=first))
    again = agents.wait(agents.start(None, model, message=later, session=begun.spec.session_id))
    for run in (begun, again):
        assert run.status.phase == COMPLETED, run.status.error
        assert THOUGHTS not in str(run.status)
    return [begun, again]


def test_thoughts_and_extra_fields_go_back_within_the_run_and_in_later_ones(
    agents: Agents, model_host: ModelHost
) -> None:
    first, found, later = unique("thinks-first"), unique("thinks-found"), unique("thinks-later")
    extra = {"google": {"thought_signature": "SIG123"}}
    model_host.replies += replies(first, found, later, extra)
    begun, _ = converse(agents, first, later)
    within, after = model_host.requests[-2:]
    for asked in (within, after):
        answer = assistant(asked)[0]
        assert answer["reasoning_content"] == THOUGHTS
        assert answer["content"] == "Looking."
        (made,) = answer["tool_calls"]
        assert (made["id"], made["extra_content"]) == ("c_1", extra)
    events = list(agents.api.follow(begun.metadata.id))
    assert [event.ended.index for event in events if event.WhichOneof("change") == "ended"] == [1, 3]
    assert THOUGHTS not in str(events)


def test_what_was_beside_the_protocol_goes_back_where_it_was(agents: Agents, model_host: ModelHost) -> None:
    first, found = unique("beside-first"), unique("beside-found")
    function = {"name": "echo", "arguments": f'{{"text":"{found}"}}', "thought_signature": "S2"}
    signed = {"id": "c_1", "type": "function", "function": function, "signature": "S1"}
    text, secret = {"type": "reasoning.text", "index": 0}, {"type": "reasoning.encrypted", "index": 0, "data": "ENC"}
    deltas: list[Any] = [
        {"reasoning": "I th", "reasoning_content": "I th", "reasoning_details": [{**text, "text": "I th"}]},
        {
            "reasoning": "ink",
            "reasoning_content": "ink",
            "reasoning_details": [{**text, "text": "ink", "signature": "S"}],
        },
        {"reasoning_details": [secret], "extra_content": {"google": {"thought_signature": "S3"}}, "logprobs": None},
        {"tool_calls": [{"index": 0, **signed}]},
    ]
    choices = [*({"index": 0, "delta": delta} for delta in deltas), {"index": 0, "delta": {}, "finish_reason": "stop"}]
    events = [json.dumps({"id": "c", "created": 1, "model": "m", "choices": [choice]}) for choice in choices]
    raw = b"".join(b"data: %b\n\n" % event.encode() for event in [*events, "[DONE]"])
    model_host.replies += [Reply(raw=raw, when=first), Reply("Found it.", when=found)]
    run = agents.wait(agents.start(agents.agent(server("plain")), message=first))
    assert run.status.phase == COMPLETED, run.status.error
    assert assistant(model_host.requests[-1]) == [
        {
            "role": "assistant",
            "content": None,
            "reasoning": "I think",
            "reasoning_content": "I think",
            "reasoning_details": [{**text, "text": "I think", "signature": "S"}, secret],
            "extra_content": {"google": {"thought_signature": "S3"}},
            "tool_calls": [signed],
        }
    ]


def test_another_model_gets_text_and_calls_alone(agents: Agents, model_host: ModelHost) -> None:
    first, found, later = unique("thinks-first"), unique("thinks-found"), unique("thinks-later")
    model_host.replies += replies(first, found, later)
    converse(agents, first, later, model="openai:other")
    answer = assistant(model_host.requests[-1])[0]
    assert answer["content"] == "Looking."
    assert "reasoning_content" not in answer


def test_signed_thoughts_go_back_to_anthropic(own: Own) -> None:
    with ModelHost(replies("first", "found", "later")) as host:
        own.start_runner(
            STIGMER_LLM_PROVIDER="anthropic",
            STIGMER_LLM_MODEL="stand-in",
            STIGMER_LLM_BASE_URL=host.url,
            ANTHROPIC_API_KEY="key",
        )
        converse(own.agents, "first", "later")
        for asked in host.requests[1:]:
            thinking, text, use = assistant(asked)[0]["content"]
            assert (thinking["thinking"], thinking["signature"]) == (THOUGHTS, SIGNATURE)
            assert (text["text"], use["type"]) == ("Looking.", "tool_use")


def test_an_answer_with_a_secret_in_it_goes_back_without_what_was_added(agents: Agents, model_host: ModelHost) -> None:
    first, found, secret = unique("thinks-first"), unique("thinks-found"), "canary-of-thoughts"
    call = Call("echo", {"text": found})
    model_host.replies += [
        Reply("Looking.", calls=[call], thoughts=f"They gave me {secret}", when=first),
        Reply("Found it.", when=found),
    ]
    agent = agents.agent(server("plain"))
    run = agents.wait(agents.start(agent, message=first, env={"TOKEN": (secret, True)}))
    assert run.status.phase == COMPLETED, run.status.error
    answer = assistant(model_host.requests[-1])[0]
    assert answer["content"] == "Looking."
    assert secret not in str(answer)


class TestKeeping:
    RESPONSE = messages.ModelResponse(
        [
            messages.ThinkingPart(THOUGHTS, signature="s", provider_name="p", provider_details={"x": [1]}),
            messages.TextPart("Looking", id="t", provider_name="p"),
            messages.TextPart(" it up."),
            messages.ToolCallPart("find", '{"b": 1,"a":2}', "c_9", provider_name="p", provider_details={"y": 2}),
        ],
        finish_reason="tool_call",
        provider_name="p",
        provider_details={"finish_reason": "tool_calls"},
        provider_response_id="r",
    )
    ANSWER = Answer("Looking it up.", (CallRequest("c_9-2", "find", '{"a": 2, "b": 1}'),))

    def kept(self, **changes: Any) -> Answer:
        data = keep(self.RESPONSE)
        assert data is not None
        return replace(self.ANSWER, kept=Kept("m", data), **changes)

    def test_everything_comes_back_around_what_was_recorded(self) -> None:
        restored = restore(self.kept())
        assert restored is not None
        assert restored.parts[:3] == self.RESPONSE.parts[:3]
        made = restored.parts[3]
        assert isinstance(made, messages.ToolCallPart)
        assert (made.tool_call_id, made.args, made.provider_details) == ("c_9-2", '{"a": 2, "b": 1}', {"y": 2})
        for name in ("finish_reason", "provider_name", "provider_details", "provider_response_id"):
            assert getattr(restored, name) == getattr(self.RESPONSE, name)

    def test_what_is_recorded_anyway_is_not_kept_twice(self) -> None:
        kept = str(keep(self.RESPONSE))
        assert "Looking" not in kept
        assert "c_9" not in kept
        assert '"b"' not in kept

    @pytest.mark.parametrize("changes", [{"text": "Looking it up. Now."}, {"calls": ()}, {"calls": ANSWER.calls * 2}])
    def test_what_does_not_fit_the_record_is_not_used(self, changes: dict[str, Any]) -> None:
        assert restore(self.kept(**changes)) is None

    def test_what_another_version_has_kept_is_not_used(self) -> None:
        for data in ({}, {"kind": "response"}, {"parts": [{"part_kind": "dream"}]}, {"parts": [{}], "kind": "x"}):
            assert restore(replace(self.ANSWER, kept=Kept("m", data))) is None

    def test_half_of_a_character_is_not_kept(self) -> None:
        assert keep(messages.ModelResponse([messages.ThinkingPart("\ud83d")])) is None
