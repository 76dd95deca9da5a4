"""Sessions: what every kind promises, their agent, their lists."""

from __future__ import annotations

from typing import Any

import grpc
import pytest
from stigmer_proto.agentic.session.v1 import io_pb2

from apps.resources.json_value import Json
from tests.factories import make_agent
from tests.suites.asking import refusal
from tests.suites.client import Api, Envelope, KindApi, unique
from tests.suites.ordinary_suite import OrdinarySuite

NEXT_PAGE = "stigmer-next-page-token"


class TestSession(OrdinarySuite):
    kind = "Session"
    good_spec = {"subject": "Where is my order?", "metadata": {"channel": "mail"}}
    bad_specs = {"spec.agent_instance_id": {"agent_instance_id": ""}}
    text_field = "subject"
    has_references = False

    def spec(self, api: Api) -> dict[str, Json]:
        return {**self.good_spec, "agent_instance_id": make_agent(api).status.default_instance_id}

    def prepare(self, api: Api, envelope: Envelope) -> None:
        agent, instances = make_agent(api), api.of("AgentInstance")
        spec = {"agent_id": agent.metadata.id}
        instances.create(instances.envelope(spec, name=unique("named"), id=envelope.spec.agent_instance_id))

    def test_an_instance_that_does_not_exist_is_named_by_its_path(self, kinds: KindApi) -> None:
        spec = {**self.good_spec, "agent_instance_id": "ain-01arz3ndektsv4rrffq69g5fav"}
        for wanted in (spec, None):
            refused = refusal(kinds, "create", kinds.envelope(wanted, name=unique("orphan")))
            assert set(refused.violations) == {"spec.agent_instance_id"}

    def test_an_instance_may_be_named_by_its_slug(self, api: Api, kinds: KindApi) -> None:
        agent = make_agent(api)
        spec = {**self.good_spec, "agent_instance_id": f"{agent.metadata.slug}-default"}
        made = kinds.create(kinds.envelope(spec, name=unique("session")))
        assert made.spec.agent_instance_id == agent.status.default_instance_id

    def test_it_goes_with_its_agent(self, api: Api, kinds: KindApi, stored: Envelope) -> None:
        instance = api.of("AgentInstance").get(stored.spec.agent_instance_id)
        api.of("Agent").delete(instance.spec.agent_id)
        gone = kinds.request("Query", "get", value=stored.metadata.id)
        assert refusal(kinds, "get", gone).code is grpc.StatusCode.NOT_FOUND

    def test_the_sessions_of_an_agent_are_listed_by_its_id_or_an_instances(self, api: Api, kinds: KindApi) -> None:
        agent = make_agent(api)
        spec = {"agent_instance_id": agent.status.default_instance_id}
        made = [kinds.create(kinds.envelope(spec, name=unique("session"))) for _ in range(3)]
        for wanted in (agent.metadata.id, agent.status.default_instance_id):
            assert pages(kinds, "listByAgent", agent_id=wanted, page_size=2) == [made[:0:-1], made[:1]]
        assert pages(kinds, "listByAgent", agent_id="agt-nothing") == [[]]

    def test_tags_narrow_the_list(self, kinds: KindApi) -> None:
        one, other = unique("tag"), unique("tag")
        both = kinds.create(self.envelope(kinds, tags=[one, other]))
        single = kinds.create(self.envelope(kinds, tags=[one]))
        assert pages(kinds, "list", tags=[one]) == [[single, both]]
        assert pages(kinds, "list", tags=[one, other]) == [[both]]

    @pytest.mark.parametrize("fields", [{"page_size": 101}, {"page_size": -1}, {"page_token": "forged"}])
    def test_bad_pages_are_invalid(self, kinds: KindApi, fields: dict[str, Json]) -> None:
        assert refusal(kinds, "list", kinds.request("Query", "list", **fields)).code is grpc.StatusCode.INVALID_ARGUMENT


def pages(kinds: KindApi, verb: str, **fields: Json) -> list[list[Any]]:  # Any: Session messages
    """Every page of a list; the token of the next one is in the trailing metadata."""
    found: list[list[Any]] = []
    token = ""
    while True:
        request = kinds.request("Query", verb, page_token=token, **fields)
        call = kinds.api.start(f"{kinds.kind.package}.SessionQueryController.{verb}", request)
        answer: io_pb2.SessionList = call.result()
        found.append(list(answer.entries))
        token = dict(call.trailing_metadata()).get(NEXT_PAGE, "")
        if not token:
            assert answer.total_pages == len([page for page in found if page])
            return found
