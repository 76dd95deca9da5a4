"""Models of every provider, at stand-ins that speak their protocols, and what goes wrong with them."""

from __future__ import annotations

import asyncio
import json
import threading
from functools import partial
from typing import Any

import pytest

from apps.agents.runtime.models.base import Human, ModelRequest, Tool
from apps.agents.runtime.models.choice import ModelChoice
from apps.agents.runtime.models.making import make_model
from apps.resources.json_value import Json
from tests.agents.agents import COMPLETED, FAILED, Agents, call, errors, results, server, texts
from tests.agents.conftest import Own
from tests.suites.client import unique
from tests.support.llm import Asked, Call, ModelHost, Reply
from tests.support.ports import free_port

NOT_FOUND = (
    "Check the model's name, `stigmer model list`, and the address: `stigmer config get backend.local.llm.base_url`"
)
OPENAI = {"STIGMER_LLM_PROVIDER": "openai", "STIGMER_LLM_MODEL": "stand-in"}


@pytest.mark.parametrize("provider", ["openai", "anthropic", "ollama"])
def test_every_provider_streams_calls_tools_and_tells_usage(own: Own, provider: str) -> None:
    replies = [Reply("Let me see.", calls=[Call("echo", {"text": "Tuesday"})]), Reply("It is Tuesday.")]
    with ModelHost(replies) as host:
        key = {"openai": "OPENAI_API_KEY", "anthropic": "ANTHROPIC_API_KEY"}.get(provider, "NOT_NEEDED")
        base_url = host.openai_url if provider == "openai" else host.url
        own.start_runner(
            STIGMER_LLM_PROVIDER=provider,
            STIGMER_LLM_MODEL="stand-in",
            STIGMER_LLM_BASE_URL=base_url,
            **{key: "key-of-the-server"},
        )
        agents = own.agents
        agent = agents.agent(server("plain"), annotations={"stigmer.ai/temperature": "0.3"})
        first = agents.wait(agents.start(agent, message="Which day?"))
        assert first.status.phase == COMPLETED, first.status.error
        again = agents.wait(
            agents.start(
                None,
                message="Sure?",
                session=first.spec.session_id,
                env={key: "my-own-key"},
                annotations={"stigmer.ai/temperature": "0.9"},
            )
        )

    assert texts(first, 1, 2) == ["Which day?", "Let me see.", "It is Tuesday."]
    usage = first.status.messages[1].metadata
    assert (usage["model"], usage["input_tokens"], usage["output_tokens"]) == (f"{provider}:stand-in", 11, 7)
    assert host.requests[0].body["model"] == "stand-in"
    assert [tool_name(tool) for tool in host.requests[0].body["tools"]][:2] == ["echo", "environment"]
    assert "You are a test agent." in host.requests[0].texts[0]
    assert host.requests[1].texts[-1] == "Tuesday"
    assert host.requests[2].texts[1:] == ["Which day?", "Let me see.", "Tuesday", "It is Tuesday.", "Sure?"]
    assert again.status.phase == COMPLETED
    assert [asked.body["temperature"] for asked in host.requests] == [0.3, 0.3, 0.9]
    if provider != "ollama":
        assert [asked.key for asked in host.requests] == ["key-of-the-server", "key-of-the-server", "my-own-key"]


@pytest.mark.parametrize("provider", ["anthropic", "ollama"])
def test_every_provider_has_the_same_troubles(own: Own, provider: str) -> None:
    """As the tests of a host that speaks OpenAI's protocol below."""
    with ModelHost([Reply("Fine.")]) as host:
        own.start_runner(
            STIGMER_LLM_PROVIDER=provider,
            STIGMER_LLM_MODEL="stand-in",
            STIGMER_LLM_BASE_URL=host.url,
            ANTHROPIC_API_KEY="key",
        )
        agents = own.agents
        host.replies.append(Reply("no entry", status=401, when="key?"))
        refused = agents.wait(agents.start(agents.agent(), message="key?"))
        passing = []
        for trouble in (
            Reply("one moment", status=429, when="busy?", headers={"retry-after": "1"}),
            Reply("oh", status=500, when="ill?"),
            Reply("The half of", when="broken?", breaks_off=True),
        ):
            host.replies.append(trouble)
            run_id = agents.start(agents.agent(), message=trouble.when)
            host.wait_for(partial(asks, trouble.when))
            host.replies.remove(trouble)
            passing.append(agents.wait(run_id))
        host.replies += [Reply(calls=[Call("echo", "{not json")], when="clumsy?"), Reply("I see.", when="not JSON")]
        clumsy = agents.wait(agents.start(agents.agent(server("plain")), message="clumsy?"))
    named = f"{provider}:stand-in at {host.url}"
    assert (refused.status.phase, refused.status.error) == (
        FAILED,
        f"{named} answered 401: no entry. Check the API key",
    )
    assert [(run.status.phase, texts(run, 2)) for run in passing] == [(COMPLETED, ["Fine."])] * 3
    assert (clumsy.status.phase, texts(clumsy, 2)) == (COMPLETED, ["", "I see."])


