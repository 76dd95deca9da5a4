"""A secret that is used everywhere, and given back everywhere in every form, is found nowhere.

Services echo it in bodies, headers and errors; a tool server tells it in results, errors, descriptions and on its
standard error; a model streams it in pieces and quotes it in its errors; the user types it into messages.
"""

from __future__ import annotations

import base64
import contextlib
import json
import re
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import pytest

from tests.endtoend.kit import COMPLETED, FAILED, Whole, whole_installation
from tests.suites.client import Envelope
from tests.support.llm import Call, Reply
from tests.support.secret_forms import all_forms
from tests.web.web_unit import leave_token
from tests.workflows.worker.kit import Json, http, set_, task

CANARY = "c4nary-Val\"ue'&<%-ü\\x /=?#+27182818"
BARE = "27182818"
"""The part of it that looks the same where characters are escaped."""
TRACES = [
    BARE,
    *(base64.b64encode(f"{before}{BARE}".encode()).decode().rstrip("=")[4:-1] for before in ("123", "1234", "12345")),
    *(base64.b64encode(f"{before}{CANARY}".encode()).decode()[8:28] for before in ("user:", "me:", "")),
    CANARY.encode().hex()[:40],
    CANARY.encode().hex()[:40].upper(),
    CANARY.encode().hex(":")[:40],
    CANARY.encode().hex(" ")[:40].upper(),
    base64.b64encode(CANARY.encode()).hex()[:40],
    *(
        base64.b64encode(data).decode()[8:28]
        for data in (
            base64.b64encode(CANARY.encode()),
            CANARY.encode().hex().encode(),
            json.dumps(CANARY)[1:-1].encode(),
            urllib.parse.quote(CANARY, safe="").encode(),
            CANARY.encode("utf-16-le"),
            CANARY.encode("utf-16-be"),
            CANARY.upper().encode(),
        )
    ),
]
TOLD = "\n".join(all_forms(CANARY))
PIN = 90481726
PAGES = ("agentexecution", "workflowexecution", "session", "agent", "workflow", "executioncontext")
SECRETS = {"TOKEN": (CANARY, True), "PIN": (str(PIN), True)}


def traces(text: str) -> list[str]:
    return [trace for trace in [*TRACES, str(PIN)] if trace in text]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    with whole_installation(tmp_path_factory.mktemp("secrets"), STIGMER_LOG_LEVEL="DEBUG") as made:
        yield made


def looker(whole: Whole) -> Envelope:
    """An agent whose tools leak, and whose model does."""
    whole.host.replies[:] = [
        Reply(f"Let me see.\n{TOLD}", calls=[Call("tell", {"told": TOLD}), Call("fail")], when="Look"),
        Reply("Now.", calls=[Call("die")], when="Die"),
        Reply(f"no such key:\n{TOLD}", status=400, when="Refuse"),
        Reply(f"I saw\n{TOLD}\nand {PIN}."),
    ]
    stdio = {
        "command": sys.executable,
        "args": [str(Path(__file__).with_name("leaky.py")), "${TOKEN}"],
        "env_placeholders": {"TOKEN": "${TOKEN}"},
    }
    spec = {"instructions": "Look around.", "mcp_servers": [{"name": "eyes", "stdio": stdio}]}
    return whole.deploy(whole.api.of("Agent").envelope(spec, name="looker"))


def flow(whole: Whole, name: str, tasks: list[Json]) -> Envelope:
    document = {"dsl": "1.0.0", "namespace": "tests", "name": name, "version": "1.0.0"}
    env_spec = {"data": {"TOKEN": {"is_secret": True}, "PIN": {"is_secret": True}}}
    content = {"document": document, "tasks": tasks, "env_spec": env_spec}
    return whole.deploy(whole.api.of("Workflow").envelope(content, name=name))


def use_everywhere(whole: Whole) -> list[Json]:
    """Tasks that send the secrets and get them back, and keep what came."""
    url = whole.service.url
    echoed = {"X-Echo": CANARY.encode().decode("latin-1"), "X-Repr": ascii(CANARY)}
    whole.service.on("POST /use", body={"told": TOLD.split("\n"), "pin": PIN}, headers=echoed)
    whole.service.on("GET /text", body=TOLD.encode())
    whole.service.on("POST /bad", body=TOLD.encode(), status=422)
    token, secret = "${ .secrets.TOKEN }", {"t": "${ .secrets.TOKEN }", "pin": "${ .secrets.PIN }"}
    refused = http("bad", f"{url}/bad", "POST", body=secret)
    caught = {"as": "e", "do": [set_("seen", said="${ .error.message }", all="${ .error }")]}
    ask = {"agent": "looker", "message": "Look.", "env": {"TOKEN": token, "PIN": "${ .secrets.PIN }"}}
    return [
        http("use", f"{url}/use", "POST", headers={"X-Token": f"key {token}"}, body=secret),
        http("text", f"{url}/text?a={token}&b=${{ .secrets.TOKEN | @uri }}"),
        task("guard", "TRY", {"try": [refused], "catch": caught}),
        task("ask", "AGENT_CALL", ask),
        set_("keep", whole="${ . }", typed="${ $input }"),
    ]


