"""Running agents in tests as people do: through the API, with real runners."""

from __future__ import annotations

import select
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from stigmer_proto.controlplane.v1 import executions_pb2, resources_pb2

from apps.resources.json_value import Json
from tests.suites.client import Api, unique

SERVERS = Path(__file__).parent / "servers"
INSTRUCTIONS = "You are a test agent. Do as the script says."
WAIT_SECONDS = 60.0
PENDING, IN_PROGRESS, COMPLETED, FAILED, CANCELLED = range(1, 6)
Run = Any  # an AgentExecution message


def server(name: str = "plain", *arguments: str, **more: Json) -> Json:
    """An MCP server of this suite's, in an agent's spec; `more` adds to the definition."""
    script = str(SERVERS / f"{more.pop('script', 'plain')}.py")
    stdio = {"command": sys.executable, "args": [script, *arguments], **more.pop("stdio", {})}
    return {"name": name, "stdio": stdio, **more}


def call(name: str, /, **arguments: Json) -> Json:
    """A tool call in a script."""
    return {"name": name, "arguments": arguments}


@dataclass
class Agents:
    """One control plane. `folder` is for scripts."""

    api: Api
    folder: Path
    scripts: int = field(default=0)

    def script(self, *turns: Json) -> str:
        """The name of a scripted model with these turns: texts, or turns with calls."""
        path = self.folder / f"{unique('script')}.yaml"
        listed = [{"text": turn} if isinstance(turn, str) else turn for turn in turns]
        path.write_text(yaml.safe_dump({"turns": listed}))
        return f"scripted:{path}"

    def agent(self, *servers: Json, annotations: Mapping[str, str] | None = None, **spec: Json) -> Any:
        agents = self.api.of("Agent")
        content = {"instructions": INSTRUCTIONS, "mcp_servers": list(servers), **spec}
        return agents.create(agents.envelope(content, name=unique("agent"), annotations=dict(annotations or {})))

    def start(
        self,
        agent: Any,
        model: str = "",
        message: str = "Go.",
        *,
        session: str = "",
        env: Mapping[str, Json] | None = None,
        annotations: Mapping[str, str] | None = None,
    ) -> str:
        """The id of a new run; `env` values are texts, or (text, True) for secrets."""
        runs = self.api.of("AgentExecution")
        whom = {"session_id": session} if session else {"agent_id": agent.metadata.id}
        spec: dict[str, Json] = {**whom, "message": message, "runtime_env": variables(env or {})}
        if model:
            spec["execution_config"] = {"model_name": model}
        envelope = runs.envelope(spec, owner_scope=0, annotations=dict(annotations or {}))
        return str(runs.create(envelope).metadata.id)

    def get(self, run_id: str) -> Run:
        return self.api.of("AgentExecution").get(run_id)

    def wait(self, run_id: str, true: Callable[[Run], bool] | None = None, *, seconds: float = WAIT_SECONDS) -> Run:
        """The run once it has ended, or once `true` of it."""
        holds = true or (lambda run: run.status.phase >= COMPLETED)
        deadline = time.monotonic() + seconds
        while not holds(run := self.get(run_id)):
            if time.monotonic() > deadline or (true and run.status.phase >= COMPLETED):
                raise AssertionError(f"the run did not get there:\n{run.status}")
            select.select([], [], [], 0.01)
        return run

    def run(self, agent: Any, *turns: Json, message: str = "Go.", env: Mapping[str, Json] | None = None) -> Run:
        """A scripted run from its start to its end."""
        return self.wait(self.start(agent, self.script(*turns), message, env=env))

    def delete(self, agent: Any, *, force: bool = False) -> None:
        request = resources_pb2.DeleteResourceRequest(kind="Agent", id=agent.metadata.id, force=force)
        self.api.call("ai.stigmer.controlplane.v1.ResourceController.delete", request)

    def cancel(self, run_id: str, reason: str = "") -> None:
        request = executions_pb2.CancelRunRequest(execution_id=run_id, reason=reason)
        self.api.call("ai.stigmer.controlplane.v1.ExecutionController.cancel", request)


def variables(env: Mapping[str, Json]) -> Json:
    return {
        name: {"value": value[0], "is_secret": value[1]} if isinstance(value, tuple) else {"value": value}
        for name, value in env.items()
    }


def texts(run: Run, *types: int) -> list[str]:
    """The contents of the messages of these types (1 human, 2 AI, 3 tool), in order."""
    return [message.content for message in run.status.messages if not types or message.type in types]


def results(run: Run) -> list[str]:
    return [each.result for each in run.status.tool_calls]


def errors(run: Run) -> Sequence[str]:
    return [each.error for each in run.status.tool_calls]