def asks(text: str, asked: Asked) -> bool:
    return text in asked.texts[-1]


def tool_name(tool: dict[str, dict[str, str]]) -> object:
    return tool["function"]["name"] if "function" in tool else tool["name"]


def test_text_appears_while_the_model_still_speaks(agents: Agents, model_host: ModelHost) -> None:
    asked, hold = unique("slowly"), threading.Event()
    model_host.replies.append(Reply("One two three.", when=asked, hold=hold))
    run_id = agents.start(agents.agent(), message=asked)
    running = agents.wait(run_id, lambda run: texts(run, 2) == ["One two three."])
    assert running.status.phase == 2
    assert not running.status.messages[1].metadata.fields.get("output_tokens")
    hold.set()
    ended = agents.wait(run_id)
    assert ended.status.phase == COMPLETED
    assert ended.status.messages[1].metadata["output_tokens"] == 7


@pytest.mark.parametrize("status", [429, 500, 503])
def test_trouble_that_passes_is_waited_out(agents: Agents, model_host: ModelHost, status: int) -> None:
    asked = unique("patience")
    trouble = Reply("one moment", status=status, when=asked, headers={"retry-after": "1"})
    model_host.replies.append(trouble)
    run_id = agents.start(agents.agent(), message=asked)
    model_host.wait_for(lambda request: asked in request.texts[-1])
    model_host.replies[model_host.replies.index(trouble)] = Reply("Here I am.", when=asked)
    run = agents.wait(run_id)
    assert (run.status.phase, texts(run, 2)) == (COMPLETED, ["Here I am."])


def test_an_answer_that_breaks_off_is_taken_back_and_asked_for_again(agents: Agents, model_host: ModelHost) -> None:
    asked = unique("interrupted")
    broken = Reply("The half of", when=asked, breaks_off=True)
    model_host.replies.append(broken)
    run_id = agents.start(agents.agent(), message=asked)
    model_host.wait_for(lambda request: asked in request.texts[-1])
    model_host.replies[model_host.replies.index(broken)] = Reply("The whole of it.", when=asked)
    run = agents.wait(run_id)
    assert (run.status.phase, texts(run, 2)) == (COMPLETED, ["The whole of it."])


def test_an_answer_that_always_breaks_off_fails_the_run(agents: Agents, model_host: ModelHost) -> None:
    asked = unique("broken")
    model_host.replies.append(Reply("The half of", when=asked, breaks_off=True))
    run = agents.wait(agents.start(agents.agent(), message=asked))
    assert run.status.phase == FAILED
    assert run.status.error.startswith("the answer of openai:stand-in broke off")
    assert texts(run, 2) == []


@pytest.mark.parametrize("raw", [b"<html>Welcome to our shop</html>", b"data: [1]\n\n"])
def test_a_host_that_is_no_model_fails_the_run_naming_the_address(
    agents: Agents, model_host: ModelHost, raw: bytes
) -> None:
    asked = unique("shop")
    model_host.replies.append(Reply(raw=raw, when=asked))
    run = agents.wait(agents.start(agents.agent(), message=asked))
    named = f"openai:stand-in at {model_host.openai_url} answered with something that cannot be understood: "
    assert (run.status.phase, run.status.error[: len(named)]) == (FAILED, named)
    assert run.status.error.endswith("its API: `stigmer config get backend.local.llm.base_url`")


