"""What fields mean, for people and for editors."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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


def test_a_field_that_does_not_exist_has_a_neighbour(fresh_installation: Installation) -> None:
    done = fresh_installation.run("explain", "workflow.taks")
    assert done.code == 4
    assert done.stderr == "error: workflow has no field 'taks'\n\nhint: stigmer explain workflow.tasks\n"
    assert fresh_installation.run("explain", "cat").code == 2


def test_schemas_are_printed_as_json(fresh_installation: Installation) -> None:
    for name, title in (("agent", "Agent"), ("project", "Stigmer.yaml"), ("config", "config.yaml")):
        assert json.loads(fresh_installation.run("schema", name).stdout)["title"] == title
