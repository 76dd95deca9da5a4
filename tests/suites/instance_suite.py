"""What the kinds promise whose resources belong to a parent: AgentInstance and WorkflowInstance."""

from __future__ import annotations

import copy
from typing import ClassVar

import grpc
import pytest

from apps.resources.json_value import Json
from apps.resources.registry import BY_NAME
from tests.suites.asking import copied, refusal
from tests.suites.client import Api, Envelope, KindApi, unique
from tests.suites.ordinary_suite import OrdinarySuite


class InstanceSuite(OrdinarySuite):
    parent_field: ClassVar[str]
    siblings_rpc: ClassVar[str]
    siblings_field: ClassVar[str]

    def make_parent(self, api: Api, **metadata: Json) -> Envelope:
        raise TypeError(f"{type(self).__name__} does not say what its parent is: {api} {metadata}")

    def prepare(self, api: Api, envelope: Envelope) -> None:
        self.make_parent(api, id=getattr(envelope.spec, self.parent_field))

    def spec(self, api: Api) -> dict[str, Json]:
        return {**copy.deepcopy(self.good_spec), self.parent_field: self.make_parent(api).metadata.id}

    def test_the_organization_is_the_scope_unless_told(self, kinds: KindApi) -> None:
        made = kinds.create(self.envelope(kinds, owner_scope="api_resource_owner_scope_unspecified"))
        assert (made.metadata.owner_scope, made.metadata.org) == (2, "local")

    @pytest.mark.parametrize("verb", ["create", "apply"])
    def test_a_parent_that_does_not_exist_is_named_by_its_path(self, kinds: KindApi, verb: str) -> None:
        spec = {**self.good_spec, self.parent_field: "agt-01arz3ndektsv4rrffq69g5fav"}
        refused = refusal(kinds, verb, kinds.envelope(spec, name=unique("orphan")))
        assert (refused.code, set(refused.violations)) == (
            grpc.StatusCode.INVALID_ARGUMENT,
            {f"spec.{self.parent_field}"},
        )

    @pytest.mark.parametrize("verb", ["create", "apply"])
    def test_a_parent_may_be_named_by_its_slug(self, kinds: KindApi, verb: str) -> None:
        parent = self.make_parent(kinds.api)
        spec = {**self.good_spec, self.parent_field: parent.metadata.slug}
        made = kinds.command(verb, kinds.envelope(spec, name=unique("named")))
        assert getattr(made.spec, self.parent_field) == parent.metadata.id
        assert made in self.siblings(kinds, parent.metadata.id)
        assert kinds.apply(kinds.envelope(spec, name=made.metadata.name)) == made, "the slug counts as a change"

    def test_it_may_move_to_a_parent_named_by_its_slug(self, kinds: KindApi, stored: Envelope) -> None:
        other, wanted = self.make_parent(kinds.api), copied(stored)
        setattr(wanted.spec, self.parent_field, other.metadata.slug)
        assert getattr(kinds.update(wanted).spec, self.parent_field) == other.metadata.id

    def test_a_slug_that_names_no_parent_says_what_was_looked_for_and_where(self, kinds: KindApi) -> None:
        spec = {**self.good_spec, self.parent_field: "nobody"}
        refused = refusal(kinds, "create", kinds.envelope(spec, name=unique("orphan")))
        parent = BY_NAME[self.kind].parent.kind  # type: ignore[union-attr]  # instances have parents
        assert refused.violations == {
            f"spec.{self.parent_field}": f"there is no {parent} 'nobody' in organization 'local' or on the platform"
        }

    def test_a_parent_is_required(self, kinds: KindApi) -> None:
        refused = refusal(kinds, "create", kinds.envelope(None, name=unique("orphan")))
        assert (refused.code, set(refused.violations)) == (
            grpc.StatusCode.INVALID_ARGUMENT,
            {f"spec.{self.parent_field}"},
        )

    def test_it_may_move_to_another_parent(self, kinds: KindApi, stored: Envelope) -> None:
        other = self.make_parent(kinds.api)
        wanted = copied(stored)
        setattr(wanted.spec, self.parent_field, other.metadata.id)
        moved = kinds.update(wanted)
        assert getattr(moved.spec, self.parent_field) == other.metadata.id
        assert moved in self.siblings(kinds, other.metadata.id)
        assert moved.metadata.id not in {
            each.metadata.id for each in self.siblings(kinds, getattr(stored.spec, self.parent_field))
        }

    def test_a_default_instance_that_moves_is_the_default_of_nobody(self, kinds: KindApi) -> None:
        parents = kinds.api.of(BY_NAME[self.kind].parent.kind)  # type: ignore[union-attr]  # instances have parents
        before, after = self.make_parent(kinds.api), self.make_parent(kinds.api)
        wanted = kinds.get(before.status.default_instance_id)
        setattr(wanted.spec, self.parent_field, after.metadata.id)
        kinds.update(wanted)
        assert parents.get(before.metadata.id).status.default_instance_id == ""
        assert parents.get(after.metadata.id) == after

    def test_the_instances_of_a_parent_are_listed_newest_first(self, kinds: KindApi) -> None:
        parent = self.make_parent(kinds.api)
        spec = {self.parent_field: parent.metadata.id}
        made = [kinds.create(kinds.envelope(spec, name=unique("made"))) for _ in range(3)]
        default = kinds.get(parent.status.default_instance_id)
        assert self.siblings(kinds, parent.metadata.id) == [*reversed(made), default]

    def test_pages_of_a_list_are_checked(self, kinds: KindApi, stored: Envelope) -> None:
        parent_id = getattr(stored.spec, self.parent_field)
        assert len(self.siblings(kinds, parent_id, size=1)) == 1
        assert self.siblings(kinds, parent_id, num=9) == []
        for page in ({"size": 101}, {"size": -1}, {"num": -1}):
            refused = refusal(kinds, self.siblings_rpc, self.siblings_request(kinds, parent_id, **page))
            (field,) = page
            assert (refused.code, set(refused.violations)) == (grpc.StatusCode.INVALID_ARGUMENT, {f"page_info.{field}"})

    def test_the_list_of_an_unknown_parent_is_not_found(self, kinds: KindApi) -> None:
        refused = refusal(kinds, self.siblings_rpc, self.siblings_request(kinds, "agt-01arz3ndektsv4rrffq69g5fav"))
        assert refused.code is grpc.StatusCode.NOT_FOUND
        nameless = refusal(kinds, self.siblings_rpc, self.siblings_request(kinds, ""))
        assert (nameless.code, set(nameless.violations)) == (grpc.StatusCode.INVALID_ARGUMENT, {self.parent_field})

    def siblings(self, kinds: KindApi, parent_id: str, **page: Json) -> list[Envelope]:
        answer = kinds.query(self.siblings_rpc, self.siblings_request(kinds, parent_id, **page))
        return list(getattr(answer, self.siblings_field))

    def siblings_request(self, kinds: KindApi, parent_id: str, **page: Json) -> Envelope:
        return kinds.request("Query", self.siblings_rpc, **{self.parent_field: parent_id, "page_info": page})
