"""Creating a run."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from apps.backends import kinds
from apps.backends.base import Envelope, NotFound
from cli.errors import CliError
from cli.exits import Exit
from cli.resources import Resource

if TYPE_CHECKING:
    from apps.backends.base import Backend
    from cli.runs.runtime_env import Input, Value
    from cli.runs.target import Target

API_VERSION = "agentic.stigmer.ai/v1"
SCRIPTED = "scripted:"
JSON_INPUT = "stigmer.ai/json-input"
"""Annotation: the names of values of `trigger_metadata` that are JSON and not text."""


@dataclass(frozen=True)
class Wish:
    """How to run it. `session_id` and `model` are for agents, `inputs` for workflows; empty otherwise."""

    message: str = ""
    inputs: dict[str, Input] = field(default_factory=dict)
    session_id: str = ""
    model: str = ""
    environment: dict[str, Value] = field(default_factory=dict)


def create_run(backend: Backend, target: Target | None, wish: Wish, org: str) -> Resource:
    """The stored run. Without a `target` the session says which agent. Raises what the server refuses."""
    return (
        run_of_agent(backend, target, wish, org)
        if target is None or target.is_agent
        else of(backend, workflow_run(target, wish, org))
    )


def run_of_agent(backend: Backend, target: Target | None, wish: Wish, org: str) -> Resource:
    """A run in the session wished for; in a new one of the instance; else the server makes the session."""
    message = envelope("AgentExecution", org)
    message.spec.message = wish.message
    message.spec.execution_config.model_name = wish.model
    fill_environment(message, wish)
    session_id = wish.session_id
    if session_id:
        must_exist(backend, session_id)
    elif target is not None and target.kind == "AgentInstance":
        session_id = new_session(backend, target, wish, org)
    message.spec.session_id = session_id
    if target is not None and target.kind == "Agent":
        message.spec.agent_id = target.id
    return of(backend, message)


def workflow_run(target: Target, wish: Wish, org: str) -> Any:  # a generated class
    """A run of a workflow or of an instance of one."""
    message = envelope("WorkflowExecution", org)
    message.metadata.owner_scope = organization_scope(message)
    message.spec.trigger_message = wish.message
    message.spec.trigger_metadata.update({name: given.text for name, given in wish.inputs.items()})
    if names := [name for name, given in wish.inputs.items() if given.is_json]:
        import json

        message.metadata.annotations[JSON_INPUT] = json.dumps(names)
    fill_environment(message, wish)
    if target.kind == "WorkflowInstance":
        message.spec.workflow_instance_id = target.id
    else:
        message.spec.workflow_id = target.id
    return message


def new_session(backend: Backend, target: Target, wish: Wish, org: str) -> str:
    """A session of an instance that is not its agent's default one."""
    message = envelope("Session", org)
    message.metadata.owner_scope = organization_scope(message)
    message.spec.agent_instance_id = target.id
    message.spec.subject = " ".join(wish.message.split())[:80]
    return str(of(backend, message).message.metadata.id)


def must_exist(backend: Backend, session_id: str) -> None:
    """Say plainly that a session is not there."""
    try:
        backend.get("Session", resource_id=session_id)
    except NotFound as error:
        raise CliError(f"session {session_id!r} not found", hint="stigmer sessions", exit=Exit.NOT_FOUND) from error


def envelope(kind: str, org: str) -> Any:  # a generated class
    """An empty message of a kind; the server names it."""
    message = kinds.BY_NAME[kind].message_class()(api_version=API_VERSION, kind=kind)
    message.metadata.org = org
    return message


def organization_scope(message: Any) -> int:  # a generated class
    """The number of owner_scope `organization`."""
    scopes = message.metadata.DESCRIPTOR.fields_by_name["owner_scope"].enum_type.values_by_name
    return int(scopes["organization"].number)


def fill_environment(message: Any, wish: Wish) -> None:  # a generated class
    """`spec.runtime_env`."""
    for name, value in wish.environment.items():
        entry = message.spec.runtime_env[name]
        entry.value, entry.is_secret = value.text, value.is_secret


def of(backend: Backend, message: Any) -> Resource:  # a generated class
    """Create `message`; the answer, decoded."""
    return Resource.of(backend.create(Envelope(message.kind, message.SerializeToString())))


def located_model(model: str) -> str:
    """`model` with the path of a scripted one made absolute: the server runs in a directory of its own."""
    if not model.startswith(SCRIPTED):
        return model
    path = os.path.abspath(os.path.expanduser(model.removeprefix(SCRIPTED)))  # noqa: PTH100, PTH111
    if not os.path.isfile(path):  # noqa: PTH113
        raise CliError(
            f"--model: there is no file {path}",
            hint="A scripted model is a YAML file with the answers: --model scripted:answers.yaml",
            exit=Exit.MISUSE,
        )
    return SCRIPTED + path
