"""Starting runs by name, with typed input, environments and a request id."""

from __future__ import annotations

from typing import Any

import grpc
import pytest
from google.protobuf.struct_pb2 import Struct
from stigmer_proto.controlplane.v1 import runs_pb2

from tests.factories import make_agent, make_environment, make_workflow
from tests.suites.asking import at_once
from tests.suites.client import EXTENSION, Api, Envelope, Refused, opened, unique
from tests.support.databases import both_databases

pytestmark = both_databases
SECRET = "hunter2-of-a-start"


@pytest.fixture
def api(idle_api: Api) -> Api:
    return idle_api


def start(api: Api, **wanted: Any) -> Envelope:  # Any: fields of the request
    return opened(api.call(f"{EXTENSION}.RunController.start", request(**wanted)))


def request(**wanted: Any) -> runs_pb2.StartRunRequest:  # Any: as above
    made = runs_pb2.StartRunRequest(**wanted)
    made.message = made.message or "Go on."
    return made


def refusal(api: Api, **wanted: Any) -> Refused:  # Any: as above
    with pytest.raises(Refused) as caught:
        start(api, **wanted)
    return caught.value


def struct(**values: Any) -> Struct:  # Any: whatever JSON holds
    made = Struct()
    made.update(values)
    return made


def make_instance(api: Api, kind: str, **spec: str) -> Envelope:
    instances = api.of(kind)
    return instances.create(instances.envelope(spec, name=unique("instance")))


def test_an_agent_runs_by_its_id_and_by_its_slug(api: Api) -> None:
    agent = make_agent(api).metadata
    for key in (agent.id, agent.slug):
        run = start(api, agent=key, message="Sort these.", model="scripted:answers", labels={"batch": "b1"})
        assert (run.spec.agent_id, run.spec.message, run.status.phase) == (agent.id, "Sort these.", 1)
        assert run.spec.execution_config.model_name == "scripted:answers"
        assert run.metadata.labels["batch"] == "b1"


def test_an_instance_of_an_agent_runs_in_a_new_session_and_a_session_goes_on(api: Api) -> None:
    agent = make_agent(api)
    instance = make_instance(api, "AgentInstance", agent_id=agent.metadata.id)
    first = start(api, agent_instance=instance.metadata.slug)
    session = api.of("Session").get(first.spec.session_id)
    assert session.spec.agent_instance_id == instance.metadata.id
    for named in ({}, {"agent": agent.metadata.slug}, {"agent_instance": instance.metadata.id}):
        assert start(api, session=first.spec.session_id, **named).spec.session_id == first.spec.session_id


def test_a_session_of_another_agent_or_instance_is_refused(api: Api) -> None:
    agent = make_agent(api)
    session = start(api, agent=agent.metadata.id).spec.session_id
    other = make_instance(api, "AgentInstance", agent_id=agent.metadata.id)
    assert set(refusal(api, session=session, agent_instance=other.metadata.id).violations) == {"session"}
    assert set(refusal(api, session=session, agent=make_agent(api).metadata.id).violations) == {"agent"}
    assert set(refusal(api, session=session, workflow=make_workflow(api).metadata.id).violations) == {"session"}


def test_a_workflow_and_an_instance_of_it_run_by_name(api: Api) -> None:
    workflow = make_workflow(api).metadata
    instance = make_instance(api, "WorkflowInstance", workflow_id=workflow.id).metadata
    assert start(api, workflow=workflow.slug).spec.workflow_id == workflow.id
    assert start(api, workflow_instance=instance.slug).spec.workflow_instance_id == instance.id


@pytest.mark.parametrize("field", ["agent", "agent_instance", "workflow", "workflow_instance", "session"])
def test_what_does_not_exist_is_not_found(api: Api, field: str) -> None:
    assert refusal(api, **{field: "no-such-thing"}).code is grpc.StatusCode.NOT_FOUND


def test_what_is_run_has_to_be_said(api: Api) -> None:
    assert refusal(api).code is grpc.StatusCode.INVALID_ARGUMENT


def test_input_keeps_its_types_and_reads_as_text_in_the_contract(api: Api) -> None:
    typed = struct(amount=7, share=0.5, urgent=True, none=None, who={"ids": [1, "x"]}, code="007")
    run = start(api, workflow=make_workflow(api).metadata.id, input=typed, input_texts={"day": "2026-11-23"})
    assert dict(run.spec.trigger_metadata) == {
        "amount": "7",
        "share": "0.5",
        "urgent": "true",
        "none": "null",
        "who": '{"ids": [1, "x"]}',
        "code": "007",
        "day": "2026-11-23",
    }


def test_secrets_typed_into_typed_input_are_not_stored(api: Api) -> None:
    variable = {"KEY": {"value": SECRET, "is_secret": True}, "PIN": {"value": "918273", "is_secret": True}}
    typed = struct(header={"key": SECRET}, pin=918273)
    run = start(api, workflow=make_workflow(api).metadata.id, input=typed, runtime_env=variable)
    assert SECRET not in str(run)
    assert "918273" not in str(run)
    assert dict(run.spec.trigger_metadata) == {"header": '{"key": "********"}', "pin": "********"}


def test_what_is_not_for_this_kind_of_run_is_refused(api: Api) -> None:
    agent, workflow = make_agent(api).metadata.slug, make_workflow(api).metadata.slug
    assert set(refusal(api, agent=agent, input=struct(a=1)).violations) == {"input"}
    assert set(refusal(api, agent=agent, input_texts={"a": "1"}).violations) == {"input"}
    assert set(refusal(api, workflow=workflow, model="m").violations) == {"model"}
    twice = refusal(api, workflow=workflow, input=struct(a=1), input_texts={"a": "1"})
    assert set(twice.violations) == {'input_texts["a"]'}
    empty = refusal(api, agent=agent, message="x", runtime_env={"K": {"value": ""}})
    assert set(empty.violations) == {'runtime_env["K"].value'}


def test_environments_have_to_exist(api: Api) -> None:
    known = make_environment(api).metadata.slug
    for target in ({"agent": make_agent(api).metadata.id}, {"workflow": make_workflow(api).metadata.id}):
        refused = refusal(api, environments=[known, "nowhere"], **target)
        assert set(refused.violations) == {"environments[1]"}
        start(api, environments=[known], **target)


def test_a_repeated_request_gets_the_run_that_is_there(api: Api) -> None:
    agent, workflow = make_agent(api).metadata.id, make_workflow(api).metadata.id
    wanted: list[dict[str, Any]] = [  # Any: fields of the request
        {"agent": agent, "message": "Once."},
        {"workflow": workflow, "input": struct(a=1), "runtime_env": {"K": {"value": SECRET, "is_secret": True}}},
    ]
    for each in wanted:
        request_id = unique("request")
        first = start(api, request_id=request_id, **each)
        assert start(api, request_id=request_id, **each).metadata.id == first.metadata.id
        other = refusal(api, request_id=request_id, **{**each, "message": "Another."})
        assert set(other.violations) == {"request_id"}
        assert start(api, request_id=unique("request"), **each).metadata.id != first.metadata.id


def test_of_repeated_requests_at_once_one_starts_a_run(api: Api) -> None:
    agent, request_id = make_agent(api).metadata.id, unique("request")
    ids = at_once(lambda _: start(api, agent=agent, request_id=request_id).metadata.id, range(8))
    assert len(set(ids)) == 1
