"""Runs of workflows: what every run promises, and the instance it belongs to."""

from __future__ import annotations

import math

import grpc

from apps.resources.json_value import Json
from tests.factories import make_workflow
from tests.suites.asking import refusal
from tests.suites.client import Api, Envelope, KindApi, unique
from tests.suites.run_suite import COMPLETED, IN_PROGRESS, RunSuite


class TestWorkflowExecution(RunSuite):
    kind = "WorkflowExecution"
    good_spec = {"trigger_message": "Review what changed."}
    bad_specs = {'spec.runtime_env["KEY"].value': {"runtime_env": {"KEY": {"value": ""}}}}
    text_field = "trigger_message"
    parent_kind, parent_field = "Workflow", "workflow_id"
    lists = {"listByWorkflow": "workflow_instance_id"}

    def make_parent(self, api: Api, **metadata: Json) -> Envelope:
        return make_workflow(api, **metadata)

    def test_a_workflow_alone_runs_by_its_default_instance(self, api: Api, kinds: KindApi) -> None:
        workflow = make_workflow(api)
        made = kinds.create(kinds.envelope({"workflow_id": workflow.metadata.id}, name=unique("run")))
        assert made.spec.workflow_instance_id == workflow.status.default_instance_id
        assert made.spec.workflow_id == workflow.metadata.id

    def test_instance_and_workflow_must_agree(self, api: Api, kinds: KindApi, stored: Envelope) -> None:
        spec = {
            "workflow_instance_id": stored.spec.workflow_instance_id,
            "workflow_id": make_workflow(api).metadata.id,
        }
        refused = refusal(kinds, "create", kinds.envelope(spec, name=unique("run")))
        assert set(refused.violations) == {"spec.workflow_id"}

    def test_the_runs_of_a_workflow_are_those_of_all_its_instances(self, api: Api, kinds: KindApi) -> None:
        workflow, instances = make_workflow(api), api.of("WorkflowInstance")
        second = instances.create(instances.envelope({"workflow_id": workflow.metadata.id}, name=unique("second")))
        ids = (workflow.status.default_instance_id, second.metadata.id)
        runs = [kinds.create(kinds.envelope({"workflow_instance_id": each}, name=unique("run"))) for each in ids]
        assert self.pages(kinds, "listByWorkflow", workflow_id=workflow.metadata.id) == [runs[::-1]]
        assert self.pages(kinds, "listByWorkflow", workflow_id=second.metadata.id) == [runs[1:]]
        unknown = kinds.request("Query", "listByWorkflow", workflow_id="wfl-nothing")
        assert refusal(kinds, "listByWorkflow", unknown).code is grpc.StatusCode.NOT_FOUND
        nameless = refusal(kinds, "listByWorkflow", kinds.request("Query", "listByWorkflow"))
        assert (nameless.code, set(nameless.violations)) == (grpc.StatusCode.INVALID_ARGUMENT, {"workflow_id"})

    def test_tasks_and_output_are_reported(self, kinds: KindApi, stored: Envelope) -> None:
        task = {"task_id": "1", "task_name": "fetch", "status": "WORKFLOW_TASK_IN_PROGRESS"}
        self.report(kinds, stored, phase=IN_PROGRESS, tasks=[task])
        done = {**task, "status": "WORKFLOW_TASK_COMPLETED", "output": {"count": 3}}
        ended = self.report(kinds, stored, phase=COMPLETED, tasks=[done], output={"total": 3})
        assert [each.output["count"] for each in ended.status.tasks] == [3]
        assert dict(ended.status.output) == {"total": 3}
        assert kinds.get(stored.metadata.id) == ended

    def test_an_output_that_json_cannot_say_is_refused(self, kinds: KindApi, stored: Envelope) -> None:
        request = self.status_request(kinds, stored, phase=IN_PROGRESS)
        request.status.output["share"] = math.nan
        refused = refusal(kinds, "updateStatus", request)
        assert (refused.code, list(refused.violations)) == (grpc.StatusCode.INVALID_ARGUMENT, ["status.output.share"])
        assert kinds.get(stored.metadata.id) == stored
