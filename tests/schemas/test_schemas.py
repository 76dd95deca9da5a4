"""What manifests may hold, as it is explained and as editors are told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from apps.backends.kinds import KINDS, Kind
from apps.schemas.examples import TASKS
from apps.schemas.fields import Field, NoSuchField, fields_below, find, root_of
from apps.schemas.json_schema import schema_of
from apps.schemas.task_configs import CONFIGS
from apps.workflows.definition import InvalidDefinition
from apps.workflows.parsing import parse_definition
from cli import schemas
from cli.project.project_file import KEYS
from cli.project.schema import PROJECT
from tests.resources.kinds.test_workflow import GOOD

ROOT = Path(__file__).parents[2]
DECLARED = [kind for kind in KINDS if kind.is_declared]
TASK: dict[str, Any] = {
    "name": "fetch",
    "kind": "HTTP_CALL",
    "task_config": {"method": "GET", "endpoint": {"uri": "http://a"}},
}


def validator(schema: dict[str, Any]) -> jsonschema.Draft202012Validator:
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def of(kind: Kind) -> jsonschema.Draft202012Validator:
    return validator(schema_of(kind.message_class().DESCRIPTOR))


def manifests() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every manifest of the READMEs of kinds, and of the examples."""
    for file in [*ROOT.glob("apps/resources/kinds/*/README.md"), *ROOT.glob("examples/**/*.yaml")]:
        text = file.read_text(encoding="utf-8")
        blocks = re.findall(r"^```yaml\n(.*?)^```", text, re.MULTILINE | re.DOTALL) if file.suffix == ".md" else [text]
        for block in blocks:
            for document in yaml.safe_load_all(block):
                if isinstance(document, dict) and {"kind", "metadata"} <= document.keys():
                    yield str(file.relative_to(ROOT)), document


def workflow(task: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "agentic.stigmer.ai/v1",
        "kind": "Workflow",
        "metadata": {"name": "w"},
        "spec": {"document": {"dsl": "1.0.0", "namespace": "n", "name": "w", "version": "1.0.0"}, "tasks": [task]},
    }


WORKFLOW = next(kind for kind in KINDS if kind.name == "Workflow")
ROOT_OF_WORKFLOW = root_of("workflow", WORKFLOW.message_class().DESCRIPTOR)


@pytest.mark.parametrize(("file", "manifest"), [pytest.param(*found, id=found[0]) for found in manifests()])
def test_what_can_be_applied_is_right_for_an_editor(file: str, manifest: dict[str, Any]) -> None:
    kind = next(kind for kind in KINDS if kind.name == manifest["kind"])
    assert [error.message for error in of(kind).iter_errors(manifest)] == [], file


@pytest.mark.parametrize("kind", DECLARED, ids=[kind.name for kind in DECLARED])
def test_a_key_that_does_not_exist_is_wrong(kind: Kind) -> None:
    manifest = {"apiVersion": "x", "kind": kind.name, "metadata": {"name": "n", "nmae": "typo"}, "spec": {}}
    assert any("nmae" in error.message for error in of(kind).iter_errors(manifest))


def test_both_casings_of_a_key_and_both_names_of_a_kind_of_task_are_right() -> None:
    whole = {"name": "fetch", "kind": "WORKFLOW_TASK_KIND_HTTP_CALL", "taskConfig": TASK["task_config"]}
    assert list(of(WORKFLOW).iter_errors(workflow(TASK))) == []
    assert list(of(WORKFLOW).iter_errors(workflow(whole))) == []


@pytest.mark.parametrize(
    "config",
    [{"methd": "GET"}, {"method": "FETCH"}, {"timeout_seconds": 301}, {"headers": {"a": 1}}, {"endpoint": "http://a"}],
)
def test_the_config_of_a_task_is_checked_by_its_kind(config: dict[str, Any]) -> None:
    assert list(of(WORKFLOW).iter_errors(workflow({**TASK, "task_config": {**TASK["task_config"], **config}})))


def test_files_of_our_own_have_schemas() -> None:
    project = validator(schemas.of_project())
    assert set(PROJECT) == set(KEYS)
    assert project.is_valid({"name": "a", "runtime": "python"})
    assert not project.is_valid({"name": "a", "runtime": "perl"})
    config = validator(schemas.of_config())
    assert config.is_valid({"backend": {"type": "local", "local": {"temporal": {"port": 7233}}}})
    assert not config.is_valid({"backend": {"local": {"temporal": {"prot": 7233}}}})


def every_field(field: Field, seen: frozenset[str] = frozenset()) -> Iterator[Field]:
    for each in fields_below(field):
        yield each
        name = each.holds.full_name if each.holds is not None else ""
        if name and name not in seen:
            yield from every_field(each, seen | {name})


@pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
def test_every_field_has_a_meaning(kind: Kind) -> None:
    root = root_of(kind.singular, kind.message_class().DESCRIPTOR)
    assert root.meaning
    assert [field.path for field in every_field(root) if not field.meaning] == []


def test_a_field_is_found_in_either_casing_and_below_each_kind_of_task() -> None:
    found = find(ROOT_OF_WORKFLOW, "tasks.http_call.timeoutSeconds")
    assert (found.path, found.type) == ("workflow.tasks.http_call.timeout_seconds", "integer")
    assert set(found.rules) == {"at least 1", "at most 300"}
    assert find(ROOT_OF_WORKFLOW, "tasks.http_call.endpoint.uri").is_required
    assert {kind.lower() for kind in CONFIGS} <= {each.name for each in fields_below(find(ROOT_OF_WORKFLOW, "tasks"))}
    with pytest.raises(NoSuchField) as caught:
        find(ROOT_OF_WORKFLOW, "tasks.http_cal")
    assert "http_call" in caught.value.known


@pytest.mark.parametrize("kind", CONFIGS)
def test_what_the_engine_takes_is_right_for_an_editor_and_nothing_more_is_explained(kind: str) -> None:
    """The engine says itself which fields it knows."""
    parse_definition({"tasks": [{"name": "t", "kind": kind, "task_config": TASKS[kind]}]})
    for config in [*GOOD[kind], TASKS[kind]]:
        of(WORKFLOW).validate(workflow({"name": "t", "kind": kind, "task_config": config}))
    refusable: list[tuple[Any, dict[str, Any]]] = [(CONFIGS[kind], {"surprise": 1})]
    if kind == "TRY":
        refusable.append((CONFIGS[kind].fields_by_name["catch"].message_type, {"catch": {"surprise": 1}}))
    for message, config in refusable:
        with pytest.raises(InvalidDefinition) as refused:
            parse_definition({"tasks": [{"name": "t", "kind": kind, "task_config": config}]})
        [said] = [each.message for each in refused.value.problems if each.path.endswith("surprise")]
        known = {each.name for each in fields_below(Field("task", "object", "", (), message))}
        assert {*said.partition("known are ")[2].split(", ")} == known
