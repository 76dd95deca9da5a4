"""What workflows of resource files run, so that they are brought into order; programs say it themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cli.project.discovery import DiscoveredResource

KIND_PREFIX = "WORKFLOW_TASK_KIND_"
CALLED = {"RUN": "workflow", "AGENT_CALL": "agent"}
"""By kind of task, what it runs; the field of its config that has the slug is called the same."""


def dependencies_of(found: Iterable[DiscoveredResource]) -> dict[str, list[str]]:
    """What each workflow runs, as dependencies.json of a program says it; but for itself, which is no circle."""
    needs = {}
    for resource in found:
        if resource.kind == "Workflow":
            key = f"{resource.noun}:{resource.slug}"
            needs[key] = [called for called in _calls(_tasks(resource.message)) if called != key]
    return needs


def _tasks(message: Any) -> Any:  # a generated class, known only at run time; plain data
    from google.protobuf.json_format import MessageToDict

    return MessageToDict(message.spec, preserving_proto_field_name=True).get("tasks", [])


def _calls(value: Any) -> Iterator[str]:  # plain data
    """Of tasks, and of tasks inside of them, whichever way their keys are written."""
    for each in value if isinstance(value, list) else value.values() if isinstance(value, dict) else ():
        yield from _calls(each)
    if isinstance(value, dict):
        config = value.get("task_config") or value.get("taskConfig")
        noun = CALLED.get(str(value.get("kind", "")).removeprefix(KIND_PREFIX))
        if noun and isinstance(config, dict) and isinstance(config.get(noun), str):
            yield f"{noun}:{config[noun]}"
