"""Resources that tests need around the one they are about."""

from __future__ import annotations

from typing import Any

from stigmer_proto.controlplane.v1 import resources_pb2

from apps.resources.json_value import Json
from tests.suites.client import EXTENSION, Api, unique

AGENT_SPEC: dict[str, Json] = {"instructions": "Sort incoming tickets by urgency."}
WORKFLOW_SPEC: dict[str, Json] = {
    "document": {"dsl": "1.0.0", "namespace": "tests", "name": "greet", "version": "1.0.0"},
    "tasks": [{"name": "greet", "kind": "WORKFLOW_TASK_KIND_SET", "task_config": {"variables": {"greeting": "hello"}}}],
}


def make_agent(api: Api, name: str = "", **metadata: Json) -> Any:  # Any: an Agent message
    agents = api.of("Agent")
    return agents.create(agents.envelope(AGENT_SPEC, name=name or unique("agent"), **metadata))


def make_workflow(api: Api, name: str = "", **metadata: Json) -> Any:  # Any: a Workflow message
    workflows = api.of("Workflow")
    return workflows.create(workflows.envelope(WORKFLOW_SPEC, name=name or unique("workflow"), **metadata))


def make_environment(api: Api, data: dict[str, Json] | None = None) -> Any:  # Any: an Environment message
    environments = api.of("Environment")
    return environments.create(environments.envelope({"data": data or {}}, name=unique("environment")))


def delete(api: Api, kind: str, resource_id: str, *, force: bool = False) -> None:
    """By the extension, which can force for every kind."""
    request = resources_pb2.DeleteResourceRequest(kind=kind, id=resource_id, force=force)
    api.call(f"{EXTENSION}.ResourceController.delete", request)


def workflow_spec(*tasks: dict[str, Json]) -> dict[str, Json]:
    return {**WORKFLOW_SPEC, "tasks": list(tasks)}


def task(kind: str, config: dict[str, Json], name: str = "step") -> dict[str, Json]:
    """One task; `kind` without the enum's prefix."""
    return {"name": name, "kind": f"WORKFLOW_TASK_KIND_{kind}", "task_config": config}
