"""Tools of real MCP servers, over standard input and output and over HTTP."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from apps.agents.runtime.mcp.leftovers import MARK
from apps.resources.json_value import Json
from tests.agents.agents import COMPLETED, FAILED, SERVERS, Agents, call, errors, results, server, texts
from tests.agents.conftest import Own
from tests.suites.api_unit import ApiUnit
from tests.support.daemon import wait_until
from tests.support.ports import free_port

NPM_PACKAGE = "@modelcontextprotocol/server-everything@2026.8.31"


@pytest.fixture(scope="session")
def everything() -> Path:
    """The program of a server from the npm registry, installed once per machine."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "stigmer-tests" / "npm"
    program = folder / "node_modules" / ".bin" / "mcp-server-everything"
    if not program.exists():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--prefix", folder, NPM_PACKAGE], check=True)
    return program


@pytest.fixture(scope="module")
def http_url() -> Iterator[str]:
    """A server of the official package, over streamable HTTP."""
    yield from _served("official.py")


@pytest.fixture(scope="module")
def streaming_url() -> Iterator[str]:
    """The plain server, which answers with event streams as older servers do."""
    yield from _served("plain.py", "--http")


def _served(*script: str) -> Iterator[str]:
    port = free_port()
    command = [sys.executable, str(SERVERS / script[0]), *script[1:], str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        wait_until(lambda: _listens(process.pid), "the HTTP server listens")
        yield f"http://127.0.0.1:{port}/mcp"
        process.kill()


def _listens(pid: int) -> bool:
    return any(each.status == psutil.CONN_LISTEN for each in psutil.Process(pid).net_connections())


def test_a_server_of_the_official_package_serves_its_tools(agents: Agents) -> None:
    agent = agents.agent(server("shop", script="official"))
    run = agents.run(
        agent,
        {"text": "Let me look.", "calls": [call("find_order", number="1042"), call("add", a=2, b=3)]},
        "It is: {{last}}",
    )
    assert run.status.phase == COMPLETED
    assert results(run) == ["order 1042: shipped on Monday", "5"]
    assert texts(run, 1, 2) == ["Go.", "Let me look.", "It is: 5"]
    assert [each.component_metadata.component_group for each in run.status.tool_calls] == ["shop", "shop"]
    assert all(each.started_at <= each.completed_at for each in run.status.tool_calls)


def test_a_server_from_the_npm_registry_serves_its_tools(agents: Agents, everything: Path) -> None:
    agent = agents.agent(
        {"name": "everything", "stdio": {"command": str(everything)}, "enabled_tools": ["echo", "get-sum", "get-env"]}
    )
    run = agents.run(
        agent,
        {"calls": [call("echo", message="hi"), call("get-sum", a=2, b=40), call("get-env")]},
        "Done.",
        env={"UNDECLARED": "not for the server"},
    )
    assert run.status.phase == COMPLETED, run.status.error
    echoed, added, environment = results(run)
    assert (echoed, added) == ("Echo: hi", "The sum of 2 and 40 is 42.")
    assert "PATH" in environment
    assert "UNDECLARED" not in environment


def test_a_tool_that_fails_tells_the_model(agents: Agents) -> None:
    agent = agents.agent(server("shop", script="official"))
    run = agents.run(agent, {"calls": [call("find_order", number="7")]}, "{{last}}")
    assert run.status.phase == COMPLETED
    assert "there is no order 7" in texts(run)[-1]
    assert "there is no order 7" in errors(run)[0]
    assert results(run) == [""]


def test_a_server_over_http_gets_headers_and_parameters_from_placeholders(agents: Agents, http_url: str) -> None:
    http = {
        "url": http_url,
        "headers": {"Authorization": "Bearer ${TOKEN}"},
        "query_params": {"region": "${REGION}"},
    }
    agent = agents.agent({"name": "shop", "http": http})
    run = agents.run(
        agent,
        {"calls": [call("query", name="region"), call("header", name="authorization"), call("add", a=1, b=1)]},
        "Done.",
        env={"REGION": "eu west", "TOKEN": ("open-sesame", True)},
    )
    assert run.status.phase == COMPLETED, run.status.error
    assert results(run) == ["eu west", "Bearer ********", "2"]


def test_a_huge_result_over_http_is_refused_and_the_next_call_works(agents: Agents, http_url: str) -> None:
    agent = agents.agent({"name": "shop", "http": {"url": http_url}})
    run = agents.run(agent, {"calls": [call("big", megabytes=50), call("add", a=2, b=3)]}, "Done.")
    assert run.status.phase == COMPLETED, run.status.error
    assert errors(run) == ["MCP server 'shop' answered with more than 8 MB; the answer was thrown away", ""]
    assert results(run) == ["", "5"]


def test_a_huge_event_is_refused_and_the_next_call_works(agents: Agents, streaming_url: str) -> None:
    agent = agents.agent({"name": "old", "http": {"url": streaming_url}})
    run = agents.run(agent, {"calls": [call("big", megabytes=50), call("echo", text="still here")]}, "Done.")
    assert run.status.phase == COMPLETED, run.status.error
    assert errors(run) == ["MCP server 'old' answered with more than 8 MB; the answer was thrown away", ""]
    assert results(run) == ["", "still here"]


def test_a_server_that_never_gets_ready_fails_the_run(own: Own) -> None:
    own.start_runner(STIGMER_TOOL_START_SECONDS="1")
    run = own.agents.run(own.agents.agent(server("plain", "--silent")), "Never said.")
    assert (run.status.phase, run.status.error) == (FAILED, "MCP server 'plain' did not answer within 1 s")


def test_a_program_gets_the_declared_environment_and_no_more(agents: Agents, tmp_path: Path) -> None:
    declared = {"NOTES": "${WHERE}/notes", "PLAIN": "as it is"}
    agent = agents.agent(server("plain", stdio={"env_placeholders": declared, "working_dir": str(tmp_path)}))
    run = agents.run(
        agent,
        {"calls": [call("environment"), call("where")]},
        "Done.",
        env={"WHERE": "/somewhere", "UNDECLARED": "secret-of-the-run"},
    )
    environment = json.loads(results(run)[0])
    assert {name: environment[name] for name in declared} == {"NOTES": "/somewhere/notes", "PLAIN": "as it is"}
    allowed = {
        "PATH",
        "HOME",
        "USER",
        "LOGNAME",
        "SHELL",
        "LANG",
        "LC_ALL",
        "LC_CTYPE",
        "TMPDIR",
        "TZ",
        MARK,
        *declared,
    }
    assert set(environment) <= allowed
    assert results(run)[1] == str(tmp_path)


@pytest.mark.parametrize(("is_secret", "given"), [(True, "secret:API_TOKEN"), (False, "API_TOKEN=VALUE")])
def test_a_missing_value_fails_the_run_naming_server_and_variable(
    agents: Agents, given: str, *, is_secret: bool
) -> None:
    agent = agents.agent(
        server("plain", stdio={"env_placeholders": {"TOKEN": "${API_TOKEN}"}}),
        env_spec={"data": {"API_TOKEN": {"is_secret": is_secret}}},
    )
    run = agents.run(agent, "Never said.")
    assert run.status.phase == FAILED
    assert run.status.error.startswith("MCP server 'plain' needs the variable API_TOKEN, which has no value")
    assert f"`--runtime-env {given}`" in run.status.error


def test_only_enabled_tools_are_offered(agents: Agents) -> None:
    agent = agents.agent(server("plain", enabled_tools=["echo"]))
    run = agents.run(agent, {"calls": [call("echo", text="a"), call("where")]}, "Done.")
    assert results(run) == ["a", ""]
    assert errors(run)[1] == "there is no tool 'where'; the tools are: echo"


def test_an_enabled_tool_that_the_server_lacks_fails_the_run(agents: Agents) -> None:
    run = agents.run(agents.agent(server("plain", enabled_tools=["echo", "fly"])), "Never said.")
    assert run.status.phase == FAILED
    assert run.status.error.startswith("MCP server 'plain' has no tool 'fly', which the agent enables. It has: ")


def test_tools_of_the_same_name_get_their_server_in_front(agents: Agents) -> None:
    agent = agents.agent(
        server("one", "--only", "token", "--token", "1st"), server("two", "--only", "token", "--token", "2nd")
    )
    run = agents.run(agent, {"calls": [call("one_token"), call("two_token")]}, "Done.")
    assert results(run) == ["1st", "2nd"]


def test_noise_on_standard_output_does_no_harm(agents: Agents) -> None:
    run = agents.run(agents.agent(server("plain", "--noise")), {"calls": [call("echo", text="still here")]}, "Done.")
    assert (run.status.phase, results(run)) == (COMPLETED, ["still here"])


def test_a_large_result_is_cut_off_and_a_huge_one_refused(agents: Agents) -> None:
    agent = agents.agent(server("plain"))
    run = agents.run(
        agent,
        {"calls": [call("big", megabytes=1), call("big", megabytes=50), call("echo", text="still here")]},
        "Done.",
    )
    assert run.status.phase == COMPLETED
    assert len(results(run)[0]) < 40_000
    assert results(run)[0].endswith("[cut off here: the result has 1048576 characters, 32768 are kept]")
    assert errors(run)[1] == "MCP server 'plain' answered with more than 8 MB; the answer was thrown away"
    assert results(run)[2] == "still here"


@pytest.mark.parametrize(
    ("arguments", "stdio", "why"),
    [
        (["--die"], {}, "MCP server 'plain' ended with code 4; it said: cannot find my configuration"),
        (
            [],
            {"command": "no-such-program"},
            "cannot be used: there is no program 'no-such-program'",
        ),
        ([], {"working_dir": "/no/such/place"}, "there is no directory /no/such/place"),
    ],
)
def test_a_server_that_cannot_start_fails_the_run_saying_why(
    agents: Agents, arguments: list[str], stdio: dict[str, str], why: str
) -> None:
    run = agents.run(agents.agent(server("plain", *arguments, stdio=stdio)), "Never said.")
    assert run.status.phase == FAILED
    assert why in run.status.error
    assert [message.content for message in run.status.messages] == ["Go."]


@pytest.mark.parametrize("stdio", [{"command": "no-such-program"}, {"env_placeholders": {"LITTER": "here.txt"}}])
def test_a_run_that_ends_before_its_first_turn_leaves_no_workspace(
    agents: Agents, unit: ApiUnit, stdio: dict[str, Json]
) -> None:
    run = agents.run(agents.agent(server("plain", "--die", stdio=stdio)), "Never said.")
    assert run.status.phase == FAILED
    assert not (unit.data_dir / "workspaces" / run.metadata.id).exists()


def test_a_run_whose_model_never_answers_leaves_no_workspace(agents: Agents, unit: ApiUnit) -> None:
    agent = agents.agent(server("plain", stdio={"env_placeholders": {"LITTER": "here.txt"}}))
    run = agents.wait(agents.start(agent, f"scripted:{agents.folder / 'nothing.yaml'}"))
    assert run.status.phase == FAILED
    assert not (unit.data_dir / "workspaces" / run.metadata.id).exists()


def test_what_a_server_leaves_after_the_first_turn_stays(agents: Agents, unit: ApiUnit) -> None:
    run = agents.run(agents.agent(server("plain", stdio={"env_placeholders": {"LITTER": "here.txt"}})), "Done.")
    assert run.status.phase == COMPLETED
    assert (unit.data_dir / "workspaces" / run.metadata.id / "here.txt").exists()


def test_an_http_server_that_is_not_there_fails_the_run(agents: Agents) -> None:
    http = {"url": f"http://127.0.0.1:{free_port()}/mcp"}
    run = agents.run(agents.agent({"name": "far", "http": http}), "Never said.")
    assert run.status.phase == FAILED
    assert run.status.error.startswith("MCP server 'far' cannot be reached: ")


def test_a_server_that_crashes_or_hangs_tells_the_model(agents: Agents, tmp_path: Path) -> None:
    agent = agents.agent(
        server("crashing", stdio={"env_placeholders": {"NOTES": str(tmp_path / "notes")}}, enabled_tools=["crash"]),
        server("hanging", stdio={"env_placeholders": {"NOTES": str(tmp_path / "notes")}}, enabled_tools=["hang"]),
    )
    run = agents.run(agent, {"calls": [call("crash"), call("hang"), call("crash")]}, "I give up.")
    assert run.status.phase == COMPLETED
    crashed, hung, gone = errors(run)
    assert crashed == "MCP server 'crashing' ended with code 3; it said: out of cheese"
    assert hung == "MCP server 'hanging' did not answer within 3 s; the call may still take effect"
    assert "'crashing'" in gone


def test_every_process_of_a_server_ends_with_the_run(agents: Agents) -> None:
    run = agents.run(agents.agent(server("plain", "--stubborn")), {"calls": [call("spawn")]}, "Done.")
    child = int(results(run)[0])
    wait_until(lambda: not psutil.pid_exists(child), "the child of the server has ended")


def test_a_server_is_let_tidy_up_at_the_end_of_its_input(agents: Agents, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    agent = agents.agent(server("plain", "--tidy", stdio={"env_placeholders": {"NOTES": str(notes)}}))
    run = agents.run(agent, {"calls": [call("echo", text="hi")]}, "Done.")
    assert run.status.phase == COMPLETED, run.status.error
    wait_until(lambda: notes.exists() and bool(notes.read_text()), "the server has seen an end")
    assert notes.read_text() == "tidied up\n"
