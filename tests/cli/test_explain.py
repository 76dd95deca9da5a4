"""What fields mean, for people and for editors."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from apps.backends.kinds import BY_NOUN
from apps.schemas.examples import SPECS, example_of, manifests
from apps.schemas.fields import fields_below, root_of
from apps.schemas.manifest_form import as_yaml

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.daemon import Installation


def test_a_field_is_explained_without_a_server(fresh_installation: Installation) -> None:
    done = fresh_installation.run("explain", "workflow.tasks.http_call.endpoint")
    assert done.code == 0, done.stderr
    assert done.stdout.startswith("workflow.tasks.http_call.endpoint  object\n\nWhere to send the request")
    assert "Rules: required" in done.stdout
    assert "Example:\n  endpoint:\n    uri: https://api.example.com/orders/7\n" in done.stdout
    assert "uri    string  Absolute http or https address" in done.stdout
    below = fresh_installation.run("explain", "agents", "-o", "name").stdout.split()
    assert "agent.instructions" in below
    assert fresh_installation.run("explain", "wf.tasks", "-o", "json").json()["type"] == "list of objects"
    assert not (fresh_installation.home / "data").exists()


@pytest.mark.parametrize("noun", SPECS)
def test_every_field_of_what_is_declared_has_an_example(noun: str) -> None:
    """But those of a reference that hardly anybody writes."""
    kind = BY_NOUN[noun]
    fields = [*fields_below(root_of(noun, kind.message_class().DESCRIPTOR))]
    left = []
    while fields:
        field = fields.pop()
        if not field.type.startswith("task_config of") and field.name not in ("scope", "org", "version", "tag"):
            left += [field.path] if example_of(field.path) is None else []
            fields += fields_below(field)
    assert left == []


def test_the_examples_deploy_as_they_stand(installation: Installation, tmp_path: Path) -> None:
    file = tmp_path / "all.yaml"
    file.write_text("---\n".join(map(as_yaml, manifests())))
    done = installation.run("apply", "--dry-run", "-f", str(file))
    assert done.code == 0, done.stderr
    assert done.stdout.count("Create") == len(manifests())
    told = installation.run("explain", "agent").stdout
    assert "Example:\n  apiVersion: agentic.stigmer.ai/v1\n  kind: Agent\n" in told
    part = installation.run("explain", "agent.mcp_servers.http.headers", "-o", "json").json()
    assert part["example"] == {"Authorization": "Bearer ${TICKETS_TOKEN}"}


def test_a_field_that_does_not_exist_has_a_neighbour(fresh_installation: Installation) -> None:
    done = fresh_installation.run("explain", "workflow.taks")
    assert done.code == 4
    assert done.stderr == "error: workflow has no field 'taks'\n\nhint: stigmer explain workflow.tasks\n"
    assert fresh_installation.run("explain", "cat").code == 2


def test_schemas_are_printed_as_json(fresh_installation: Installation) -> None:
    for name, title in (("agent", "Agent"), ("project", "Stigmer.yaml"), ("config", "config.yaml")):
        assert json.loads(fresh_installation.run("schema", name).stdout)["title"] == title
