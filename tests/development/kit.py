"""A project on disk with a tool server of its own, and a way to run its agent with a script."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.daemon import Done, Installation

SERVER = '''\
"""An MCP server in one file: `where` tells what it runs as, described by what stands in says.txt beside it."""
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def tools():
    with open(os.path.join(HERE, "says.txt")) as said:
        lines = [line.partition(": ") for line in said.read().splitlines()]
    schema = {"type": "object", "properties": {"place": {"type": "string"}}}
    return [{"name": name, "description": text, "inputSchema": schema} for name, _, text in lines]


def result(method, parameters):
    if method == "initialize":
        about = {"name": "own", "version": "1"}
        return {"protocolVersion": parameters["protocolVersion"], "capabilities": {"tools": {}}, "serverInfo": about}
    if method == "tools/list":
        return {"tools": tools()}
    told = {"python": sys.executable, "file": os.path.abspath(__file__), "cwd": os.getcwd(), "rest": sys.argv[1:]}
    return {"content": [{"type": "text", "text": json.dumps(told)}], "isError": False}


for line in sys.stdin:
    asked = json.loads(line)
    if "id" in asked:
        answer = {"jsonrpc": "2.0", "id": asked["id"], "result": result(asked["method"], asked.get("params") or {})}
        print(json.dumps(answer), flush=True)
'''
SCRIPT = "turns:\n  - calls: [{name: where, arguments: {}}]\n  - text: '{{last}}'\n"


@dataclass
class Shop:
    """A project whose agent `name` has a tool server `own`, started by `python3 tools/own.py` from inside of it."""

    installation: Installation
    directory: Path
    name: str

    def write(self, *, arguments: str = "['tools/own.py']", more: str = "") -> None:
        (self.directory / "tools").mkdir(parents=True, exist_ok=True)
        (self.directory / "tools" / "own.py").write_text(SERVER)
        self.says("Tell where this runs.")
        (self.directory / "answers.yaml").write_text(SCRIPT)
        (self.directory / "Stigmer.yaml").write_text(f"name: {self.name}\nruntime: python\n")
        (self.directory / "main.py").write_text(
            "from stigmer import Agent, McpServer\n"
            f"own = McpServer.stdio('own', command='python3', args={arguments}{more})\n"
            f"Agent('{self.name}', instructions='Say where you are.', mcp_servers=[own])\n"
        )

    def says(self, description: str, *more: str) -> None:
        """What the server says of its tool `where`; `more` are further tools with theirs, `name: text`."""
        (self.directory / "tools" / "says.txt").write_text("\n".join([f"where: {description}", *more, ""]))

    def own_python(self) -> Path:
        """Give it an environment of its own; its Python."""
        python = self.directory / ".venv" / "bin" / "python"
        python.parent.mkdir(parents=True)
        python.symlink_to(sys.executable)
        return python

    def stigmer(self, *arguments: str) -> Done:
        return self.installation.run(*arguments, cwd=self.directory)

    def succeeds(self, *arguments: str) -> Done:
        done = self.stigmer(*arguments)
        assert done.code == 0, done.stderr
        return done

    def run(self, *, seconds: float = 60.0) -> Done:
        """A run of the agent by its script, from somewhere else."""
        model = f"scripted:{self.directory / 'answers.yaml'}"
        return self.installation.run("run", self.name, "-m", "Where?", "--model", model, seconds=seconds)

    def where(self) -> dict[str, Any]:
        """What the tool tells of its process."""
        done = self.run()
        assert done.code == 0, done.stderr
        told: dict[str, Any] = json.loads(done.stdout)
        return told
