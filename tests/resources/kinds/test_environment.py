"""Environments: what every kind promises, and values that may be secret."""

from __future__ import annotations

import grpc
import pytest
from stigmer_proto.controlplane.v1 import batch_pb2

from tests.factories import delete, make_agent, make_workflow
from tests.suites.asking import refusal
from tests.suites.client import Api, Envelope, KindApi, Refused, unique, used_by
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

    def test_a_secret_that_is_only_declared_keeps_what_is_stored(self, kinds: KindApi) -> None:
        name = unique("environment")
        declared = kinds.envelope({"data": {"TOKEN": {"is_secret": True}, "REGION": {"value": "eu"}}}, name=name)
        first, second = kinds.api.batch([declared])[0], kinds.api.batch([declared])[0]
        told = [f"TOKEN has no value yet: `stigmer env set {name} TOKEN --secret`"]
        assert (list(first.warnings), list(second.warnings)) == (told, told)
        assert kinds.get(first.id).spec.data["TOKEN"].value == ""
        kinds.apply(kinds.envelope({"data": {"TOKEN": {"value": "hunter2", "is_secret": True}}}, name=name))
        third, fourth = kinds.api.batch([declared])[0], kinds.api.batch([declared])[0]
        assert (third.action, fourth.action) == (batch_pb2.APPLY_ACTION_UPDATED, batch_pb2.APPLY_ACTION_UNCHANGED)
        assert not [*third.warnings, *fourth.warnings]
        assert kinds.get(first.id).spec.data["TOKEN"].value == MASK

    def test_what_one_no_longer_declares_is_gone(self, kinds: KindApi) -> None:
        name = unique("environment")
        kinds.apply(kinds.envelope({"data": {"TOKEN": {"value": "hunter2", "is_secret": True}}}, name=name))
        kinds.apply(kinds.envelope({"data": {}}, name=name))
        [applied] = kinds.api.batch([kinds.envelope({"data": {"TOKEN": {"is_secret": True}}}, name=name)])
        assert list(applied.warnings) == [f"TOKEN has no value yet: `stigmer env set {name} TOKEN --secret`"]

    def test_an_instance_names_it_and_is_told_when_it_is_not_there(self, api: Api, kinds: KindApi) -> None:
        made = kinds.create(self.envelope(kinds))
        instances = api.of("AgentInstance")
        spec = {"agent_id": make_agent(api).metadata.slug, "environment_refs": [{"slug": made.metadata.slug}]}
        assert instances.create(instances.envelope(spec, name=unique("instance")))
        delete(api, "Environment", made.metadata.id, force=True)
        with pytest.raises(Refused) as caught:
            instances.create(instances.envelope(spec, name=unique("instance")))
        assert set(caught.value.violations) == {"spec.environment_refs[0]"}

    def test_one_that_is_used_is_deleted_by_force_only(self, api: Api, kinds: KindApi, stored: Envelope) -> None:
        slug = stored.metadata.slug
        agents, workflows = api.of("AgentInstance"), api.of("WorkflowInstance")
        agent_spec = {"agent_id": make_agent(api).metadata.slug, "environment_refs": [{"slug": slug}]}
        workflow_spec = {"workflow_id": make_workflow(api).metadata.slug, "env_refs": [{"slug": slug}] * 2}
        one = agents.create(agents.envelope(agent_spec, name=unique("one")))
        other = workflows.create(workflows.envelope(workflow_spec, name=unique("other")))
        users = [f"AgentInstance {one.metadata.slug}", f"WorkflowInstance {other.metadata.slug}"]
        assert used_by(api, stored) == users
        with pytest.raises(Refused) as caught:
            kinds.delete(stored.metadata.id)
        refused = (caught.value.code, caught.value.reason)
        assert refused == (grpc.StatusCode.FAILED_PRECONDITION, "stigmer.resource.still_used")
        assert caught.value.message == (
            f"Environment '{slug}' is used by agent-instance '{one.metadata.slug}', "
            f"workflow-instance '{other.metadata.slug}'"
        )
        one.spec.ClearField("environment_refs")
        agents.update(one)
        assert used_by(api, stored) == users[1:]
        workflows.delete(other.metadata.id)
        assert used_by(api, stored) == []
        kinds.delete(stored.metadata.id)
