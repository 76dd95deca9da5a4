"""What a run is asked for: its input and variables, judged before anything of it is stored."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NoReturn

from apps.resources.annotations import JSON_INPUT
from apps.resources.errors import InvalidInput, Violation
from apps.resources.executions.variables import Variables
from apps.workflows.definition import Definition
from apps.workflows.expressions.input_texts import plain_value
from apps.workflows.expressions.mentions import Mention, compared_inputs, mentions
from apps.workflows.interpreter.execute import trigger_input
from apps.workflows.values import Json, finite

NO_TEXT = "a number, true or false"
LONGEST_COMPARED = 400
"""Characters: a double has at most some 330 digits before its point."""


@dataclass(frozen=True)
class Input:
    """`values` are those of `trigger_metadata`, read as JSON where the annotation JSON_INPUT says so."""

    message: str
    values: dict[str, Json]
    texts: dict[str, str]
    """Those that were given as text, by their names."""

    @property
    def short_texts(self) -> list[str]:
        """Those that somebody may have meant as a number, true or false."""
        texts = {self.message, *self.texts.values()}
        return sorted(text for text in texts if 0 < len(text) <= LONGEST_COMPARED)

    @property
    def as_data(self) -> dict[str, Json]:
        """`$input`."""
        return trigger_input(self.message, self.values)


def read_input(spec: Mapping[str, Json], annotations: Mapping[str, str]) -> Input:
    """The input in the spec of a run. Raises InvalidInput for what says that it is JSON and is not."""
    given: dict[str, str] = dict(spec.get("trigger_metadata") or {})
    names = _json_names(annotations.get(JSON_INPUT, "[]"), given)
    values = {name: _read_json(name, text) if name in names else text for name, text in given.items()}
    texts = {name: text for name, text in given.items() if name not in names}
    return Input(spec.get("trigger_message", ""), values, texts)


def check_input(given: Input, definition: Definition) -> None:
    """Raise InvalidInput for a text that the definition compares with a number, true or false.

    In jq every text is greater than every number, which nobody means.
    """
    compared: dict[str, str] = {}
    for path, program in definition.programs:
        for name in compared_inputs(program.tokens):
            if name in given.texts:
                compared.setdefault(name, path)
    if compared:
        name = next(iter(compared))
        value = given.texts[name] if plain_value(given.texts[name]) is not None else "VALUE"
        raise InvalidInput(
            (
                Violation(f'spec.trigger_metadata["{name}"]', f"is text, and {path} compares it with {NO_TEXT}")
                for name, path in compared.items()
            ),
            hint=f"Give it as {NO_TEXT}: --input {name}:={value}",
        )


def check_variables(variables: Variables, spec: Mapping[str, Json], definition: Definition) -> None:
    """Raise InvalidInput naming the secrets and variables that tasks mention and nobody gave a value.

    One behind which `//` or `?` stands may be missing.
    """
    declared: dict[str, Json] = (spec.get("env_spec") or {}).get("data") or {}
    found = [*_mentioned(definition)]
    missing = {each.name: (each, task) for each, task in found if each.name not in variables and not each.has_default}
    optional = {each.name for each, _ in found if each.has_default} - missing.keys()
    unset = declared.keys() - variables.keys() - missing.keys() - optional
    text = json.dumps(spec.get("tasks")) if unset else ""
    for name in sorted(unset):
        if _is_named(name, text):
            holder = "secrets" if declared[name].get("is_secret") else "env_vars"
            missing[name] = Mention(holder, name, has_default=False), "the workflow"
    if missing:
        raise InvalidInput(
            (
                Violation(f'spec.runtime_env["{name}"]', f"is used by {task} and has no value")
                for name, (_, task) in missing.items()
            ),
            hint=_way_out(next(iter(missing.values()))[0]),
        )


def _way_out(missing: Mention) -> str:
    given = f"secret:{missing.name}" if missing.holder == "secrets" else f"{missing.name}=VALUE"
    return f"Give it with --runtime-env {given}, or in an environment of the instance"


def _mentioned(definition: Definition) -> Iterator[tuple[Mention, str]]:
    """What the expressions of a definition mention, with the task that does."""
    for path, program in definition.programs:
        over_bag = not path.endswith(".export.as")  # where `.` is the task's output
        for mention in mentions(program.tokens, over_bag=over_bag):
            yield mention, f"task {_task_at(path, definition)}"


def _task_at(path: str, definition: Definition) -> str:
    """The innermost task that a path is in."""
    return max((len(task.place), task.name) for task in definition.all_tasks() if path.startswith(f"{task.place}."))[1]


def _is_named(name: str, text: str) -> bool:
    """Whether an expression in `text`, which is JSON, uses the variable: `.secrets.NAME`, `.env_vars["NAME"]`.

    Of a declared one that is enough: what stands behind a pipe may mean it, too.
    """
    before, after = r"(secrets|env_vars)\s*\.?\s*", r"(?![A-Za-z0-9_])"
    return re.search(rf"""{before}(\[\s*\\?["'])?{re.escape(name)}{after}""", text) is not None


def _json_names(written: str, given: Mapping[str, str]) -> set[str]:
    place = f'metadata.annotations["{JSON_INPUT}"]'
    try:
        names = json.loads(written)
    except (ValueError, RecursionError):
        names = None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise InvalidInput.at(place, 'must be a JSON list of names: ["amount"]')
    unknown = next((name for name in names if name not in given), None)
    if unknown is not None:
        raise InvalidInput.at(place, f"names {unknown}, which spec.trigger_metadata does not have")
    return set(names)


def _read_json(name: str, text: str) -> Json:
    try:
        return json.loads(text, parse_constant=_refuse, parse_float=finite)
    except (ValueError, RecursionError) as error:
        raise InvalidInput.at(f'spec.trigger_metadata["{name}"]', f"is not JSON: {error}") from None


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no value of it")
