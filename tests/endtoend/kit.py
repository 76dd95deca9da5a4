"""A whole installation: every unit, a service and a host of models on loopback, and nothing beyond."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.agents.agents import Agents, variables
from tests.suites.client import Api, Envelope
from tests.support.daemon import Installation, temporary_installation, wait_until
from tests.support.http import StandIn
from tests.support.llm import ModelHost
from tests.support.temporal import built_temporal
from tests.workflows.worker.kit import Run

COMPLETED, FAILED, CANCELLED = 3, 4, 5
END_SECONDS = 60.0
KEYS = {"openai": "OPENAI_API_KEY", "anthropic": "ANTHROPIC_API_KEY"}


@dataclass
class Whole:
    """One installation and what it reaches."""

    installation: Installation
    api: Api
    service: StandIn
    host: ModelHost
    agents: Agents

    def deploy(self, envelope: Envelope) -> Envelope:
        """What is stored of it."""
        return self.api.of(envelope.kind).apply(envelope)

    def run_agent(self, agent: Envelope, message: str, env: Mapping[str, Any] | None = None) -> Any:
        """A run with the model of the installation, ended."""
        return self.agents.wait(self.agents.start(agent, message=message, env=env))

    def run_workflow(self, workflow: Envelope, env: Mapping[str, Any] | None = None, **spec: Any) -> Run:
        """A run from its start to its end."""
        runs = self.api.of("WorkflowExecution")
        given = {"workflow_id": workflow.metadata.id, "runtime_env": variables(env or {}), **spec}
        run_id = str(runs.create(runs.envelope(given)).metadata.id)
        wait_until(lambda: runs.get(run_id).status.phase >= COMPLETED, f"{run_id} ends", seconds=END_SECONDS)
        return Run(runs.get(run_id))


@contextmanager
def whole_installation(home: Path, *, provider: str = "openai", units: str = "", **more: str) -> Iterator[Whole]:
    """In `home`, an empty directory, with everything ready. `provider` is whose protocol the models speak.

    `more` are further variables.
    """
    with ModelHost() as host, closing(StandIn()) as service:
        settings = {
            "STIGMER_UNITS": units,
            "STIGMER_TEMPORAL_PATH": str(built_temporal()),
            "STIGMER_LLM_PROVIDER": provider,
            "STIGMER_LLM_MODEL": "stand-in",
            "STIGMER_LLM_BASE_URL": host.openai_url if provider == "openai" else host.url,
            KEYS.get(provider, "UNUSED_API_KEY"): "key-of-the-server",
            **more,
        }
        with temporary_installation(home, **settings) as installation, Api(installation.endpoint) as api:
            started = installation.run("server", "start")
            if started.code != 0:
                raise AssertionError(started.stderr)
            wait_until(lambda: _is_ready(installation), "every unit is ready", seconds=60)
            yield Whole(installation, api, service, host, Agents(api, home))


def _is_ready(installation: Installation) -> bool:
    return all(each["state"] == "READY" for each in installation.state()["components"])
