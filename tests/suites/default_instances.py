"""What the kinds promise whose resources have a default instance: Agent and Workflow."""

from __future__ import annotations

from typing import ClassVar

import grpc
import pytest

from tests.suites.asking import copied, refusal
from tests.suites.changeable_suite import ChangeableSuite
from tests.suites.client import Envelope, KindApi, Refused, unique


class DefaultInstanceSuite(ChangeableSuite):
    instance_kind: ClassVar[str]
    parent_field: ClassVar[str]

    @pytest.fixture
    def instances(self, kinds: KindApi) -> KindApi:
        return kinds.api.of(self.instance_kind)

    @pytest.mark.parametrize("scope", ["organization", "platform"])
    @pytest.mark.parametrize("verb", ["create", "apply"])
    def test_a_default_instance_is_made_with_it(
        self, kinds: KindApi, instances: KindApi, verb: str, scope: str
    ) -> None:
        made = kinds.command(verb, self.envelope(kinds, owner_scope=scope))
        instance = instances.get(made.status.default_instance_id)
        assert instance.metadata.slug == f"{made.metadata.slug}-default"
        assert (instance.metadata.org, instance.metadata.owner_scope) == (
            made.metadata.org,
            made.metadata.owner_scope,
        )
        assert getattr(instance.spec, self.parent_field) == made.metadata.id
        assert instance.status.audit.spec_audit.created_by.id == "local"
        assert instances.find(instance.metadata.slug) == instance

    def test_updates_keep_the_default_instance(self, kinds: KindApi, stored: Envelope) -> None:
        wanted = copied(stored)
        wanted.spec.description = "changed"
        wanted.status.Clear()
        assert kinds.update(wanted).status.default_instance_id == stored.status.default_instance_id

    def test_a_missing_default_instance_is_made_again_by_the_next_apply(
        self, kinds: KindApi, instances: KindApi, stored: Envelope
    ) -> None:
        instances.delete(stored.status.default_instance_id)
        assert kinds.get(stored.metadata.id).status.default_instance_id == ""
        after = kinds.apply(without_version(stored))
        assert after.status.default_instance_id not in {"", stored.status.default_instance_id}
        assert getattr(instances.get(after.status.default_instance_id).spec, self.parent_field) == stored.metadata.id
        assert kinds.get(stored.metadata.id) == after

    def test_an_instance_of_that_name_is_adopted(self, kinds: KindApi, instances: KindApi, stored: Envelope) -> None:
        instances.delete(stored.status.default_instance_id)
        spec = {self.parent_field: stored.metadata.id, "description": "made by hand"}
        own = instances.create(instances.envelope(spec, name=f"{stored.metadata.slug}-default"))
        after = kinds.apply(without_version(stored))
        assert after.status.default_instance_id == own.metadata.id
        assert instances.get(own.metadata.id) == own

    def test_an_instance_of_another_parent_is_never_taken_over(
        self, kinds: KindApi, instances: KindApi, stored: Envelope
    ) -> None:
        name = unique("wanted")
        foreign = instances.create(instances.envelope({self.parent_field: stored.metadata.id}, name=f"{name}-default"))
        refused = refusal(kinds, "create", self.envelope(kinds, name=name))
        assert refused.code is grpc.StatusCode.ALREADY_EXISTS
        assert foreign.metadata.id in refused.message
        with pytest.raises(Refused):
            kinds.find(name)

    def test_a_missing_default_instance_is_not_replaced_by_that_of_another(
        self, kinds: KindApi, instances: KindApi, stored: Envelope
    ) -> None:
        other = kinds.create(self.envelope(kinds))
        instances.delete(stored.status.default_instance_id)
        foreign = instances.create(
            instances.envelope({self.parent_field: other.metadata.id}, name=f"{stored.metadata.slug}-default")
        )
        refused = refusal(kinds, "apply", without_version(stored))
        assert refused.code is grpc.StatusCode.ALREADY_EXISTS
        assert foreign.metadata.id in refused.message
        assert kinds.get(stored.metadata.id).status.default_instance_id == ""

    def test_the_default_instance_of_the_longest_name_can_be_applied_again(
        self, kinds: KindApi, instances: KindApi
    ) -> None:
        made = kinds.create(self.envelope(kinds, name=unique("x").ljust(63, "y")))
        instance = instances.get(made.status.default_instance_id)
        assert instance.metadata.slug == f"{made.metadata.slug}-default"
        assert kinds.apply(self.envelope(kinds, name=made.metadata.name)).metadata.id == made.metadata.id

    def test_deleting_it_deletes_its_instances(self, kinds: KindApi, instances: KindApi, stored: Envelope) -> None:
        spec = {self.parent_field: stored.metadata.id}
        second = instances.create(instances.envelope(spec, name=unique("second")))
        survivor = kinds.create(self.envelope(kinds))
        kinds.delete(stored.metadata.id)
        for instance_id in (stored.status.default_instance_id, second.metadata.id):
            with pytest.raises(Refused) as caught:
                instances.get(instance_id)
            assert caught.value.code is grpc.StatusCode.NOT_FOUND
        assert instances.get(survivor.status.default_instance_id)


def without_version(envelope: Envelope) -> Envelope:
    again = copied(envelope)
    again.metadata.version.Clear()
    return again
