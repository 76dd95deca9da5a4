"""One form for every kind: the envelope's fields, with the spec as YAML."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from unfold.widgets import TEXTAREA_CLASSES, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from apps.resources.admin.links import completion_url
from apps.resources.admin.resource_page import spec_yaml
from apps.resources.admin.yaml_text import from_yaml, line_of, read_node, to_yaml
from apps.resources.base import OwnerScope, Resource
from apps.resources.caller import Caller
from apps.resources.errors import InvalidInput, StaleVersion, StigmerError, Violation
from apps.resources.identity import MAX_NAME, MAX_SLUG
from apps.resources.json_value import Json
from apps.resources.kind import Draft, Kind
from apps.yaml_text.errors import BadYaml, Position

if TYPE_CHECKING:
    ModelForm = forms.ModelForm[Resource]
else:
    ModelForm = forms.ModelForm

MIN_ROWS, MAX_ROWS = 3, 40
SCOPES = [(OwnerScope.ORGANIZATION.value, "The organization"), (OwnerScope.PLATFORM.value, "The platform (everyone)")]
FIXED_FIELDS = ("slug", "owner_scope")  # chosen once, when it is created
METADATA_FIELDS = ("name", "slug", "owner_scope", "labels", "annotations", "tags")
MEANWHILE = "Its revisions say what; keep your text, open this page anew, and make your change to what is there now."


class YamlField(forms.CharField):
    """A JSON value, shown and edited as YAML text. `expected` is the type it must have."""

    def __init__(self, *, expected: type, **kwargs: Any) -> None:  # Any: Django's own
        self.expected = expected
        css = " ".join([*TEXTAREA_CLASSES, "stigmer-yaml"])
        widget = forms.Textarea(attrs={"class": css, "spellcheck": "false", "autocomplete": "off", "wrap": "off"})
        super().__init__(widget=widget, strip=False, **kwargs)

    def prepare_value(self, value: Json) -> str:
        text = value if isinstance(value, str) else to_yaml(value)
        self.widget.attrs["rows"] = min(max(text.count("\n") + 2, MIN_ROWS), MAX_ROWS)
        return text

    def to_python(self, value: str | None) -> Json:
        try:
            parsed = from_yaml(value or "")
        except BadYaml as error:
            raise forms.ValidationError(str(error), code="yaml") from error
        if parsed is None:
            return self.expected()
        if not isinstance(parsed, self.expected):
            shape = "a mapping (`key: value`)" if self.expected is dict else "a list (`- item`)"
            raise forms.ValidationError(f"must be {shape}", code="shape")
        return parsed

    def validate(self, value: Json) -> None:
        """Emptiness is the contract's to judge."""

    def run_validators(self, value: Json) -> None:
        """None apply: this is not text any more."""


class SpecField(YamlField):
    """A spec, kept as its author wrote it for the reader that knows the kind."""

    def __init__(self, **kwargs: Any) -> None:  # Any: Django's own
        super().__init__(expected=dict, **kwargs)

    def to_python(self, value: str | None) -> Any:  # a Node or None; Django's own says text
        problems: list[str] = []

        def report(position: Position, why: str) -> None:
            problems.append(str(BadYaml(position, why)))

        try:
            node = read_node(value or "", report)
        except BadYaml as error:
            problems.append(str(error))
        if problems:
            raise forms.ValidationError([forms.ValidationError(problem, code="yaml") for problem in problems])
        return node


