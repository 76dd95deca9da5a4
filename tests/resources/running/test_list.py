"""Lists of runs: both kinds together, by what they are of, when, how they ended, and the words in them."""

from __future__ import annotations

from typing import Any

import grpc
import pytest
from google.protobuf.struct_pb2 import Struct
from google.protobuf.timestamp_pb2 import Timestamp
from stigmer_proto.controlplane.v1 import resources_pb2, runs_pb2

from tests.factories import make_agent, make_workflow
from tests.suites.client import EXTENSION, Api, Envelope, Refused, opened, unique
from tests.support.databases import both_databases

pytestmark = both_databases
SECRET = "hunterofall2"
FAILED, COMPLETED = 4, 3


@pytest.fixture
def api(idle_api: Api) -> Api:
    return idle_api


def listed(api: Api, **wanted: Any) -> list[runs_pb2.RunEntry]:  # Any: fields of the request
    answer = api.call(f"{EXTENSION}.RunController.list", runs_pb2.ListRunsRequest(**wanted))
    return list(answer.runs)


def ids(api: Api, **wanted: Any) -> list[str]:  # Any: as above
    return [run.id for run in listed(api, **wanted)]


def start(api: Api, *, message: str = "Go on.", **wanted: Any) -> Envelope:  # Any: fields of the request
    request = runs_pb2.StartRunRequest(message=message, **wanted)
    return opened(api.call(f"{EXTENSION}.RunController.start", request))


def struct(**values: Any) -> Struct:  # Any: whatever JSON holds
    made = Struct()
    made.update(values)
    return made


def end(api: Api, run: Envelope, phase: int, **status: Any) -> None:  # Any: fields of the status
    kind = api.of(run.kind)
    for step in ({"phase": 2}, {"phase": phase, **status}):
        request: Any = kind.request("Command", "updateStatus", execution_id=run.metadata.id)  # Any: a generated class
        output = step.pop("output", None)
        if output is not None:
            request.status.output.update(output)
        for name, value in step.items():
            setattr(request.status, name, value)
        kind.command("updateStatus", request)


def test_runs_of_both_kinds_are_listed_newest_first_page_by_page(api: Api) -> None:
    label = {"of": unique("list")}
    agent, workflow = make_agent(api).metadata, make_workflow(api).metadata
    made = [
        start(api, **({"agent": agent.id} if number % 2 else {"workflow": workflow.id}), labels=label).metadata.id
        for number in range(5)
    ]
    assert ids(api, labels=label) == made[::-1]
    pages, token = [], ""
    while True:
        request = runs_pb2.ListRunsRequest(labels=label, page_size=2, page_token=token)
        answer = api.call(f"{EXTENSION}.RunController.list", request)
        pages.append([run.id for run in answer.runs])
        token = answer.next_page_token
        if not token:
            break
    assert pages == [made[4:2:-1], made[2:0:-1], made[:1]]
    entry = listed(api, labels=label)[0]
    assert (entry.kind, entry.name, entry.phase) == ("WorkflowExecution", workflow.slug, "EXECUTION_PENDING")
    assert (entry.input, dict(entry.labels)) == ("Go on.", label)


def test_by_what_they_are_of_and_by_phase(api: Api) -> None:
    agent, workflow = make_agent(api).metadata, make_workflow(api).metadata
    first, second, other = start(api, agent=agent.id), start(api, agent=agent.id), start(api, workflow=workflow.id)
    end(api, first, FAILED, error="it broke")
    assert ids(api, agent=agent.slug) == [second.metadata.id, first.metadata.id]
    assert ids(api, agent=agent.id, phase="EXECUTION_FAILED") == [first.metadata.id]
    assert ids(api, workflow=workflow.slug) == [other.metadata.id]
    assert listed(api, agent=agent.id, phase="EXECUTION_FAILED")[0].error == "it broke"


def test_by_when_they_were_created(api: Api) -> None:
    agent = make_agent(api).metadata.id
    runs = [start(api, agent=agent) for _ in range(3)]
    entries = listed(api, agent=agent)
    middle = entries[1].created_at
    assert ids(api, agent=agent, since=middle)[:2] == [run.metadata.id for run in runs[:0:-1]]
    assert runs[0].metadata.id in ids(api, agent=agent, until=middle)
    assert runs[2].metadata.id not in ids(api, agent=agent, until=middle)