@pytest.mark.parametrize(
    ("status", "said", "error"),
    [
        (401, "invalid key", "answered 401: invalid key. Check the API key"),
        (404, "no such model", f"answered 404: no such model. {NOT_FOUND}"),
        (400, "too long", "answered 400: too long"),
    ],
)
def test_a_refusal_fails_the_run_at_once(
    agents: Agents, model_host: ModelHost, status: int, said: str, error: str
) -> None:
    asked = unique("refuse")
    model_host.replies.append(Reply(said, status=status, when=asked))
    run = agents.wait(agents.start(agents.agent(), message=asked))
    assert run.status.phase == FAILED
    assert run.status.error == f"openai:stand-in at {model_host.openai_url} {error}"
    assert len([request for request in model_host.requests if asked in request.texts[-1]]) == 1


def test_unreadable_arguments_and_unknown_tools_are_told_to_the_model(agents: Agents, model_host: ModelHost) -> None:
    asked = unique("clumsy")
    model_host.replies += [
        Reply(calls=[Call("echo", "{not json"), Call("fly", {"to": "the moon"}, id="c2")], when=asked),
        Reply("I see.", when="there is no tool 'fly'"),
    ]
    run = agents.wait(agents.start(agents.agent(server("plain")), message=asked))
    assert (run.status.phase, texts(run, 2)) == (COMPLETED, ["", "I see."])
    unreadable, unknown = errors(run)
    assert unreadable.startswith("the arguments cannot be read: not JSON")
    assert unknown.startswith("there is no tool 'fly'; the tools are: echo, ")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ("[]", "they must be a JSON object, not list"),
        ('{"text": NaN}', "NaN is not JSON"),
        ('{"text": 1e999}', "the number 1e999 is too large"),
        (f'{{"text": {"9" * 400}}}', f"the number {'9' * 40} is too large"),
        ('{"text": "\\ud800"}', r"what they hold has half of a character in a text: '\ud800'"),
        ('{"\\udc00": 1}', r"what they hold has half of a character in a text: '\udc00'"),
        (f'{{"text": {"[" * 24}{"]" * 24}}}', "what they hold is nested deeper than 24 levels"),
        ("[" * 100_000, "what they hold is nested deeper than 24 levels"),
    ],
)
def test_arguments_that_cannot_be_recorded_are_told_to_the_model(
    agents: Agents, arguments: str, complaint: str
) -> None:
    run = agents.run(agents.agent(server("plain")), {"calls": [{"name": "echo", "arguments": arguments}]}, "I see.")
    assert (run.status.phase, errors(run)) == (COMPLETED, [f"the arguments cannot be read: {complaint}"])


@pytest.mark.parametrize(
    "value",
    [1.7e308, 10**300, "\0 and \U0001f916", json.loads("[" * 23 + "]" * 23), json.loads('{"a":' * 23 + "1" + "}" * 23)],
)
def test_arguments_that_are_only_unusual_reach_the_tool(agents: Agents, value: Json) -> None:
    run = agents.run(agents.agent(server("plain")), {"calls": [call("echo", text=value)]}, "I see.")
    assert (run.status.phase, errors(run)) == (COMPLETED, [""])
    told = value if isinstance(value, str) else json.dumps(value)
    assert results(run) == [told.replace("\0", "\ufffd")]  # which no database of ours can hold


def test_half_a_character_does_not_spoil_a_run(agents: Agents, model_host: ModelHost) -> None:
    asked = unique("half")
    model_host.replies += [
        Reply("So \ud83d it", calls=[Call("echo", '{"text": "a \udc00"}')], when=asked),
        Reply("Done.", when="a \ufffd"),
    ]
    run = agents.wait(agents.start(agents.agent(server("plain")), message=asked))
    assert (run.status.phase, texts(run, 2), results(run)) == (COMPLETED, ["So \ufffd it", "Done."], ["a \ufffd"])


def test_a_host_that_is_down_says_what_is_missing_and_two_ways_out(own: Own) -> None:
    own.start_runner(STIGMER_LLM_BASE_URL=f"http://127.0.0.1:{free_port()}")
    run = own.agents.wait(own.agents.start(own.agents.agent()))
    assert run.status.phase == FAILED
    assert run.status.error.startswith("ollama:qwen2.5-coder:7b at http://127.0.0.1:")
    assert "cannot be reached" in run.status.error
    assert ".. " not in run.status.error
    assert "`ollama serve`" in run.status.error
    assert "`stigmer config set backend.local.llm.provider anthropic`" in run.status.error


