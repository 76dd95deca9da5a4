"""The fields of a form that starts a run, made from what is declared: a workflow's input, an agent's variables.

What is typed goes to the server as text, as that of `stigmer run --input K=V` does: it knows what each stands for.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from apps.resources.json_value import Json
from apps.shared.input_schema import Schema, declared_types, resolved

INPUT, VARIABLE = "input:", "env:"
"""What the names of such fields begin with, before the name that the author gave."""
UNSAID = ("", "")
LONG_TEXT = 200
WORDS = {"number": "a number", "integer": "a whole number", "object": "an object as JSON", "array": "a list as JSON"}
LIMITS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "minLength": "{} characters or more",
    "maxLength": "at most {} characters",
    "pattern": "matching {}",
}
FORMATS = {
    "date-time": "a date and time, like 2026-12-01T14:30:00Z",
    "email": "an address of mail",
    "uri": "an address, like https://example.com",
    "uuid": "a UUID",
}
"""Those of JSON Schema that the field itself does not show, and an author's own have no words."""
DATES = {"date": "date", "time": "time"}


def input_fields(schema: Schema) -> Iterator[tuple[str, forms.Field]]:
    """A field for each declared property, in the order of the schema."""
    required = schema.get("required", [])
    for name, declared in schema.get("properties", {}).items():
        property_ = resolved(declared, schema)
        field = _field(property_, declared_types(property_, schema))
        field.label = name
        field.required = False  # whether it must be there is the server's to say
        field.help_text = _help(name, property_, declared_types(property_, schema))
        field.widget.attrs |= {"aria-required": "true"} if name in required and "default" not in property_ else {}
        if "default" in property_:
            field.initial = as_typed(property_["default"])
        yield f"{INPUT}{name}", field


def variable_fields(declared: Mapping[str, Json]) -> Iterator[tuple[str, forms.Field]]:
    """A field for each variable that is declared; a secret is never shown again."""
    for name, entry in sorted(declared.items()):
        value = entry if isinstance(entry, dict) else {}
        is_secret, given = bool(value.get("is_secret")), bool(value.get("value"))
        widget = UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "spellcheck": "false"})
        if is_secret:  # what was typed does not come back with the page, either
            widget = forms.PasswordInput(attrs={**widget.attrs, "autocomplete": "new-password"})
        notes = [str(value.get("description", "")), "Has a value; type another one for this run." if given else ""]
        note = " ".join(filter(None, notes))
        made = forms.CharField(required=False, strip=False, widget=widget, label=name, help_text=note)
        yield f"{VARIABLE}{name}", made


def as_typed(value: Json) -> str:
    """What a person would type for it."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, indent=2 if isinstance(value, dict | list) else None)


def _field(declared: Schema, types: set[str]) -> forms.Field:
    if "enum" in declared or "const" in declared:
        texts = [as_typed(value) for value in declared.get("enum", [declared.get("const")])]
        return _choice([(text, text) for text in texts])
    if types == {"boolean"}:
        return _choice([("true", "true"), ("false", "false")])
    if types & {"object", "array"} or (not types and declared):
        return _text(UnfoldAdminTextareaWidget(attrs={"rows": 5, "spellcheck": "false"}))
    if types and types <= {"integer", "number"}:
        return _text(UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal", "autocomplete": "off"}))
    if int(declared.get("maxLength", 0)) > LONG_TEXT or declared.get("format") == "textarea":
        return _text(UnfoldAdminTextareaWidget(attrs={"rows": 4}))
    widget = UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"})
    widget.input_type = DATES.get(declared.get("format", ""), "text")
    return _text(widget)


def _choice(choices: list[tuple[str, str]]) -> forms.Field:
    return forms.ChoiceField(choices=[UNSAID, *choices], widget=UnfoldAdminSelectWidget())


def _text(widget: Any) -> forms.Field:  # Any: one of the theme's, which has no types
    return forms.CharField(strip=False, widget=widget)


def _help(name: str, declared: Schema, types: set[str]) -> str:
    """What its author says of it, and what it takes."""
    title = str(declared.get("title", ""))
    said = ["" if title.casefold() == name.casefold() else title, str(declared.get("description", ""))]
    what = [WORDS[each] for each in sorted(types) if each in WORDS and "enum" not in declared]
    takes = [" or ".join(what), FORMATS.get(declared.get("format", ""), "")]
    takes += [words.format(declared[key]) for key, words in LIMITS.items() if key in declared]
    sentence = ", ".join(filter(None, takes))
    return ". ".join(note.rstrip(".") for note in (*said, sentence[:1].upper() + sentence[1:]) if note)
