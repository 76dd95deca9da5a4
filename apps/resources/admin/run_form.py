"""The form that starts a run of something: what it takes, what was given before, what the server says of it."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from apps.resources.admin.forms import sentences
from apps.resources.admin.run_fields import INPUT, VARIABLE, as_typed, input_fields, variable_fields
from apps.resources.base import Resource
from apps.resources.caller import Caller
from apps.resources.errors import InvalidInput, StigmerError, Violation
from apps.resources.json_value import Json
from apps.resources.kind import Kind
from apps.resources.registry import ENVIRONMENT
from apps.resources.run_wish import RunWish
from apps.resources.storage.lookup import visible
from apps.shared.annotations import INPUT_SCHEMA
from apps.shared.input_json import Unsendable, read_input_json
from apps.shared.input_schema import NotASchema, Schema, read_schema

WHOLE_INPUT = "input"
MOST_ENVIRONMENTS = 100
PATH = re.compile(r'(?P<root>\w+)(?:\["(?P<name>(?:[^"\\]|\\.)*)"\])?(?P<rest>.*)', re.DOTALL)
STEPS = {"AgentInstance": ("agent",), "WorkflowInstance": ("workflow",), "Session": ("agent_instance", "agent")}
"""From what can be run to the agent or the workflow that it is of."""
BEGINNINGS = {"input": INPUT, "input_texts": INPUT, "runtime_env": VARIABLE}
"""Of the names of fields, by the field of the request that they are for."""
RUNNABLE = frozenset({"Agent", "Workflow", *STEPS})


@dataclass(frozen=True)
class Runnable:
    """Something that can be run, and what it takes."""

    kind: Kind
    row: Resource
    definition: Resource
    """The agent, or the workflow."""
    schema: Schema | None
    environments: list[str]
    """Slugs of those that there are."""

    @classmethod
    def of(cls, kind: Kind, row: Resource, caller: Caller) -> Runnable:
        definition: Any = row
        for step in STEPS.get(kind.name, ()):
            definition = getattr(definition, step)
        there = visible(ENVIRONMENT, caller).filter(org=row.org).order_by("slug")
        slugs = list(there.values_list("slug", flat=True)[:MOST_ENVIRONMENTS])
        return cls(kind, row, definition, _declared(definition), slugs)

    @property
    def is_workflow(self) -> bool:
        return "Workflow" in self.kind.name

    @property
    def variables(self) -> dict[str, Json]:
        found: dict[str, Json] = ((self.definition.spec or {}).get("env_spec") or {}).get("data") or {}
        return found


@dataclass(frozen=True)
class Given:
    """What a run is to be given, or was."""

    message: str = ""
    input: Mapping[str, Json] = field(default_factory=dict)
    environments: Iterable[str] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    """Without secrets."""
    model: str = ""

    def as_initial(self, schema: Schema | None) -> dict[str, Any]:  # Any: values of several fields
        declared = (schema or {}).get("properties", {})
        named = {name: self.input[name] for name in declared if name in self.input}
        initial: dict[str, Any] = {f"{INPUT}{name}": as_typed(value) for name, value in named.items()}
        if schema is None and self.input:
            initial[WHOLE_INPUT] = as_typed(dict(self.input))
        initial |= {f"{VARIABLE}{name}": value for name, value in self.variables.items()}
        return {**initial, "message": self.message, "environments": list(self.environments), "model": self.model}


class RunForm(forms.Form):
    """What is typed is judged by the server, which starts the run."""

    request_id = forms.CharField(widget=forms.HiddenInput, max_length=64)
    message = forms.CharField(required=False, strip=False, widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}))
    environments = forms.MultipleChoiceField(
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Used after those of the instance: what they have, too, is theirs.",
    )
    model = forms.CharField(
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "placeholder": "provider:model"}),
        help_text="Another one than its own.",
    )

    def __init__(self, runnable: Runnable, data: Any, given: Given) -> None:  # Any: what a request has
        wanted = given.as_initial(runnable.schema)
        super().__init__(data, initial={"request_id": uuid.uuid4().hex, **wanted})
        self.runnable = runnable
        if runnable.is_workflow:
            del self.fields["model"]
            self.fields |= dict(input_fields(runnable.schema)) if runnable.schema else {WHOLE_INPUT: _whole_input()}
        self.fields |= dict(variable_fields(runnable.variables))
        chosen = {*runnable.environments, *wanted["environments"]}
        environments: Any = self.fields["environments"]
        environments.choices = [(slug, slug) for slug in sorted(chosen)]
        if not chosen:
            del self.fields["environments"]

    def clean_input(self) -> dict[str, Json]:
        typed = self.cleaned_data[WHOLE_INPUT].strip()
        try:
            value = read_input_json(typed) if typed else {}
        except Unsendable as error:
            raise forms.ValidationError(str(error)) from None
        except ValueError as error:
            raise forms.ValidationError(f"is not JSON: {error}") from None
        if not isinstance(value, dict):
            raise forms.ValidationError('must be an object: {"name": value}')
        return value

    def wish(self) -> RunWish:
        """Of what was typed; what was left empty is not given."""
        typed = {name: _unix(value) for name, value in self.cleaned_data.items() if value not in ("", None)}
        variables = {name.removeprefix(VARIABLE): value for name, value in typed.items() if name.startswith(VARIABLE)}
        return RunWish(
            target=self.runnable.kind.word,
            key=self.runnable.row.pk,
            message=typed.get("message", ""),
            input=typed.get(WHOLE_INPUT) or {},
            input_texts={name.removeprefix(INPUT): value for name, value in typed.items() if name.startswith(INPUT)},
            environments=tuple(typed.get("environments", ())),
            runtime_env={name: (value, self._is_secret(name)) for name, value in variables.items()},
            model=typed.get("model", ""),
            request_id=typed["request_id"],
        )

    def show(self, refusal: StigmerError) -> None:
        """What the server said, at the fields that it is about."""
        if not isinstance(refusal, InvalidInput):
            self.add_error(None, sentences(refusal))
            return
        for violation in refusal.violations:
            name, sentence = self._place(violation)
            self.add_error(name, sentence)

    @property
    def inputs(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith(INPUT) or name == WHOLE_INPUT]

    @property
    def variables(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith(VARIABLE)]

    def _is_secret(self, name: str) -> bool:
        return bool((self.runnable.variables.get(name) or {}).get("is_secret"))

    def _place(self, violation: Violation) -> tuple[str | None, str]:
        """The field that it is about, if there is one, and what to say there."""
        path = violation.path.removeprefix("spec.")  # of the run: how its message is told
        found = PATH.fullmatch(path if path in self.fields else violation.path)
        if found is None:
            return None, str(violation)
        name = json.loads(f'"{found["name"] or ""}"')
        field_name, rest = f"{BEGINNINGS.get(found['root'], found['root'])}{name}", found["rest"].lstrip(".")
        if field_name not in self.fields and found["root"] == "input" and WHOLE_INPUT in self.fields:
            field_name, rest = WHOLE_INPUT, violation.path
        if field_name not in self.fields:
            return None, str(violation)
        return field_name, f"{rest}: {violation.description}" if rest else violation.description


def _unix(value: Any) -> Any:  # Any: whatever a field has
    """Browsers send the line breaks of another system."""
    return value.replace("\r\n", "\n") if isinstance(value, str) else value


def _whole_input() -> forms.Field:
    widget = UnfoldAdminTextareaWidget(attrs={"rows": 6, "spellcheck": "false", "placeholder": "{}"})
    note = "The workflow declares no input: a JSON object, as `stigmer run --input-file` takes."
    return forms.CharField(required=False, strip=False, widget=widget, label="Input", help_text=note)


def _declared(definition: Resource) -> Schema | None:
    text = definition.annotations.get(INPUT_SCHEMA)
    if not text:
        return None
    try:
        return read_schema(text)
    except NotASchema:  # stored by a version that took it
        return None
