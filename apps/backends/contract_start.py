"""Creating a run at a server that has the published contract alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from apps.backends import kinds
from apps.backends.base import Envelope, Unsupported
from apps.backends.resource import own

if TYPE_CHECKING:
    from apps.backends.base import Backend
    from apps.backends.runs import StartRun

API_VERSION = "agentic.stigmer.ai/v1"


def create_run(backend: Backend, wanted: StartRun) -> Envelope:
    """The stored run. `wanted.key` is an id. Raises Unsupported for what such a server has no field for."""
    if wanted.input or wanted.environments or wanted.request_id:
        lacking = "input that is no text" if wanted.input else "environments of a run or a request id"
        raise Unsupported(f"the server knows the published contract alone, which has no {lacking}")
    message = workflow_run(wanted) if wanted.target.startswith("workflow") else agent_run(backend, wanted)
    for name, (text, is_secret) in wanted.runtime_env.items():
        entry = message.spec.runtime_env[name]
        entry.value, entry.is_secret = text, is_secret
    message.metadata.labels.update(wanted.labels)
    return created(backend, message)


def agent_run(backend: Backend, wanted: StartRun) -> Any:  # a generated class
    """A run in the session wished for; in a new one of the instance; else the server makes the session."""
    message = envelope("AgentExecution", wanted.org)
    message.spec.message = wanted.message
    message.spec.execution_config.model_name = wanted.model
    if wanted.target == "agent":
        message.spec.agent_id = wanted.key
    message.spec.session_id = wanted.session
    if wanted.target == "agent_instance" and not wanted.session:
        message.spec.session_id = new_session(backend, wanted)
    return message


def workflow_run(wanted: StartRun) -> Any:  # a generated class
    """A run of a workflow or of an instance of one."""
    message = envelope("WorkflowExecution", wanted.org)
    own(message, wanted.org)
    message.spec.trigger_message = wanted.message
    message.spec.trigger_metadata.update(wanted.input_texts)
    setattr(message.spec, f"{wanted.target}_id", wanted.key)
    return message


def new_session(backend: Backend, wanted: StartRun) -> str:
    """A session of an instance that is not its agent's default one."""
    message = envelope("Session", wanted.org)
    own(message, wanted.org)
    message.spec.agent_instance_id = wanted.key
    message.spec.subject = " ".join(wanted.message.split())[:80]
    return str(type(message).FromString(created(backend, message).data).metadata.id)


def envelope(kind: str, org: str) -> Any:  # a generated class
    """An empty message of a kind; the server names it."""
    message = kinds.BY_NAME[kind].message_class()(api_version=API_VERSION, kind=kind)
    message.metadata.org = org
    return message


def created(backend: Backend, message: Any) -> Envelope:  # a generated class
    """Create `message`; the answer."""
    return backend.create(Envelope(message.kind, message.SerializeToString()))
