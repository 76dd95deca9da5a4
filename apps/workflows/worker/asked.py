"""What a run is asked for: its input and variables, judged before anything of it is stored."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from apps.resources.errors import InvalidInput, Violation
from apps.resources.executions.variables import Variables
from apps.workflows.definition import Definition
from apps.workflows.expressions.input_texts import plain_value
from apps.workflows.expressions.mentions import Mention, carried_mentions, compared_inputs, mentions
from apps.workflows.interpreter.execute import trigger_input
from apps.workflows.values import Json

NO_TEXT = "a number, true or false"
LONGEST_COMPARED = 400
"""Characters: a double has at most some 330 digits before its point."""


@dataclass(frozen=True)
class Input:
    """`values` are those that were given with their types, and those of `trigger_metadata`."""

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


def read_input(asked: Mapping[str, Json]) -> Input:
    """The input of a run, from what `Launcher.prepare` is given."""
    texts: dict[str, str] = dict(asked.get("trigger_metadata") or {})
    return Input(asked.get("trigger_message", ""), {**texts, **(asked.get("input") or {})}, texts)


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

    One behind which `//` or `?` stands may be missing. What is given as the other of the two counts as not given.
    """
    declared: dict[str, Json] = (spec.get("env_spec") or {}).get("data") or {}
    found = [*_mentioned(definition)]
    _check_holders(variables, found)
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


def _check_holders(variables: Variables, found: list[tuple[Mention, str]]) -> None:
    """Raise InvalidInput where `.secrets` is asked for what is given as no secret, or `.env_vars` for a secret."""
    misplaced = {
        each.name: (each, task)
        for each, task in found
        if each.name in variables and variables[each.name].is_secret != each.is_secret and not each.has_default
    }
    if misplaced:
        first = next(iter(misplaced.values()))[0]
        raise InvalidInput(
            (
                Violation(
                    f'spec.runtime_env["{name}"]',
                    f"is used by {task} as .{each.holder}.{name}, and its value is "
                    f"{'not given as a secret' if each.is_secret else 'a secret'}",
                )
                for name, (each, task) in misplaced.items()
            ),
            hint=f"{_way_out(first)}, as {'a secret' if first.is_secret else 'a value that is no secret'}; or use "
            f"{'.env_vars' if first.is_secret else '.secrets'}.{first.name} in the workflow",
        )


def _way_out(missing: Mention) -> str:
    given = f"secret:{missing.name}" if missing.is_secret else f"{missing.name}=VALUE"
    return f"Give it with --runtime-env {given}, or in an environment of the instance"


def _mentioned(definition: Definition) -> Iterator[tuple[Mention, str]]:
    """What the expressions of a definition mention, with the task that does."""
    for path, program in definition.programs:
        over_bag = not path.endswith(".export.as")  # where `.` is the task's output
        named = mentions(program.tokens, over_bag=over_bag), carried_mentions(program.tokens, over_bag=over_bag)
        for mention in chain(*named):
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