@pytest.fixture(scope="module")
def runs(whole: Whole) -> list[str]:
    """The ids of runs that had the secrets in their hands, and how they ended as it was meant."""
    agent = looker(whole)
    typed = {"trigger_message": f"it is {CANARY}", "trigger_metadata": {"pin": str(PIN), CANARY: "as a name"}}
    used = whole.run_workflow(flow(whole, "use", use_everywhere(whole)), SECRETS, **typed)
    assert used.phase == COMPLETED, used.error
    bad = http("bad", f"{whole.service.url}/bad?k=${{ .secrets.TOKEN }}", "POST")
    failed = whole.run_workflow(flow(whole, "fail", [bad]), SECRETS)
    assert failed.phase == FAILED
    asked = [whole.run_agent(agent, f"{word} {TOLD} {PIN}", env=SECRETS) for word in ("Look", "Die", "Refuse")]
    assert [run.status.phase for run in asked] == [COMPLETED, COMPLETED, FAILED]
    assert "ended with code 3" in asked[1].status.tool_calls[0].error
    called = used.tasks["/ask"]["output"]["agent_execution_id"]
    workflows = [str(run.envelope.metadata.id) for run in (used, failed)]
    return [*workflows, str(called), *(str(run.metadata.id) for run in asked)]


def test_the_secret_arrived_where_it_was_to_be_used(whole: Whole, runs: list[str]) -> None:
    use, text = (next(each for each in whole.service.asked if each.path.startswith(path)) for path in ("/use", "/text"))
    assert use.body == {"t": CANARY, "pin": str(PIN)}
    query = dict(urllib.parse.parse_qsl(text.path.partition("?")[2]))
    assert query == {"a": CANARY, "b": CANARY}
    call = whole.agents.get(runs[2]).status.tool_calls[0]
    assert call.result.count("********") >= len(all_forms(CANARY))


def test_no_file_has_it(whole: Whole, runs: list[str]) -> None:
    forms = [*(trace.encode() for trace in TRACES), BARE.encode("utf-16-le"), str(PIN).encode()]
    found: dict[Path, bytes] = {}
    for path in whole.installation.home.rglob("*"):
        with contextlib.suppress(OSError):  # gone meanwhile; a socket
            found[path] = path.read_bytes()
    assert {path.name for path in found} >= {"stigmer.db", "stigmer.db-wal", "worker.log", "runner.log"}
    assert any("temporal" in str(path) and len(content) > 100_000 for path, content in found.items())
    kept = {str(path): [form for form in forms if form in content] for path, content in found.items()}
    assert {path: forms for path, forms in kept.items() if forms} == {}


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
    shown.append(whole.installation.run("server", "logs", "-n", "5000"))
    assert [done for done in shown if traces(done.stdout + done.stderr)] == []
    assert "********" in shown[0].stdout


@pytest.mark.parametrize("what", ["workflow/use", "workflow/fail", "agent/looker"])
@pytest.mark.parametrize("shape", [(), ("--output", "json")])
def test_run_does_not_show_what_it_was_given(whole: Whole, runs: list[str], what: str, shape: tuple[str, ...]) -> None:
    given = ("--runtime-env", "secret:TOKEN", "--runtime-env", "secret:PIN", "-m", f"Look at {CANARY} and {PIN}")
    done = whole.installation.run("run", what, *given, *shape, stdin=f"{CANARY}\n{PIN}\n")
    assert "********" in done.stdout + done.stderr
    assert traces(done.stdout + done.stderr) == [], [line for line in done.stdout.splitlines() if traces(line)]


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
    assert all(any(run in path for path in found) for run in runs)
    texts = [first, *lists.values(), *(page(path) for path in sorted(found))]
    assert [text for text in texts if traces(text)] == []
    assert [asked for asked in whole.host.requests if traces(str(asked.body))] == []
