"""What a type checker says about users' programs: nothing about right ones, and which line of wrong ones."""

import os
import re
import subprocess
import sys
from pathlib import Path

from .programs import PACKAGES

RIGHT = """
from datetime import timedelta

from stigmer import (
    Agent, EnvVar, Expression, McpServer, Task, Value, Variables, Workflow,
    case, data, env_var, otherwise, secret, signal,
)

shared: dict[str, str] = {"Accept": "application/json"}
numbers: dict[str, int] = {"a": 1}
names: Variables = [EnvVar("A"), "B"]
tools = McpServer.stdio("tools", "npx", args=["-y"], env=("A", "B"))
agent = Agent("a", instructions="Do this and that.", mcp_servers=[tools], env=names)
wf = Workflow("w", env=("A", "B"), labels=shared)
fetch = wf.http_get("fetch", f"https://example.com/{wf.input.repo}", headers=shared)
total: Expression = fetch["a"] + 1 - (2 * -fetch["b"]) % 3
holds: Expression = (total > 3) & ~(fetch["x"] == "y") | (data.x != None) | (fetch == 3)
wf.http_post("send", env_var("URL"), body={"a": [1, {"b": fetch["x"]}], "c": None, "d": fetch, "e": numbers})
with wf.for_each("each", fetch["items"]) as item:
    inner: Task = wf.set("vars", id=item.id, total=total, holds=holds)
with wf.try_("guard") as guard, wf.fork("both", compete=True) as both:
    with both.branch("a") as a:
        wf.wait("w1", 1)
    with both.branch("b"):
        wf.wait("w2", timedelta(seconds=3))
with guard.catch() as error:
    wf.raise_error("stop", "validation", f"{error.message} {a}")
wf.switch("route", case("x", when=holds, then="end"), case("y", when=fetch, then=inner), otherwise(then=fetch))
wf.listen("wait", "a", signal("b"), mode="all").then("end")
wf.call_agent("ask", agent, "hello", env={"A": secret("A")}, scope="platform").export_as(data["response"])


def more(workflow: Workflow, values: dict[str, Value]) -> Task:
    return workflow.set("more", values)
"""
WRONG = """
from stigmer import Agent, Workflow, case
wf = Workflow("w")
wf.http("x", "get", "u")
wf.listen("l", "a", mode="any")
Agent("a", instructions=3)
wf.call_agent("c", "a", "m", scope="world")
case("a", when=True, then="end")
wf.set("s", x={1, 2})
wf.set("t", x=wf.input.name.strip())
"""


def complaints(program: Path) -> list[int]:
    """The lines that mypy complains about in its strictest mode."""
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", f"--cache-dir={os.devnull}", str(program)],
        cwd=program.parent,
        env={**os.environ, "MYPYPATH": os.pathsep.join(sorted(PACKAGES))},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode in {0, 1}, done.stderr
    return [int(line) for line in re.findall(rf"^{program.name}:(\d+): error: ", done.stdout, re.MULTILINE)]


def test_a_right_program_is_accepted_and_each_wrong_line_named(tmp_path: Path) -> None:
    right, wrong = tmp_path / "right.py", tmp_path / "wrong.py"
    right.write_text(RIGHT, encoding="utf-8")
    wrong.write_text(WRONG, encoding="utf-8")
    assert complaints(right) == []
    assert complaints(wrong) == [*range(4, 11)]