def test_by_the_words_that_stand_in_them(api: Api) -> None:
    word = unique("needle").replace("-", "")
    agent, workflow = make_agent(api).metadata.id, make_workflow(api).metadata.id
    said = start(api, agent=agent, message=f"Where is {word}, please?")
    given = start(api, workflow=workflow, input=struct(note=[{"what": f"{word} again"}]))
    failed, done = start(api, workflow=workflow), start(api, workflow=workflow)
    end(api, failed, FAILED, error=f"no such {word.upper()}!")
    end(api, done, COMPLETED, output={"found": f"x {word} x"})
    everywhere = [run.metadata.id for run in (done, failed, given, said)]
    assert ids(api, text=word) == everywhere
    assert ids(api, text=word[:-1]) == everywhere
    assert ids(api, text=f"{word} please") == [said.metadata.id]
    assert ids(api, text=word, workflow=workflow, phase="EXECUTION_COMPLETED") == [done.metadata.id]
    assert ids(api, error=word) == [failed.metadata.id]
    assert ids(api, error=f"such {word}") == [failed.metadata.id]
    assert ids(api, text=f"{word} nowhere") == []
    for odd in ('"', "' OR 1", "{error} : x", "a AND"):
        assert ids(api, text=f"{odd} {word} nothingofthis") == []


def test_pages_of_what_was_found_by_words_go_on(api: Api) -> None:
    word, agent = unique("paged").replace("-", ""), make_agent(api).metadata.id
    made = [start(api, agent=agent, message=word).metadata.id for _ in range(5)]
    found, token = [], ""
    for _ in range(3):
        request = runs_pb2.ListRunsRequest(text=word, page_size=2, page_token=token)
        answer = api.call(f"{EXTENSION}.RunController.list", request)
        found += [run.id for run in answer.runs]
        token = answer.next_page_token
    assert (found, token) == (made[::-1], "")


def test_by_values_of_their_input(api: Api) -> None:
    workflow = make_workflow(api).metadata.id
    first = start(api, workflow=workflow, input=struct(amount=7, day="monday")).metadata.id
    second = start(api, workflow=workflow, input=struct(amount=77), input_texts={"day": "monday"}).metadata.id
    assert ids(api, workflow=workflow, input={"day": "monday"}) == [second, first]
    assert ids(api, workflow=workflow, input={"amount": "7"}) == [first]
    assert ids(api, workflow=workflow, input={"amount": "7", "day": "sunday"}) == []


def test_a_secret_is_found_nowhere_and_a_deleted_run_is_not_found_either(api: Api) -> None:
    variable = {"KEY": {"value": SECRET, "is_secret": True}}
    word = unique("gone").replace("-", "")
    run = start(api, agent=make_agent(api).metadata.id, message=f"{word} {SECRET}", runtime_env=variable)
    assert ids(api, text=word) == [run.metadata.id]
    assert ids(api, text=SECRET) == []
    request = resources_pb2.DeleteResourceRequest(kind="AgentExecution", id=run.metadata.id, force=True)
    api.call(f"{EXTENSION}.ResourceController.delete", request)
    assert ids(api, text=word) == []


def test_the_longest_come_first_when_asked_for(api: Api) -> None:
    agent = make_agent(api).metadata.id
    runs = [start(api, agent=agent) for _ in range(3)]
    end(api, runs[1], COMPLETED)
    end(api, runs[0], COMPLETED)
    entries = listed(api, agent=agent, sort="duration")
    took = [run.completed_at.ToNanoseconds() - run.started_at.ToNanoseconds() for run in entries]
    assert {run.id for run in entries} == {run.metadata.id for run in runs[:2]}
    assert took == sorted(took, reverse=True)


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"phase": "failed"}, "phase"),
        ({"page_size": 101}, "page_size"),
        ({"page_token": "forged"}, "page_token"),
        ({"sort": "name"}, "sort"),
        ({"since": Timestamp(seconds=2**62)}, "since"),
        ({"until": Timestamp(nanos=-1, seconds=-(2**62))}, "until"),
        ({"agent": "a", "workflow": "w"}, "workflow"),
    ],
)
def test_what_cannot_be_asked_is_refused(api: Api, wanted: dict[str, Any], field: str) -> None:  # Any: as above
    with pytest.raises(Refused) as refused:
        listed(api, **wanted)
    assert (refused.value.code, set(refused.value.violations)) == (grpc.StatusCode.INVALID_ARGUMENT, {field})


def test_an_agent_that_does_not_exist_is_not_found(api: Api) -> None:
    with pytest.raises(Refused) as refused:
        listed(api, agent="no-such-agent")
    assert refused.value.code is grpc.StatusCode.NOT_FOUND
