"""Environments: what every kind promises, and values that may be secret."""

from __future__ import annotations

import grpc
import pytest

from tests.suites.asking import refusal
from tests.suites.client import Api, KindApi, Refused, unique
from tests.suites.ordinary_suite import OrdinarySuite

MASK = "********"


class TestEnvironment(OrdinarySuite):
    kind = "Environment"
    good_spec = {"description": "Production", "data": {"REGION": {"value": "eu", "description": "Where it runs."}}}
    bad_specs = {}

    def test_it_belongs_to_an_organization_unless_told(self, kinds: KindApi) -> None:
        made = kinds.create(self.envelope(kinds, owner_scope="api_resource_owner_scope_unspecified"))
        assert (made.metadata.owner_scope, made.metadata.org) == (2, "local")

    def test_it_does_not_belong_to_the_platform(self, kinds: KindApi) -> None:
        refused = refusal(kinds, "create", self.envelope(kinds, owner_scope="platform"))
        assert (refused.code, set(refused.violations)) == (grpc.StatusCode.INVALID_ARGUMENT, {"metadata"})

    def test_secret_values_are_masked_and_kept_by_the_mask(self, kinds: KindApi) -> None:
        data = {"TOKEN": {"value": "hunter2", "is_secret": True}, "REGION": {"value": "eu"}}
        wanted = kinds.envelope({"data": data}, name=unique("environment"))
        made = kinds.create(wanted)
        assert {name: value.value for name, value in made.spec.data.items()} == {"TOKEN": MASK, "REGION": "eu"}
        assert kinds.apply(wanted) == made
        wanted.spec.data["TOKEN"].value = MASK
        assert kinds.apply(wanted) == made
        wanted.spec.data["TOKEN"].value = "hunter3"
        assert kinds.apply(wanted).metadata.version.id != made.metadata.version.id

    def test_an_instance_names_it_and_is_told_when_it_is_not_there(self, api: Api, kinds: KindApi) -> None:
        made = kinds.create(self.envelope(kinds))
        agents, instances = api.of("Agent"), api.of("AgentInstance")
        agent = agents.create(agents.envelope({"instructions": "Be helpful, please."}, name=unique("agent")))
        reference = {"slug": made.metadata.slug, "kind": "environment"}
        spec = {"agent_id": agent.metadata.id, "environment_refs": [reference]}
        assert instances.create(instances.envelope(spec, name=unique("instance")))
        kinds.delete(made.metadata.id)
        with pytest.raises(Refused) as caught:
            instances.create(instances.envelope(spec, name=unique("instance")))
        assert set(caught.value.violations) == {"spec.environment_refs[0]"}
