"""AGENT_CALL: ask an agent, and wait for its answer."""

from __future__ import annotations

from dataclasses import dataclass, replace

from apps.workflows.calls import CallFailed
from apps.workflows.dataflow.base import Done
from apps.workflows.definition import Config
from apps.workflows.effects.agent_call import AgentCall
from apps.workflows.errors import failed
from apps.workflows.expressions import Template
from apps.workflows.reading import Reader
from apps.workflows.steps.base import ParseTasks
from apps.workflows.steps.context import TaskContext
from apps.workflows.steps.retries import Retry, read_retry, with_retries
from apps.workflows.values import to_text

DEFAULT_TIMEOUT_SECONDS = 300
LONGEST_TIMEOUT_SECONDS = 3600
LONGEST_AGENT_NAME = 63
SCOPES = ("", "platform", "organization", "identity_account")
"""By the contract's enum numbers."""


@dataclass(frozen=True)
class AgentCallConfig(Config):
    agent: Template
    scope: str
    message: Template
    env: dict[str, Template]
    model: str
    timeout_seconds: int
    temperature: float | None
    retry: Retry | None = None


def parse(reader: Reader, _tasks: ParseTasks) -> AgentCallConfig:
    fields = reader.fields("agent", "scope", "message", "env", "config", "retry")
    config = fields["config"].fields("model", "timeout", "temperature")
    return AgentCallConfig(
        agent=fields["agent"].template(longest=LONGEST_AGENT_NAME),
        scope=_scope(fields["scope"]),
        message=fields["message"].template(),
        env=fields["env"].template_map(),
        model=config["model"].text(required=False),
        timeout_seconds=config["timeout"].integer(
            least=1, most=LONGEST_TIMEOUT_SECONDS, default=DEFAULT_TIMEOUT_SECONDS
        ),
        temperature=config["temperature"].number(least=0, most=1),
        retry=read_retry(fields["retry"]),
    )


def _scope(reader: Reader) -> str:
    """The owner scope by its enum number or name; empty when it is not given."""
    value = reader.value
    if value is None or value == "api_resource_owner_scope_unspecified":
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool) and value in range(len(SCOPES)):
        return SCOPES[int(value)]
    return reader.one_of(*SCOPES[1:])


async def run(active: TaskContext, config: AgentCallConfig) -> Done:
    call = AgentCall(
        path=active.path,
        attempt=active.attempt,
        agent=active.text(config.agent),
        scope=config.scope,
        message=to_text(active.evaluate(config.message)),
        env={name: active.text(template) for name, template in config.env.items()},
        timeout_seconds=config.timeout_seconds,
        model=config.model,
        temperature=config.temperature,
    )
    active.begin({"agent": call.agent, "message": call.message, "env": call.env})
    return await with_retries(active, config.retry, lambda: _ask(active, replace(call, attempt=active.attempt)))


async def _ask(active: TaskContext, call: AgentCall) -> Done:
    try:
        return Done((await active.perform(call)).answer)
    except CallFailed as failure:
        kinds = {"timeout": "timeout", "not_found": "configuration"}
        raise failed(kinds.get(failure.reason, "runtime"), f"agent {call.agent}: {failure}") from None
