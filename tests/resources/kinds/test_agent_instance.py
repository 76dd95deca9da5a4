"""Agent instances: what every kind promises, their agent, their environments."""

from __future__ import annotations

import grpc
import pytest

from apps.resources.json_value import Json
from tests.factories import make_agent, make_environment
from tests.suites.asking import refusal
from tests.suites.client import Api, Envelope, KindApi, unique
from tests.suites.instance_suite import InstanceSuite


class TestAgentInstance(InstanceSuite):
    kind = "AgentInstance"
    good_spec = {"description": "For the shop in Europe."}
    bad_specs = {
        "spec.agent_id": {"agent_id": ""},
        "spec.environment_refs[0]": {"environment_refs": [{"slug": "prod", "kind": "skill"}]},
    }
    parent_field = "agent_id"
    siblings_rpc, siblings_field = "getByAgent", "items"

    def make_parent(self, api: Api, **metadata: Json) -> Envelope:
        return make_agent(api, **metadata)

    @pytest.mark.parametrize("kind", [0, 52, 53])
    def test_environments_need_only_a_slug_and_may_be_called_by_either_number(self, kinds: KindApi, kind: int) -> None:
        slug = make_environment(kinds.api).metadata.slug
        spec = {**self.spec(kinds.api), "environment_refs": [{"slug": slug, "kind": kind}]}
        made = kinds.create(kinds.envelope(spec, name=unique("made")))
        assert made.spec.environment_refs[0].kind == kind

    def test_a_reference_to_anything_else_says_where_it_is(self, kinds: KindApi) -> None:
        slug = make_environment(kinds.api).metadata.slug
        references: list[dict[str, Json]] = [{"slug": slug, "kind": 53}, {"slug": slug, "kind": 40}]
        spec = {**self.spec(kinds.api), "environment_refs": references}
        refused = refusal(kinds, "create", kinds.envelope(spec, name=unique("made")))
        assert refused.code is grpc.StatusCode.INVALID_ARGUMENT
        assert set(refused.violations) == {"spec.environment_refs[1]"}

    def test_the_list_of_an_agent_counts_all_and_shows_a_page(self, api: Api, kinds: KindApi) -> None:
        agent = make_agent(api)
        for _ in range(4):
            kinds.create(kinds.envelope({"agent_id": agent.metadata.id}, name=unique("made")))
        found = kinds.query(
            "getByAgent",
            kinds.request("Query", "getByAgent", agent_id=agent.metadata.id, page_info={"num": 2, "size": 2}),
        )
        assert (found.total_count, len(found.items)) == (5, 2)
