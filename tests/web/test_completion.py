"""What the editor is told of what can stand in a spec."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client

from apps.resources.admin.links import list_url
from apps.resources.kind import Kind
from apps.resources.registry import BY_NAME, KINDS
from tests.support.databases import both_databases
from tests.web.conftest import HOST
from tests.web.stored import store

pytestmark = both_databases


def told(client: Client, kind: Kind) -> Any:  # Any: JSON
    return json.loads(client.get(f"{list_url(kind)}completion/").content)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_kind_that_is_edited_has_a_schema_of_its_spec(client: Client, kind: Kind) -> None:
    import stigmer_site.urls  # noqa: F401  # it registers them

    if not admin.site.get_model_admin(kind.model).has_change_permission(client.get("/").wsgi_request):
        return
    schema = told(client, kind)["schema"]
    for name in {part.split('"')[0] for part in json.dumps(schema).split("#/$defs/")[1:]}:
        assert name in schema["$defs"]


def test_slugs_are_told_where_references_stand(client: Client) -> None:
    store("Environment", "eu-keys")
    store("Agent", "order-helper")
    refers = {each["path"]: each for each in told(client, BY_NAME["AgentInstance"])["refers"]}
    assert refers["environment_refs.[].slug"]["names"] == ["eu-keys"]
    assert refers["agent_id"] == {"path": "agent_id", "kind": "agent", "names": ["order-helper"]}
    assert told(client, BY_NAME["Workflow"])["refers"][0]["names"] == ["order-helper"]
    assert Client(headers={"Host": HOST}).get("/resources/agent/completion/").status_code == 302
