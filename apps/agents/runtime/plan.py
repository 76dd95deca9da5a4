"""What a run is made with, decided before anything is started: agent, variables, model, tools, limits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from django.utils import timezone

from apps.agents.runtime import prompt, stored_servers, unsupported
from apps.agents.runtime.limits import Limits
from apps.agents.runtime.models.choice import ModelChoice, ModelDefaults, choose, choose_temperature
from apps.agents.runtime.stored_servers import ToolServer
from apps.agents.runtime.tools.base import ToolSettings
from apps.resources.base import Resource
from apps.resources.caller import SYSTEM
from apps.resources.executions.queries import find_session_of
from apps.resources.executions.variables import Variables, open_variables, secret_values
from apps.resources.kinds.agent_execution.model import AgentExecution
from apps.resources.run_errors import LeaseLost
from apps.shared.annotations import MODEL, TEMPERATURE
from apps.shared.masking import Masker, keep_out_of_logs
from apps.shared.reach import Reach


@dataclass(frozen=True)
class Options:
    """What the settings say about all runs."""

    models: Callable[[], ModelDefaults]
    """What is said about models when a run begins."""
    limits: Limits
    workspaces: Path
    """Each run has a directory of its own in it, where its tools start; it stays when they leave something there."""
    register: Path
    """Where the programs are noted that serve tools, so that none outlives its runner for long."""
    tool_start_seconds: float
    tool_seconds: float
    is_shared: bool = False
    """Whether agents of many people run on this machine, none of whom may reach into it."""
    reach: Reach | None = None
    """What addresses of tool servers may lead to; None for anywhere."""


@dataclass(frozen=True)
class Plan:
    """`tools` is None for an agent that declares no servers; `today` is the day of the run's begin."""

    agent: Resource
    servers: Sequence[ToolServer]
    """Its MCP servers, those filled in that are stored apart from it."""
    organization: str
    today: datetime
    variables: Variables = field(repr=False)
    model: ModelChoice
    temperature: float | None
    tools: ToolSettings | None
    limits: Limits
    masker: Masker
    """Knows what must not be recorded or told."""

    def instructions(self, left_out: int) -> str:
        """What the model is told before the conversation, of which it is not shown the first `left_out` exchanges."""
        return prompt.instructions(
            (self.agent.spec or {}).get("instructions", ""),
            organization=self.organization,
            today=self.today,
            note=f"{left_out} earlier exchanges of this conversation are not shown." if left_out else "",
        )


def plan_run(execution: AgentExecution, options: Options) -> Plan:
    """Raises RunFailed for whatever is missing or cannot be run, LeaseLost for a run that is gone."""
    # As SYSTEM: that this agent may run in this session was settled when the run was created.
    session = find_session_of(execution, SYSTEM)
    if session is None:
        raise LeaseLost(execution.pk)  # deleted, and the run with it
    execution.session, agent = session, session.agent_instance.agent
    servers = stored_servers.with_stored(agent, execution)
    unsupported.refuse_what_cannot_run({**(agent.spec or {}), "mcp_servers": [each.definition for each in servers]})
    variables = open_variables(agent, session.agent_instance, execution)
    model = _model(execution, variables, options.models())
    if options.is_shared:
        unsupported.refuse_what_acts_here([each.definition for each in servers], model.provider)
    masker = keep_out_of_logs(Masker(secret_values(variables) | {"the API key of the model": model.api_key}))
    return Plan(
        agent=agent,
        servers=servers,
        organization=execution.org,
        today=execution.started_at or timezone.now(),
        variables=variables,
        model=model,
        temperature=_temperature(execution),
        tools=_tools(execution, options, masker) if servers else None,
        limits=options.limits,
        masker=masker,
    )


def _model(execution: AgentExecution, variables: Variables, defaults: ModelDefaults) -> ModelChoice:
    instance = execution.session.agent_instance
    wishes = (
        (execution.spec or {}).get("execution_config", {}).get("model_name", ""),
        instance.annotations.get(MODEL, ""),
        instance.agent.annotations.get(MODEL, ""),
    )
    return choose(wishes, {name: variable.value for name, variable in variables.items()}, defaults)


def _temperature(execution: AgentExecution) -> float | None:
    instance = execution.session.agent_instance
    sources = {
        "the run": execution,
        f"the instance {instance.slug!r}": instance,
        f"the agent {instance.agent.slug!r}": instance.agent,
    }
    return choose_temperature((whose, row.annotations.get(TEMPERATURE, "")) for whose, row in sources.items())


def _tools(execution: AgentExecution, options: Options, masker: Masker) -> ToolSettings:
    return ToolSettings(
        options.workspaces / execution.pk,
        options.register,
        options.tool_start_seconds,
        options.tool_seconds,
        masker,
        options.reach,
    )