@pytest.mark.parametrize(
    ("model", "error"),
    [
        ("anthropic:some", "anthropic needs an API key and ANTHROPIC_API_KEY is not set"),
        ("openai:", "no model is named for the provider"),
        (
            "scripted:/no/such/file.yaml",
            "the scripted answers /no/such/file.yaml cannot be read: No such file or directory. Name a file",
        ),
    ],
)
def test_a_model_that_cannot_be_used_fails_the_run(own: Own, model: str, error: str) -> None:
    own.start_runner()
    run = own.agents.wait(own.agents.start(own.agents.agent(), model))
    assert run.status.phase == FAILED
    assert run.status.error.startswith(error)


def test_nothing_is_said_of_the_temperature_unless_somebody_does(agents: Agents, model_host: ModelHost) -> None:
    asked = unique("lukewarm")
    agents.wait(agents.start(agents.agent(), message=asked))
    (request,) = [request for request in model_host.requests if request.texts[-1] == asked]
    assert "temperature" not in request.body


@pytest.mark.parametrize("wish", ["hot", "2.5", "-1", "nan"])
def test_a_temperature_that_is_none_fails_the_run_naming_it(agents: Agents, wish: str) -> None:
    agent = agents.agent(annotations={"stigmer.ai/temperature": wish})
    run = agents.run(agent, "Never said.")
    assert run.status.phase == FAILED
    assert run.status.error == (
        f"the temperature of the agent {agent.metadata.slug!r} is {wish!r}, not a number from 0 to 2. "
        "Mend or remove the annotation stigmer.ai/temperature"
    )


def test_a_run_names_its_model_before_instance_agent_and_settings(agents: Agents, model_host: ModelHost) -> None:
    agent = agents.agent(annotations={"stigmer.ai/model": "openai:of-the-agent"})
    asked = unique("which")
    run = agents.wait(agents.start(agent, message=asked))
    assert run.status.messages[1].metadata["model"] == "openai:of-the-agent"
    run = agents.wait(agents.start(agent, "of-the-run", message=asked))
    assert run.status.messages[1].metadata["model"] == "openai:of-the-run"
    scripted = agents.run(agent, {"text": "From a file.", "calls": []})
    assert texts(scripted, 2) == ["From a file."]


async def _asked(choice: ModelChoice, request: ModelRequest) -> None:
    model = make_model(choice)
    try:
        async for _ in model.stream(request):
            pass
    finally:
        await model.close()


FREE = {"type": "object", "properties": {"headers": {"type": "object", "description": "any names and values"}}}
CLOSED = {
    "type": "object",
    "properties": {"a": {"type": "string", "minLength": 1, "title": "A"}},
    "required": ["a"],
    "additionalProperties": False,
}


@pytest.mark.parametrize("schema", [FREE, CLOSED])
@pytest.mark.parametrize("provider", ["openai", "ollama", "anthropic"])
def test_a_model_sees_a_tool_as_its_server_describes_it(provider: str, schema: dict[str, Json]) -> None:
    with ModelHost() as host:
        base_url = host.openai_url if provider == "openai" else host.url
        request = ModelRequest("Help.", [Human("Go.")], [Tool("find", "Finds.", schema)], max_tokens=77)
        asyncio.run(_asked(ModelChoice(provider, "gpt-5", base_url, "key"), request))
    body = host.requests[0].body
    (tool,) = body["tools"]
    assert (tool["input_schema"] if provider == "anthropic" else tool["function"]["parameters"]) == schema
    assert "strict" not in str(tool)
    assert body["max_tokens"] == 77


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (
            {"text": "daily limit", "headers": {"Retry-After": "86400"}},
            "daily limit; it may be asked again in 24 h 0 m",
        ),
        ({"text": "daily limit", "headers": {"retry-after-ms": "600000"}}, "it may be asked again in 10 m 0 s"),
        ({"text": "You have no credit left.", "error": {"code": "insufficient_quota"}}, "You have no credit left."),
        ({"text": "Your balance is too low.", "error": {"type": "billing_error"}}, "Your balance is too low."),
    ],
)
def test_what_time_does_not_mend_is_not_asked_again(
    agents: Agents, model_host: ModelHost, reply: dict[str, Any], said: str
) -> None:
    asked = unique("spent")
    model_host.replies.append(Reply(status=429, when=asked, **reply))
    run = agents.wait(agents.start(agents.agent(), message=asked))
    assert run.status.phase == FAILED
    assert said in run.status.error
    assert sum(asked in request.texts[-1] for request in model_host.requests) == 1
