"""What MCP servers answer is read piece by piece: what is good in it is used, what is not is named."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from apps.agents.runtime.mcp.answers import Answers
from apps.agents.runtime.mcp.reading import messages_in
from apps.resources.json_value import Json
from tests.agents.agents import COMPLETED, FAILED, SERVERS, Agents, call, errors, results, texts
from tests.support.mcp import McpHost

Told = dict[str, Json]
Serve = Callable[[Told], AbstractContextManager[Json]]
ANYTHING = {"type": "object", "properties": {"a": {}}}
OTHER = {"name": "other_tool", "description": "x", "inputSchema": ANYTHING}


@contextmanager
def _over_stdio(told: Told) -> Iterator[Json]:
    yield {"stdio": {"command": sys.executable, "args": [str(SERVERS / "saying.py"), json.dumps(told)]}}


@contextmanager
def _over_http(told: Told) -> Iterator[Json]:
    with McpHost(told) as host:
        yield {"http": {"url": host.url}}


@contextmanager
def _over_events(told: Told) -> Iterator[Json]:
    with McpHost(told, kind="text/event-stream") as host:
        yield {"http": {"url": host.url}}


@pytest.fixture(params=[_over_stdio, _over_http, _over_events], ids=["stdio", "http", "events"])
def serve(request: pytest.FixtureRequest) -> Serve:
    """Makes the definition of a server that says what it is told."""
    return request.param  # type: ignore[no-any-return]  # pytest does not know


def _tools(**tool: Json) -> Told:
    return {"tools/list": {"result": {"tools": [{"name": "ping_tool", "description": "x", **tool}, OTHER]}}}


@pytest.mark.parametrize(
    "told",
    [
        _tools(),
        _tools(inputSchema=None),
        _tools(inputSchema={"type": "string"}),
        _tools(inputSchema={"properties": {"a": {"type": "string"}}}),
        _tools(inputSchema={"anyOf": [{"type": "object"}, {"type": "object"}]}),
        _tools(inputSchema={"type": "object", "properties": {"a": {"type": "string"}, "required": ["a"]}}),
        _tools(inputSchema=ANYTHING, outputSchema={"type": "array"}),
        _tools(inputSchema=ANYTHING, annotations={"readOnlyHint": "yes"}, icons="none", description=7),
        {"tools/list": {"result": {"tools": ["what?", {"inputSchema": ANYTHING}, OTHER], "nextCursor": 7}}},
        {"initialize": {"result": {"protocolVersion": "2025-06-18", "capabilities": {"tools": True}}}},
    ],
)
def test_one_bad_tool_does_not_take_the_others_with_it(agents: Agents, serve: Serve, told: Told) -> None:
    with serve(told) as definition:
        run = agents.run(agents.agent({"name": "shop", **definition}), {"calls": [call("other_tool", a=1)]}, "Done.")
    assert (run.status.phase, results(run)) == (COMPLETED, ["pong"]), run.status


def test_a_tool_that_cannot_be_used_is_named_when_it_is_enabled(agents: Agents) -> None:
    with _over_stdio(_tools(inputSchema={"type": "string"})) as definition:
        agent = agents.agent({"name": "shop", **definition, "enabled_tools": ["ping_tool"]})
        run = agents.run(agent, "Never said.")
    assert run.status.phase == FAILED
    assert run.status.error.startswith(
        "MCP server 'shop' describes the tool 'ping_tool', which the agent enables, in a way that cannot be used: "
        "inputSchema.type: Input should be 'object'"
    )


@pytest.mark.parametrize("listed", [{"error": {"code": -32601, "message": "Method not found"}}, {"result": {}}])
def test_a_server_may_have_no_tools(agents: Agents, serve: Serve, listed: Json) -> None:
    with serve({"tools/list": listed}) as definition:
        run = agents.run(agents.agent({"name": "shop", **definition}), "Done.")
    assert (run.status.phase, texts(run, 2)) == (COMPLETED, ["Done."]), run.status


KNOWN = {"type": "text", "text": "known"}


@pytest.mark.parametrize(
    ("result", "text"),
    [
        ({"content": [KNOWN, {"type": "video", "data": "x"}]}, "known\n[content of the kind 'video': not shown]"),
        ({"content": [KNOWN, {"type": "image", "data": None}]}, "known\n[content of the kind 'image': not shown]"),
        ({"content": [{**KNOWN, "annotations": "none"}, None]}, "known\n[content of no kind: not shown]"),
        ({"content": KNOWN}, "known"),
        ({"content": "known", "isError": "no"}, "known"),
        ("known", "known"),
        ({}, ""),
        (None, ""),
        ({"structuredContent": [1, 2]}, "[1, 2]"),
    ],
)
def test_what_is_good_in_a_result_is_shown(agents: Agents, serve: Serve, result: Json, text: str) -> None:
    with serve({"tools/call": {"result": result}}) as definition:
        run = agents.run(agents.agent({"name": "shop", **definition}), {"calls": [call("ping_tool", a=1)]}, "Done.")
    said = errors(run) if isinstance(result, dict) and result.get("isError") else results(run)
    assert (run.status.phase, said) == (COMPLETED, [text]), run.status


def test_a_result_that_lacks_what_its_schema_promised_is_shown(agents: Agents, serve: Serve) -> None:
    promised = {"type": "object", "properties": {"n": {"type": "number"}}, "required": ["n"]}
    with serve(_tools(inputSchema=ANYTHING, outputSchema=promised)) as definition:
        run = agents.run(agents.agent({"name": "shop", **definition}), {"calls": [call("ping_tool", a=1)]}, "Done.")
    assert (run.status.phase, results(run)) == (COMPLETED, ["pong"]), run.status


def _answer(text: str) -> str:
    return f'{{"jsonrpc": "2.0", "id": @ID, "result": {{"content": [{{"type": "text", "text": "{text}"}}]}}}}'


READABLE = {
    "half a pair": (_answer("cut here \\ud83d"), "cut here \ufffd"),
    "a whole pair": (_answer("whole \\ud83d\\ude00"), "whole \U0001f600"),
    "another encoding": (_answer("caf\udce9"), "caf\ufffd"),
    "a log before": ("INFO doing work " + _answer("after a log"), "after a log"),
    "words after": (_answer("before words") + " done", "before words"),
    "a byte order mark": ("\ufeff" + _answer("after the mark"), "after the mark"),
    "a list": ("[" + _answer("in a list") + "]", "in a list"),
    "an id as text": (_answer("as text").replace("@ID", '"@ID"'), "as text"),
    "an id as a number": (_answer("as a number").replace("@ID", "@ID.0"), "as a number"),
    "no id": (_answer("no id").replace("@ID", "null"), "no id"),
    "no version": (_answer("no version").replace('"jsonrpc": "2.0", ', ""), "no version"),
    "no error": (_answer("no error").replace("@ID", '@ID, "error": null'), "no error"),
}


@pytest.mark.parametrize("form", READABLE)
def test_an_answer_is_read_in_any_way_that_makes_sense(agents: Agents, serve: Serve, form: str) -> None:
    line, text = READABLE[form]
    with serve({"tools/call": line}) as definition:
        run = agents.run(agents.agent({"name": "shop", **definition}), {"calls": [call("ping_tool", a=1)]}, "Done.")
    assert (run.status.phase, results(run)) == (COMPLETED, [text]), run.status


def test_a_program_may_spread_an_answer_over_lines_and_log_between_them(agents: Agents) -> None:
    answer = {"jsonrpc": "2.0", "id": "ID", "result": {"content": [{"type": "text", "text": "for people"}]}}
    lines = json.dumps(answer, indent=2).replace('"ID"', "@ID").replace("\n", "\nINFO still at it\n", 3)
    with _over_stdio({"tools/call": lines}) as definition:
        run = agents.run(agents.agent({"name": "shop", **definition}), {"calls": [call("ping_tool", a=1)]}, "Done.")
    assert (run.status.phase, results(run)) == (COMPLETED, ["for people"]), run.status


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"error": {"code": -32700, "message": "Parse error"}, "id": None}, "answered with an error: Parse error"),
        ('{"jsonrpc": "2.0", "error": "out of cheese"}', "answered with an error: out of cheese"),
        (_answer("cut off")[:-6], "answered with something that "),
        (_answer("cut off")[:-2], "answered with something that "),
        ("{'jsonrpc': '2.0', 'id': @ID, 'result': {}}", "answered with something that "),
    ],
)
def test_an_answer_that_cannot_be_read_fails_its_call_at_once(
    agents: Agents, serve: Serve, told: Json, why: str
) -> None:
    with serve({"tools/call": told}) as definition:
        run = agents.run(agents.agent({"name": "shop", **definition}), {"calls": [call("ping_tool", a=1)]}, "Done.")
    assert run.status.phase == COMPLETED
    assert errors(run)[0].startswith(f"MCP server 'shop' {why}")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig"])
def test_a_message_is_read_in_every_form_of_unicode(encoding: str) -> None:
    message = {"jsonrpc": "2.0", "id": 1, "result": {"content": "für \U0001f600"}}
    assert messages_in(json.dumps(message, ensure_ascii=False).encode(encoding)) == [message]


def test_a_tool_whose_schema_is_too_deep_is_left_out_by_itself() -> None:
    schema = json.loads('{"properties": {"a": ' * 150 + "{}" + "}}" * 150)
    tools = [{"name": "deep", "inputSchema": {"type": "object", **schema}}, OTHER]
    answers = Answers("shop")
    told = answers.mended("tools/list", {"id": 1, "result": {"tools": tools}})
    assert [tool["name"] for tool in told["result"]["tools"]] == [OTHER["name"]]
    assert answers.left_out == {"deep": "inputSchema: is nested too deeply"}
