"""The form in which everybody is shown a manifest."""

from __future__ import annotations

from typing import Any

from stigmer_proto.agentic.workflow.v1 import api_pb2
from stigmer_proto.commons.apiresource.enum_pb2 import ApiResourceOwnerScope

from apps.schemas.manifest_form import as_yaml, manifest_of

HEADERS: dict[str, Any] = {"camelCase": "is the author's", "WORKFLOW_TASK_KIND_SET": "is text"}


def workflow() -> api_pb2.Workflow:
    found = api_pb2.Workflow(api_version="agentic.stigmer.ai/v1", kind="Workflow")
    found.metadata.id, found.metadata.name, found.metadata.org = "wfl-1", "load", "local"
    found.metadata.annotations.update({"stigmer.ai/sdk.generated-at": "1796073349", "team": "web"})
    found.metadata.owner_scope = ApiResourceOwnerScope.organization
    outer = found.spec.tasks.add(name="each", kind="WORKFLOW_TASK_KIND_FOR")
    inner: dict[str, Any] = {
        "name": "ask",
        "kind": "WORKFLOW_TASK_KIND_HTTP_CALL",
        "taskConfig": {"method": "GET", "timeoutSeconds": 5, "headers": HEADERS},
    }
    outer.task_config.update({"in": "${ .rows }", "do": [inner]})
    return found


def test_names_are_snake_case_at_every_depth_and_what_an_author_named_stays() -> None:
    assert manifest_of(workflow()) == {
        "apiVersion": "agentic.stigmer.ai/v1",
        "kind": "Workflow",
        "metadata": {"name": "load", "annotations": {"team": "web"}},
        "spec": {
            "tasks": [
                {
                    "name": "each",
                    "kind": "FOR",
                    "task_config": {
                        "in": "${ .rows }",
                        "do": [
                            {
                                "name": "ask",
                                "kind": "HTTP_CALL",
                                "task_config": {"method": "GET", "timeout_seconds": 5, "headers": HEADERS},
                            }
                        ],
                    },
                }
            ]
        },
    }


def test_it_begins_as_every_manifest_does_and_numbers_are_whole() -> None:
    text = as_yaml(manifest_of(workflow()))
    assert text.startswith("apiVersion: agentic.stigmer.ai/v1\nkind: Workflow\nmetadata:\n  name: load\n")
    assert "timeout_seconds: 5\n" in text
