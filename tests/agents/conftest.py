"""One runner for the whole suite beside the shared api unit; tests that hurt runners start their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.agents.agents import Agents
from tests.agents.runner_unit import RunnerUnit
from tests.suites.api_unit import ApiUnit
from tests.suites.client import Api
from tests.support.llm import ModelHost, Reply

StartRunner = Callable[..., RunnerUnit]


@pytest.fixture(scope="session")
def model_host() -> Iterator[ModelHost]:
    """Where the shared runner's models of provider `openai` are; tests add replies with a `when` of their own."""
    with ModelHost([Reply("Hello.")]) as host:
        yield host


@pytest.fixture(scope="session")
def runner(unit: ApiUnit, model_host: ModelHost) -> Iterator[RunnerUnit]:
    env = {
        "STIGMER_LLM_PROVIDER": "openai",
        "STIGMER_LLM_MODEL": "stand-in",
        "STIGMER_LLM_BASE_URL": model_host.openai_url,
        "OPENAI_API_KEY": "key-of-the-server",
        "STIGMER_TOOL_START_SECONDS": "20",
        "STIGMER_TOOL_SECONDS": "3",
        "STIGMER_RUN_TURNS": "12",
        "STIGMER_RUN_TOOL_CALLS": "10",
        "STIGMER_RUN_TOKENS": "100000",
    }
    started = RunnerUnit(unit.home, env=env)
    with started:
        started.wait_until_ready()
        yield started


@pytest.fixture
def agents(api: Api, runner: RunnerUnit, tmp_path: Path) -> Agents:
    """Runs agents with the shared runner."""
    return Agents(api, tmp_path)


@pytest.fixture
def own(start_unit: Callable[..., ApiUnit], tmp_path: Path) -> Iterator[Own]:
    """A control plane of this test alone, whose runners it starts and hurts."""
    unit = start_unit()
    with Api(unit.endpoint) as client:
        control = Own(unit, Agents(client, tmp_path))
        yield control
        for started in control.runners:
            started.close()


class Own:
    """An api unit, the agents in it, and its runners."""

    def __init__(self, unit: ApiUnit, agents: Agents) -> None:
        self.unit, self.agents = unit, agents
        self.runners: list[RunnerUnit] = []

    def start_runner(self, **env: str) -> RunnerUnit:
        self.runners.append(RunnerUnit(self.unit.home, env=env))
        self.runners[-1].wait_until_ready()
        return self.runners[-1]

    @property
    def database(self) -> Path:
        return self.unit.data_dir / "stigmer.db"
