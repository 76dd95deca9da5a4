"""Starting a run once more: with what it was given, and whatever its workflow is today."""

from __future__ import annotations

import grpc
import pytest
from google.protobuf.struct_pb2 import Struct
from stigmer_proto.agentic.executioncontext.v1.spec_pb2 import ExecutionValue
from stigmer_proto.controlplane.v1 import runs_pb2

from tests.factories import make_agent, make_environment, make_workflow
from tests.suites.client import EXTENSION, Api, Envelope, Refused, opened
from tests.support.databases import both_databases

pytestmark = both_databases
SECRET = "hunter2-of-a-rerun"


@pytest.fixture
def api(idle_api: Api) -> Api:
    return idle_api


def start(api: Api, request: runs_pb2.StartRunRequest) -> Envelope:
    return opened(api.call(f"{EXTENSION}.RunController.start", request))


def again(api: Api, run: Envelope, *, pinned: bool = False) -> Envelope:
    request = runs_pb2.RerunRequest(execution_id=run.metadata.id, pinned=pinned)
    return opened(api.call(f"{EXTENSION}.RunController.rerun", request))


@pytest.mark.parametrize("pinned", [False, True])
def test_a_workflow_gets_the_same_input_environments_and_variables(api: Api, *, pinned: bool) -> None:
    given = Struct()
    given.update({"amount": 7, "who": {"ids": [1]}})
    request = runs_pb2.StartRunRequest(
        workflow=make_workflow(api).metadata.id,
        message="Go.",
        input=given,
        input_texts={"day": "monday"},
        environments=[make_environment(api).metadata.slug],
        runtime_env={"KEY": ExecutionValue(value=SECRET, is_secret=True), "PLAIN": ExecutionValue(value="x")},
        labels={"kept": "yes"},
    )
    first = start(api, request)
    second = again(api, first, pinned=pinned)
    assert second.metadata.id != first.metadata.id
    assert (second.spec, dict(second.metadata.labels)) == (first.spec, {"kept": "yes"})
    assert second.metadata.annotations["stigmer.ai/rerun-of"] == first.metadata.id
    assert SECRET not in str(second)


def test_an_agent_answers_the_same_message_in_a_new_session(api: Api) -> None:
    request = runs_pb2.StartRunRequest(agent=make_agent(api).metadata.id, message="Sort these.", model="scripted:x")
    first = start(api, request)
    second = again(api, first)
    assert (second.spec.message, second.spec.agent_id) == (first.spec.message, first.spec.agent_id)
    assert second.spec.execution_config == first.spec.execution_config
    assert second.spec.session_id != first.spec.session_id


def test_what_held_a_secret_in_its_message_is_refused(api: Api) -> None:
    variable = {"KEY": ExecutionValue(value=SECRET, is_secret=True)}
    agent = make_agent(api).metadata.id
    first = start(api, runs_pb2.StartRunRequest(agent=agent, message=f"It is {SECRET}.", runtime_env=variable))
    with pytest.raises(Refused, match="which is not kept") as refused:
        again(api, first)
    assert refused.value.code is grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.parametrize("execution_id", ["wex-01arz3ndektsv4rrffq69g5fav", "nothing"])
def test_what_does_not_exist_is_not_found(api: Api, execution_id: str) -> None:
    with pytest.raises(Refused) as refused:
        api.call(f"{EXTENSION}.RunController.rerun", runs_pb2.RerunRequest(execution_id=execution_id))
    assert refused.value.code is grpc.StatusCode.NOT_FOUND
