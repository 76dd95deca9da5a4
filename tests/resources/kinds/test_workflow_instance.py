"""Workflow instances: what every kind promises, their workflow, their environments."""

from __future__ import annotations

import grpc

from apps.resources.json_value import Json
from tests.factories import make_environment, make_workflow
from tests.suites.asking import refusal
from tests.suites.client import Api, Envelope, KindApi, unique
from tests.suites.instance_suite import InstanceSuite


class TestWorkflowInstance(InstanceSuite):
    kind = "WorkflowInstance"
    good_spec = {"description": "Nightly, on the European data."}
    bad_specs = {"spec.workflow_id": {"workflow_id": ""}}
    parent_field = "workflow_id"
    siblings_rpc, siblings_field = "getByWorkflow", "entries"

    def make_parent(self, api: Api, **metadata: Json) -> Envelope:
        return make_workflow(api, **metadata)

    def test_it_is_in_the_organization_of_its_workflow(self, api: Api, kinds: KindApi) -> None:
        shared = make_workflow(api, owner_scope="platform")
        spec = {"workflow_id": shared.metadata.id}
        refused = refusal(kinds, "create", kinds.envelope(spec, name=unique("made")))
        assert refused.code is grpc.StatusCode.INVALID_ARGUMENT
        assert set(refused.violations) == {"spec.workflow_id"}
        assert kinds.create(kinds.envelope(spec, name=unique("made"), owner_scope="platform"))

    def test_environments_are_referred_to(self, kinds: KindApi) -> None:
        slug = make_environment(kinds.api).metadata.slug
        spec = {**self.spec(kinds.api), "env_refs": [{"slug": slug, "kind": "environment"}, {"slug": slug}]}
        made = kinds.create(kinds.envelope(spec, name=unique("made")))
        assert [reference.slug for reference in made.spec.env_refs] == [slug, slug]
        for wrong in ({"slug": "no-such-thing"}, {"slug": slug, "kind": "agent"}):
            bad = {**spec, "env_refs": [*spec["env_refs"], wrong]}
            refused = refusal(kinds, "create", kinds.envelope(bad, name=unique("made")))
            assert set(refused.violations) == {"spec.env_refs[2]"}

    def test_the_list_of_a_workflow_says_how_many_pages_there_are(self, api: Api, kinds: KindApi) -> None:
        workflow = make_workflow(api)
        for _ in range(4):
            kinds.create(kinds.envelope({"workflow_id": workflow.metadata.id}, name=unique("made")))
        request = kinds.request("Query", "getByWorkflow", workflow_id=workflow.metadata.id, page_info={"size": 2})
        found = kinds.query("getByWorkflow", request)
        assert (found.total_pages, len(found.entries)) == (3, 2)
