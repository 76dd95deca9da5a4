"""Whatever stands in a session, the next request is one that strict hosts take."""

from __future__ import annotations

import re

from apps.agents.runtime.models.base import Answer, CallRequest, Human, Message, ToolResult
from apps.agents.runtime.models.presentable import presentable
from tests.agents.agents import COMPLETED, FAILED, Agents, server, texts
from tests.suites.client import unique
from tests.support.llm import Asked, Call, ModelHost, Reply

LEGAL = re.compile(r"[a-zA-Z0-9_-]{1,64}")


def asked_with(call_id: str, name: str = "find") -> list[Message]:
    return [Human("Go."), Answer("", (CallRequest(call_id, name, "{}"),)), ToolResult(call_id, name, "found")]


def pairs(messages: list[Message]) -> list[tuple[str, str]]:
    """Each call's id and the id of its result."""
    calls = [call.id for message in messages if isinstance(message, Answer) for call in message.calls]
    return list(zip(calls, (each.call_id for each in messages if isinstance(each, ToolResult)), strict=True))


def test_ids_are_unique_and_legal_on_both_ends() -> None:
    runs = [
        *asked_with("c_1"),
        *asked_with("c_1"),
        *asked_with("functions.find:0"),
        *asked_with(""),
        *asked_with("x" * 80),
    ]
    found = pairs(presentable([*runs, *asked_with("x" * 80)]))
    assert found[:2] == [("c_1", "c_1"), ("c_1-2", "c_1-2")]
    assert all(one == other and LEGAL.fullmatch(one) for one, other in found)
    assert len({one for one, _ in found}) == len(found)


def test_names_are_legal() -> None:
    for name in ("functions.find", "", "find ", "f" * 80):
        _, answer, result = presentable(asked_with("c", name))
        assert isinstance(answer, Answer)
        assert isinstance(result, ToolResult)
        assert answer.calls[0].name == result.name
        assert LEGAL.fullmatch(result.name)


def test_no_text_is_blank_and_nobody_speaks_twice_in_a_row() -> None:
    call = CallRequest("c", "find", "{}")
    said: list[Message] = [
        Human("One."),
        Answer(" \n"),
        Human("Two."),
        Answer("", (call,)),
        ToolResult("c", "find", ""),
    ]
    assert presentable(said) == [Human("One.\n\nTwo."), Answer("", (call,)), ToolResult("c", "find", "(empty)")]


def roles(asked: Asked) -> list[str]:
    return [message["role"] for message in asked.body["messages"]]


def test_a_session_goes_on_after_a_run_that_had_no_answer(agents: Agents, model_host: ModelHost) -> None:
    broke, later = unique("broke"), unique("later-on")
    model_host.replies += [Reply("Fine.", when=later), Reply("Insufficient credits", status=402, when=broke)]
    first = agents.wait(agents.start(agents.agent(), message=broke))
    assert first.status.phase == FAILED
    again = agents.wait(agents.start(None, message=later, session=first.spec.session_id))
    assert again.status.phase == COMPLETED, again.status.error
    assert roles(model_host.requests[-1]) == ["system", "user"]
    assert model_host.requests[-1].texts[-1] == f"{broke}\n\n{later}"


def test_a_call_of_no_tool_goes_back_under_a_name_that_hosts_take(agents: Agents, model_host: ModelHost) -> None:
    asked = unique("dotted")
    model_host.replies += [
        Reply(calls=[Call("functions.echo", {}, id="functions.echo:0")], when=asked),
        Reply("Fine.", when="there is no tool 'functions.echo'"),
    ]
    run = agents.wait(agents.start(agents.agent(server("plain")), message=asked))
    assert (run.status.phase, texts(run, 2)[-1]) == (COMPLETED, "Fine.")
    _, _, answer, result = model_host.requests[-1].body["messages"]
    (call,) = answer["tool_calls"]
    assert (call["function"]["name"], call["id"]) == ("functions_echo", "functions_echo_0")
    assert result["tool_call_id"] == call["id"]