class ResourceForm(ModelForm):
    """Makes a draft of what is typed in. Never writes to its instance: `actions` does the writing."""

    kind: ClassVar[Kind]
    caller: ClassVar[Caller]
    refusal: ClassVar[StigmerError | None] = None
    """What `actions` answered to this very request, to be shown beside the fields it is about."""

    name = forms.CharField(max_length=MAX_NAME, widget=UnfoldAdminTextInputWidget)
    slug = forms.CharField(
        max_length=MAX_SLUG,
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="Lower-case letters, digits and hyphens. Made from the name if empty.",
    )
    owner_scope = forms.TypedChoiceField(
        choices=SCOPES,
        coerce=int,
        label="Belongs to",
        initial=OwnerScope.ORGANIZATION.value,
        widget=UnfoldAdminSelectWidget,
    )
    spec = SpecField(required=False, help_text="YAML, as in a file of <code>stigmer apply -f</code>.")
    tags = YamlField(expected=list, required=False, help_text="A list: one <code>- tag</code> per line.")
    labels = YamlField(expected=dict, required=False, help_text="<code>key: value</code>, one per line.")
    annotations = YamlField(expected=dict, required=False, help_text="<code>key: value</code>, one per line.")
    version_message = forms.CharField(
        required=False,
        label="Version message",
        help_text="Why it changes, kept with the new version.",
        max_length=MAX_NAME,
        widget=UnfoldAdminTextInputWidget,
    )
    seen_version = forms.CharField(widget=forms.HiddenInput, required=False)

    draft: Draft

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # Any: Django's own
        super().__init__(*args, **kwargs)
        self.initial["version_message"] = ""
        self.fields["spec"].widget.attrs["data-completion"] = completion_url(self.kind)
        if self.instance.pk:
            if not self.is_bound:
                self.initial["spec"] = spec_yaml(self.kind, self.instance, self.caller)
            self.initial["seen_version"] = self.instance.version_id
            for fixed in FIXED_FIELDS:
                del self.fields[fixed]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if self.errors:
            return cleaned
        if self.refusal is not None:
            self._show(self.refusal)
            return cleaned
        # The validator and the generated messages: only a submitted form needs them.
        from apps.resources.wire.yaml_form import draft_from_yaml

        try:
            self.draft = draft_from_yaml(self.kind, self._metadata(cleaned), cleaned.get("spec"), self.caller)
        except InvalidInput as error:
            self._show(error)
        return cleaned

    def _post_clean(self) -> None:
        """Django would copy the values to the instance and check its model's rules; ours are the contract's."""

    def _metadata(self, cleaned: dict[str, Any]) -> dict[str, Json]:
        metadata: dict[str, Json] = {
            "name": cleaned["name"],
            "labels": _texts(cleaned.get("labels") or {}),
            "annotations": _texts(cleaned.get("annotations") or {}),
            "tags": [str(tag) for tag in cleaned.get("tags") or []],
            "version": {"id": cleaned.get("seen_version", ""), "message": cleaned.get("version_message", "")},
        }
        if self.instance.pk:
            row = self.instance
            metadata |= {"id": row.pk, "slug": row.slug, "org": row.org, "owner_scope": row.owner_scope}
        else:
            metadata |= {"slug": cleaned.get("slug", ""), "owner_scope": cleaned.get("owner_scope") or 0}
        return metadata

    def _show(self, error: StigmerError) -> None:
        if isinstance(error, StaleVersion):  # its own hint is for callers who write versions
            self.add_error(None, f"Somebody else has changed {error.slug!r} since you opened it. {MEANWHILE}")
            return
        if not isinstance(error, InvalidInput):
            self.add_error(None, sentences(error))
            return
        for violation in error.violations:
            field = self._field_of(violation)
            self.add_error(field, self._sentence(violation, field))

    def _field_of(self, violation: Violation) -> str | None:
        """The form's field that `violation` is about. Metadata is built here, so what has no path is the spec's."""
        if not violation.path or violation.path.split(".")[0].split("[")[0] == "spec":
            return "spec"
        for name in METADATA_FIELDS:
            if violation.path.startswith(f"metadata.{name}"):
                return name if name in self.fields else None
        return None

    def _sentence(self, violation: Violation, field: str | None) -> str:
        if field != "spec":
            return str(violation) if field is None else violation.description
        line = line_of(self.data.get(self.add_prefix("spec"), ""), violation.path.removeprefix("spec"))
        return f"line {line}: {violation}" if line else str(violation)


def _texts(values: dict[Any, Any]) -> dict[str, str]:
    """YAML reads `1` and `true` as such; labels and annotations are text."""
    return {_text(key): _text(value) for key, value in values.items()}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def sentences(error: StigmerError) -> str:
    """What is wrong and what helps, as prose."""
    text = error.message[:1].upper() + error.message[1:]
    return f"{text}. {error.hint}." if error.hint else f"{text}."
