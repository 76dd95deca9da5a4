"""What a resource is, in words: for `stigmer describe` and the resource's page."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from apps.schemas.manifest_form import as_yaml
from apps.schemas.task_configs import PREFIX
from apps.shared.annotations import INPUT_SCHEMA
from apps.shared.input_schema import TYPES, NotASchema, declared_types, read_schema, resolved
from apps.shared.numbers import whole_number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

Json = Any  # plain data, as `manifest_form` writes it
LONGEST_SUMMARY = 70


def sections(kind: str, spec: Json) -> Iterator[tuple[str, str]]:
    """Titles and texts: the spec in words where its kind has some, else as it is written; without its description."""
    rest = {key: value for key, value in spec.items() if key != "description"}
    for key, (title, words) in WORDS.get(kind, {}).items():
        if key in rest:
            yield title, words(rest.pop(key))
    rest = {key: value for key, value in rest.items() if key not in LEFT_OUT.get(kind, ())}
    if rest:
        yield "Spec", as_yaml(rest).rstrip("\n")


def declared_input(annotations: Mapping[str, str]) -> str:
    """The input that a workflow declares, a line for each name; "" for none."""
    if INPUT_SCHEMA not in annotations:
        return ""
    try:
        schema = read_schema(annotations[INPUT_SCHEMA])
    except NotASchema:  # of a former version
        return ""
    names = schema.get("properties") or {}
    needed = schema.get("required") or []
    lines = [input_line(name, resolved(each, schema), schema, is_needed=name in needed) for name, each in names.items()]
    return "\n".join(lines) or as_yaml(schema).rstrip("\n")


def input_line(name: str, declared: Json, root: Json, *, is_needed: bool) -> str:
    """`amount  a number, required  What is to be paid`."""
    if "enum" in declared:
        what = f"one of {', '.join(json.dumps(each, ensure_ascii=False) for each in declared['enum'])}"
    else:
        what = (
            " or ".join(TYPES[each] for each in sorted(declared_types(declared, root)) if each in TYPES) or "anything"
        )
    default = f"; {json.dumps(declared['default'], ensure_ascii=False)} unless given" if "default" in declared else ""
    note = f"  {_one_line(str(declared['description']))}" if declared.get("description") else ""
    return f"{name}  {what}{', required' if is_needed else default}{note}"


def text(value: str) -> str:
    """A text as it was written."""
    return "\n".join(line.rstrip() for line in value.strip().splitlines())


def servers(found: Sequence[Json]) -> str:
    """The tool servers of an agent, a line each."""
    return "\n".join(f"{each['name']}  {server(each)}".rstrip() for each in found)


def server(definition: Json) -> str:
    """What starts a server or where it is, and which of its tools are let through."""
    stdio, http, docker = (definition.get(key) or {} for key in ("stdio", "http", "docker"))
    where = " ".join([stdio.get("command", ""), *stdio.get("args", ())]) if stdio else ""
    where = where or http.get("url", "") or docker.get("image", "")
    tools = definition.get("enabled_tools")
    return f"{where}  (tools: {', '.join(tools)})" if tools else where


def variables(found: Json) -> str:
    """The variables that are needed or given, a line each; never the value of a secret."""
    lines = []
    for name, entry in sorted((found.get("data", found) or {}).items()):
        value = "secret" if entry.get("is_secret") else f"= {entry['value']}" if entry.get("value") else "required"
        lines.append(f"{name}  {value}{_note(entry)}")
    return "\n".join(lines)


def values(found: Json) -> str:
    """What an environment gives, a line each: of a secret, only whether it is there."""
    lines = []
    for name, entry in sorted(found.items()):
        given = entry.get("value", "")
        if entry.get("is_secret"):
            value = "secret" if given else "secret, without a value yet"
        else:
            value = f"= {given}" if given else "empty"
        lines.append(f"{name}  {value}{_note(entry)}")
    return "\n".join(lines)


def _note(entry: Json) -> str:
    return f"  {entry['description']}" if entry.get("description") else ""


def references(found: Sequence[Json]) -> str:
    """References by organization and slug."""
    return "\n".join("/".join(filter(None, (each.get("org", ""), each.get("slug", "")))) for each in found)


def helpers(found: Sequence[Json]) -> str:
    """The sub-agents, a line each."""
    return "\n".join(f"{each['name']}  {_one_line(each.get('description', ''))}".rstrip() for each in found)


def tasks(found: Sequence[Json]) -> str:
    """A line for each task, those inside others below them."""
    return "\n".join(task_lines(found, 0))


def task_lines(found: Sequence[Json], depth: int) -> Iterator[str]:
    for task in found:
        config = task.get("task_config") or {}
        kind = str(task.get("kind", "")).removeprefix(PREFIX)
        then = (task.get("flow") or {}).get("then")
        does = ", ".join(filter(None, [_one_line(summary(kind, config)), f"then {then}" if then else ""]))
        line = f"{'  ' * depth}{task.get('name', '')}  {kind}  {does}".rstrip()
        yield line if len(line) <= LONGEST_SUMMARY + 30 else f"{line[: LONGEST_SUMMARY + 29]}…"
        for inner in lists_of_tasks(config):
            yield from task_lines(inner, depth + 1)


def lists_of_tasks(config: Json) -> Iterator[list[Json]]:
    """Every list of tasks inside a config, in its order."""
    for value in below(config):
        if isinstance(value, list) and value and all(isinstance(each, dict) and "kind" in each for each in value):
            yield value
        elif isinstance(value, (dict, list)):
            yield from lists_of_tasks(value)


def below(config: Json) -> Iterator[Json]:
    """The values of a config; what is done when a task fails comes after the task."""
    if isinstance(config, dict):
        yield from (value for key, value in config.items() if key != "catch")
        yield from (config[key] for key in ("catch",) if key in config)
    elif isinstance(config, list):
        yield from config


def summary(kind: str, config: Json) -> str:
    """What a task does, in short; "" where the kind says it all."""
    make = SUMMARIES.get(kind)
    return make(config) if make else ""


def cases(config: Json) -> str:
    """Where a switch leads, `restock if too_few, else exit`."""
    found = [each for each in config.get("cases") or () if isinstance(each, dict)]
    told = [f"{each.get('then', '')} if {each.get('name', '')}" for each in found if each.get("when")]
    return ", ".join([*told, *(f"else {each.get('then', '')}" for each in found if not each.get("when"))])


def _one_line(value: str) -> str:
    return " ".join(value.split())


SUMMARIES: dict[str, Callable[[Json], str]] = {
    "HTTP_CALL": lambda config: f"{config.get('method', '')} {(config.get('endpoint') or {}).get('uri', '')}",
    "AGENT_CALL": lambda config: str(config.get("agent", "")),
    "SET": lambda config: ", ".join((config.get("variables") or {}).keys()),
    "SWITCH": cases,
    "FOR": lambda config: f"each {config.get('each') or 'item'} in {config.get('in', '')}",
    "WAIT": lambda config: f"{whole_number(config.get('seconds', 0))} s",
    "RUN": lambda config: str(config.get("workflow", "")),
}
WORDS: dict[str, dict[str, tuple[str, Callable[[Any], str]]]] = {
    "Agent": {
        "instructions": ("Instructions", text),
        "mcp_servers": ("Tools", servers),
        "skill_refs": ("Skills", references),
        "sub_agents": ("Helpers", helpers),
        "env_spec": ("Variables", variables),
    },
    "Workflow": {"tasks": ("Tasks", tasks), "env_spec": ("Variables", variables)},
    "Environment": {"data": ("Variables", values)},
    "AgentInstance": {"environment_refs": ("Environments", references)},
    "WorkflowInstance": {"env_refs": ("Environments", references)},
    "Skill": {"skill_md": ("Skill", text)},
}
"""By kind and field of the spec: its heading, and what says it."""
LEFT_OUT = {"Workflow": ("document",)}
"""What repeats the name."""
