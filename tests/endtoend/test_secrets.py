"""A secret that is used everywhere is found nowhere: files, logs, answers of commands, pages of the admin."""

from __future__ import annotations

import base64
import re
import sys
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import pytest

from tests.endtoend import tools
from tests.endtoend.kit import COMPLETED, Whole, whole_installation
from tests.support.llm import Call, Reply
from tests.web.web_unit import leave_token
from tests.workflows.worker.kit import http, task

CANARY = "c4nary-Val\"ue'&<%-ü-27182818"
BARE = "27182818"
"""The part of it that looks the same in every notation."""
PAGES = ("agentexecution", "workflowexecution", "session", "agent", "workflow", "executioncontext")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    with whole_installation(tmp_path_factory.mktemp("secrets")) as made:
        yield made


@pytest.fixture(scope="module")
def runs(whole: Whole) -> list[str]:
    """The ids of a workflow's run and the agent's run in it; both had the secret in their hands."""
    whole.host.replies[:] = [Reply("Let me see.", calls=[Call("tell")], when="Look"), Reply("I saw {TOKEN}.")]
    stdio = {
        "command": sys.executable,
        "args": [str(Path(tools.__file__)), "tell"],
        "env_placeholders": {"TOKEN": "${TOKEN}", "TELL": "TOKEN"},
    }
    agents = whole.api.of("Agent")
    spec = {"instructions": "Look around.", "mcp_servers": [{"name": "eyes", "stdio": stdio}]}
    whole.deploy(agents.envelope(spec, name="looker"))
    whole.service.on("POST /use", body={"ok": True})
    ask = {"agent": "looker", "message": "Look.", "env": {"TOKEN": "${ .secrets.TOKEN }"}}
    tasks = [
        http("use", f"{whole.service.url}/use", "POST", headers={"X-Token": "key ${ .secrets.TOKEN }"}),
        http("again", f"{whole.service.url}/use", "POST", body={"token": "${ .secrets.TOKEN }"}),
        task("ask", "AGENT_CALL", ask),
    ]
    document = {"dsl": "1.0.0", "namespace": "tests", "name": "use-secret", "version": "1.0.0"}
    flows = whole.api.of("Workflow")
    env_spec = {"data": {"TOKEN": {"is_secret": True}}}
    content = {"document": document, "tasks": tasks, "env_spec": env_spec}
    flow = whole.deploy(flows.envelope(content, name="use-secret"))
    run = whole.run_workflow(flow, {"TOKEN": (CANARY, True)})
    assert run.phase == COMPLETED, run.error
    return [str(run.envelope.metadata.id), str(run.output["agent_execution_id"])]


def test_the_secret_arrived_where_it_was_to_be_used(whole: Whole, runs: list[str]) -> None:
    sent = [asked for asked in whole.service.asked if asked.path == "/use"]
    assert sent[1].body == {"token": CANARY}
    called = whole.agents.get(runs[1])
    assert called.status.tool_calls[0].result == '{"tell": {}, "TOKEN": "********"}'


def test_no_file_has_it(whole: Whole, runs: list[str]) -> None:
    forms = [BARE.encode(), BARE.encode("utf-16-le"), base64.b64encode(CANARY.encode())]
    files = [path for path in whole.installation.home.rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"stigmer.db", "worker.log", "runner.log"}
    assert any("temporal" in str(path) and path.stat().st_size > 100_000 for path in files)
    assert [str(path) for path in files if any(form in path.read_bytes() for form in forms)] == []


def test_no_command_shows_it(whole: Whole, runs: list[str]) -> None:
    shown = [
        whole.installation.run(*command)
        for run in runs
        for command in (
            ("executions", "show", run),
            ("executions", "show", run, "--output", "json"),
            ("executions", "follow", run),
            ("logs", run),
        )
    ]
    shown += [whole.installation.run("get", kind, "--output", "yaml") for kind in ("sessions", "agents", "workflows")]
    shown.append(whole.installation.run("server", "logs", "-n", "1000"))
    assert [done.stderr for done in shown if done.code != 0] == []
    assert [done for done in shown if BARE in done.stdout + done.stderr] == []


def test_no_page_shows_it_and_the_model_never_saw_it(whole: Whole, runs: list[str]) -> None:
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    url = f"http://{whole.installation.web}"

    def page(path: str) -> str:
        with browser.open(url + path, timeout=20) as answer:
            text: Any = answer.read().decode()
        return str(text)

    first = page(f"/sign-in/?token={leave_token(whole.installation.data_dir / 'run' / 'ui')}")
    lists = {name: page(f"/resources/{name}/") for name in PAGES}
    found = {path for text in lists.values() for path in re.findall(r'href="(/resources/\w+/[^"/]+/change/)', text)}
    assert any(runs[0] in path for path in found)
    assert any(runs[1] in path for path in found)
    texts = [first, *lists.values(), *(page(path) for path in sorted(found))]
    assert [text for text in texts if BARE in text] == []
    assert [asked for asked in whole.host.requests if BARE in str(asked.body)] == []
