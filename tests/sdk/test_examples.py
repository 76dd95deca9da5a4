"""The examples deploy as they stand, and what comes with them works."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from .messages import as_dict, assert_valid
from .programs import Project

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = sorted(path.parent.name for path in EXAMPLES.glob("*/Stigmer.yaml"))


def synthesized(name: str, out: Path) -> Project:
    """The example, run as `stigmer apply` runs it."""
    project = Project(EXAMPLES / name, out)
    done = project.run()
    assert (done.code, done.stdout, done.stderr) == (0, "", "")
    return project


def test_there_are_five() -> None:
    assert NAMES == ["data-pipeline", "notes-agent", "pr-review", "restock", "support-agent"]


@pytest.mark.parametrize("name", NAMES)
def test_an_example_keeps_the_rules(name: str, tmp_path: Path) -> None:
    project = synthesized(name, tmp_path)
    for path in project.written():
        index = int(path.removesuffix(".pb").rpartition("-")[2]) if path.endswith(".pb") else 0
        if path.startswith("agent-"):
            assert_valid(project.agent(index))
        elif path.startswith("workflow-"):
            assert_valid(project.workflow(index))
        else:
            assert path == "dependencies.json"
    assert len(project.written()) > 1


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_a_project_with_a_page_of_its_own(name: str) -> None:
    settings = yaml.safe_load((EXAMPLES / name / "Stigmer.yaml").read_text(encoding="utf-8"))
    assert (settings["name"], settings["runtime"], settings["main"]) == (name, "python", "main.py")
    assert f"stigmer apply -C examples/{name}" in (EXAMPLES / name / "README.md").read_text(encoding="utf-8")


def test_the_review_calls_its_agent(tmp_path: Path) -> None:
    project = synthesized("pr-review", tmp_path)
    assert json.loads((tmp_path / "dependencies.json").read_text()) == {"workflow:pr-review": ["agent:code-reviewer"]}
    assert project.agent().metadata.slug == "code-reviewer"


def test_the_pipeline_uses_every_way_to_direct_the_flow(tmp_path: Path) -> None:
    text = json.dumps(as_dict(synthesized("data-pipeline", tmp_path).workflow()))
    used = {kind for kind in ("FOR", "TRY", "SWITCH", "WAIT", "RAISE") if f'"WORKFLOW_TASK_KIND_{kind}"' in text}
    assert used == {"FOR", "TRY", "SWITCH", "WAIT", "RAISE"}


def test_the_example_works_where_it_is_copied_to(tmp_path: Path) -> None:
    shutil.copytree(EXAMPLES / "support-agent", tmp_path / "shop")
    (tmp_path / "out").mkdir()
    project = Project(tmp_path / "shop", tmp_path / "out")
    assert project.run().code == 0
    (server,) = project.agent().spec.mcp_servers
    assert list(server.stdio.args) == ["orders_server.py"]


def converse(*requests: dict[str, Any], **environment: str) -> list[dict[str, Any]]:
    """What the MCP server of the support agent answers."""
    lines = "".join(json.dumps({"jsonrpc": "2.0", **request}) + "\n" for request in requests)
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / "support-agent" / "orders_server.py")],
        input=lines,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stderr == ""
    return [json.loads(line) for line in done.stdout.splitlines()]


def called(name: str, **arguments: Any) -> dict[str, Any]:
    return {"id": 1, "method": "tools/call", "params": {"name": name, "arguments": arguments}}


def test_the_server_speaks_mcp() -> None:
    hello, tools, ping, unknown = converse(
        {"id": 1, "method": "initialize", "params": {"protocolVersion": "2025-06-18", "capabilities": {}}},
        {"method": "notifications/initialized"},
        {"id": 2, "method": "tools/list"},
        {"id": 3, "method": "ping"},
        {"id": 4, "method": "resources/list"},
    )
    assert hello["result"]["serverInfo"]["name"] == "orders"
    assert ping == {"jsonrpc": "2.0", "id": 3, "result": {}}
    assert unknown["error"]["code"] == -32601
    assert [tool["name"] for tool in tools["result"]["tools"]] == ["find_order", "list_orders", "request_refund"]
    assert all(tool["description"] and tool["inputSchema"]["required"] for tool in tools["result"]["tools"])


def test_the_servers_tools_work() -> None:
    found, listed, refunded = converse(
        called("find_order", number="1001"),
        called("list_orders", customer="ada@example.com"),
        called("request_refund", number="1003", amount=10),
        SHOP_API_KEY="key",
    )
    assert json.loads(found["result"]["content"][0]["text"])["item"] == "Espresso beans, 1 kg"
    assert [order["number"] for order in json.loads(listed["result"]["content"][0]["text"])] == ["1001", "1002"]
    assert json.loads(refunded["result"]["content"][0]["text"])["state"] == "waiting for confirmation"


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        (called("find_order", number="7"), "Harbour has no order 7"),
        (called("find_order"), "missing 1 required positional argument"),
        (called("no_such_tool"), "there is no tool no_such_tool"),
        (called("request_refund", number="1002", amount=1), "can be refunded by at most"),
        (called("request_refund", number="1003", amount=1), "SHOP_API_KEY is not set"),
    ],
)
def test_a_tool_that_fails_tells_the_model_why(call: dict[str, Any], complaint: str) -> None:
    (answer,) = converse(call, SHOP_NAME="Harbour")
    assert answer["result"]["isError"]
    assert complaint in answer["result"]["content"][0]["text"]
