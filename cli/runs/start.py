"""Creating a run."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from apps.backends.base import Invalid, NotFound
from apps.backends.resource import Resource, slug_of
from apps.backends.runs import StartRun
from cli.errors import CliError, InvalidRun
from cli.exits import Exit

if TYPE_CHECKING:
    from apps.backends.base import Backend
    from apps.backends.targets import Target
    from cli.runs.run_input import Input
    from cli.runs.runtime_env import Value

SCRIPTED = "scripted:"
FIELDS = {
    "Agent": "agent",
    "AgentInstance": "agent_instance",
    "Workflow": "workflow",
    "WorkflowInstance": "workflow_instance",
}
"""Where the request that starts a run has what is run, by kind."""

DEFINITION = "spec."
"""How the path of a complaint begins that is about what is run; it may have none."""


@dataclass(frozen=True)
class Wish:
    """How to run it. `session_id` and `model` are for agents, `inputs` for workflows; empty otherwise."""

    message: str = ""
    inputs: dict[str, Input] = field(default_factory=dict)
    session_id: str = ""
    model: str = ""
    environments: tuple[str, ...] = ()
    """Names of those that come after the instance's."""
    environment: dict[str, Value] = field(default_factory=dict)


def wanted_run(target: Target | None, wish: Wish, org: str) -> StartRun:
    """What the server is asked for. Without a `target` the session says which agent."""
    return StartRun(
        target=FIELDS[target.kind] if target else "",
        key=target.id if target else "",
        session=wish.session_id,
        org=org,
        message=wish.message,
        input={name: each.value for name, each in wish.inputs.items() if not each.is_text},
        input_texts={name: each.value for name, each in wish.inputs.items() if each.is_text},
        environments=tuple(map(slug_of, wish.environments)),
        runtime_env={name: (value.text, value.is_secret) for name, value in wish.environment.items()},
        model=wish.model,
    )


def create_run(backend: Backend, target: Target | None, wish: Wish, org: str) -> Resource:
    """The stored run; see `wanted_run`. Raises what the server refuses."""
    wanted = wanted_run(target, wish, org)
    try:
        return Resource.of(backend.start_run(wanted))
    except Invalid as refused:
        if all(not each.path or each.path.startswith(DEFINITION) for each in refused.violations):
            raise  # nothing is wrong with how the run was asked for
        raise InvalidRun.of(refused) from None
    except NotFound as error:
        if target is not None:
            raise
        missing = f"session {wish.session_id!r} not found"
        raise CliError(missing, hint="stigmer sessions", exit=Exit.NOT_FOUND) from error


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
