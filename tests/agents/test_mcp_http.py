"""MCP servers over HTTP that refuse, forget, or cannot be reached."""

from __future__ import annotations

from pathlib import Path

import pytest

from apps.resources.json_value import Json
from tests.agents.agents import COMPLETED, FAILED, Agents, call, errors, results
from tests.support.mcp import CUT_OFF, McpHost, Refusal
from tests.support.ports import free_port
from tests.support.raw_http import RawHost, answer, self_signed

EXPIRED = {"error": "invalid_token", "error_description": "token expired"}


def _at(host: McpHost) -> Json:
    return {"name": "far", "http": {"url": host.url}}


@pytest.mark.parametrize(
    ("refusal", "why"),
    [
        (Refusal(401, EXPIRED, {"www-authenticate": "Bearer"}), "401 Unauthorized: token expired"),
        (
            Refusal(403, "Forbidden: your plan has no access\nAsk us."),
            "403 Forbidden: Forbidden: your plan has no access",
        ),
        (Refusal(429, {"detail": [{"msg": "too many requests"}]}), "429 Too Many Requests: too many requests"),
        (Refusal(500, "the disk of the catalog is full"), "500 Internal Server Error: the disk of the catalog is full"),
        (Refusal(503), "503 Service Unavailable"),
        (Refusal(404, {"odd": True}), '404 Not Found: {"odd": true}'),
    ],
)
@pytest.mark.parametrize("method", ["any", "tools/call"])
def test_what_a_server_says_when_it_refuses_stands_in_the_error(
    agents: Agents, method: str, refusal: Refusal, why: str
) -> None:
    with McpHost({method: refusal}) as host:
        run = agents.run(agents.agent(_at(host)), {"calls": [call("ping_tool", a=1)]}, "Done.")
    said = run.status.error if method == "any" else errors(run)[0]
    assert run.status.phase == (FAILED if method == "any" else COMPLETED)
    assert said == f"MCP server 'far' answered with an error: {why}"


def test_what_is_no_answer_of_the_protocol_is_quoted(agents: Agents) -> None:
    with McpHost({"tools/call": "<h1>Welcome</h1>"}, kind="text/html") as host:
        run = agents.run(agents.agent(_at(host)), {"calls": [call("ping_tool", a=1)]}, "Done.")
    assert errors(run) == ["MCP server 'far' answered with something that is no message: <h1>Welcome</h1>"]


def test_an_error_of_the_protocol_is_told_with_its_status(agents: Agents) -> None:
    refused = {"jsonrpc": "2.0", "id": None, "error": {"code": -32602, "message": "there is no such order"}}
    with McpHost({"tools/call": Refusal(400, refused)}) as host:
        run = agents.run(agents.agent(_at(host)), {"calls": [call("ping_tool", a=1)]}, "Done.")
    assert errors(run) == ["MCP server 'far' answered with an error: 400 Bad Request: there is no such order"]


@pytest.mark.parametrize(("lasting", "beginnings"), [([0], 2), ([1, 1], 3), ([2], 2)])
def test_a_session_that_a_server_has_forgotten_is_begun_anew(
    agents: Agents, lasting: list[int], beginnings: int
) -> None:
    with McpHost(lasting=lasting) as host:
        calls = [call("ping_tool", a=number) for number in range(3)]
        run = agents.run(agents.agent(_at(host)), {"calls": calls}, "Done.")
        asked = [method for method in host.asked if method in {"initialize", "tools/call"}]
    assert (run.status.phase, results(run)) == (COMPLETED, ["pong"] * 3), errors(run)
    assert (asked.count("initialize"), asked.count("tools/call")) == (beginnings, 3 + beginnings - 1)


def test_a_call_is_made_again_once_only(agents: Agents) -> None:
    with McpHost(lasting=[0, 0]) as host:
        run = agents.run(agents.agent(_at(host)), {"calls": [call("ping_tool", a=1), call("ping_tool", a=2)]}, "Done.")
        calls = host.asked.count("tools/call")
    assert (run.status.phase, results(run), calls) == (COMPLETED, ["", "pong"], 4)
    assert errors(run)[0] == "MCP server 'far' answered with an error: 404 Not Found: Session not found"


def test_a_call_that_is_cut_off_says_why_and_ends_no_connection(agents: Agents) -> None:
    with McpHost({"tools/call": CUT_OFF}) as host:
        calls = [call("ping_tool", a=number) for number in range(2)]
        run = agents.run(agents.agent(_at(host)), {"calls": calls}, "Done.")
        beginnings = host.asked.count("initialize")
    why = "MCP server 'far' cannot be reached: Server disconnected without sending a response."
    assert (run.status.phase, errors(run), beginnings) == (COMPLETED, [why, why], 1)


@pytest.mark.parametrize(
    ("is_tls", "why"),
    [
        (
            True,
            "its certificate does not hold: self-signed certificate; SSL_CERT_FILE, set where the server is started",
        ),
        (False, "TLS failed: wrong version number; should the address begin with http://?"),
    ],
)
def test_tls_that_fails_says_so_once_with_a_way_out(agents: Agents, tmp_path: Path, why: str, *, is_tls: bool) -> None:
    certificate = self_signed(tmp_path) if is_tls else None
    with RawHost(answer(b"{}"), greeting=b"" if is_tls else b"220 mail\r\n", certificate=certificate) as host:
        http = {"url": f"https://localhost:{host.port}/mcp"}
        run = agents.run(agents.agent({"name": "far", "http": http}), "Never said.")
        connections = host.connections
    assert (run.status.phase, connections) == (FAILED, 1)
    assert run.status.error.startswith(f"MCP server 'far' cannot be reached: {why}")


def test_a_server_that_cannot_be_reached_says_why(agents: Agents) -> None:
    http = {"url": f"http://127.0.0.1:{free_port()}/mcp"}
    run = agents.run(agents.agent({"name": "far", "http": http}), "Never said.")
    assert (run.status.phase, run.status.error) == (FAILED, "MCP server 'far' cannot be reached: Connection refused")
