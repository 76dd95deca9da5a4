"""What resources were: listed, compared, and made the present again."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from stigmer_proto.controlplane.v1 import batch_pb2, revisions_pb2

from apps.shared.annotations import GENERATED_AT
from tests.factories import AGENT_SPEC, make_agent, make_environment
from tests.suites.client import EXTENSION, Api, Envelope, Refused, opened, unique
from tests.support.databases import both_databases

pytestmark = both_databases
SERVICE = f"{EXTENSION}.RevisionController"
NEVER = "agt-01arz3ndektsv4rrffq69g5fav"


def history(api: Api, resource: Envelope, **options: Any) -> list[revisions_pb2.Revision]:  # Any: fields of the request
    request = revisions_pb2.ListRevisionsRequest(kind=resource.kind, id=resource.metadata.id, **options)
    return list(api.call(f"{SERVICE}.list", request).revisions)


def roll_back(api: Api, resource: Envelope, number: int, **options: Any) -> batch_pb2.AppliedResource:  # Any: as above
    request = revisions_pb2.RollbackRequest(kind=resource.kind, id=resource.metadata.id, number=number, **options)
    answer: batch_pb2.AppliedResource = api.call(f"{SERVICE}.rollback", request)
    return answer


def refusal(api: Api, method: str, request: Any) -> Refused:  # Any: a request
    with pytest.raises(Refused) as caught:
        api.call(f"{SERVICE}.{method}", request)
    return caught.value


def change(api: Api, agent: Envelope, instructions: str, message: str = "") -> Envelope:
    wanted = type(agent)()
    wanted.CopyFrom(agent)
    wanted.spec.instructions, wanted.metadata.version.message = instructions, message
    return api.of("Agent").update(wanted)


def changed(agent: Envelope, api: Api, count: int) -> Envelope:
    """An agent that was changed so many times."""
    for number in range(count):
        agent = change(api, agent, f"These are the instructions number {number}.")
    return agent


def test_revisions_count_from_one_and_say_who_when_and_what(api: Api) -> None:
    agent = make_agent(api)
    change(api, agent, "Answer in one sentence.", "be brief")
    newest, first = history(api, agent)
    assert [(each.number, each.event, each.actor, each.message) for each in (newest, first)] == [
        (2, "updated", "local", "be brief"),
        (1, "created", "local", ""),
    ]
    assert newest.at.ToNanoseconds() > first.at.ToNanoseconds() > 0
    assert [(each.path, each.after_json) for each in newest.changes] == [
        ("spec.instructions", '"Answer in one sentence."')
    ]
    assert not first.changes
    assert first.version_id == agent.metadata.version.id


def test_pages_of_revisions_are_complete_and_compare_across_their_edges(api: Api) -> None:
    agent = changed(make_agent(api), api, 4)
    seen, token = [], ""
    while True:
        request = revisions_pb2.ListRevisionsRequest(kind="Agent", id=agent.metadata.id, page_size=2, page_token=token)
        answer = api.call(f"{SERVICE}.list", request)
        seen += [(each.number, len(each.changes)) for each in answer.revisions]
        token = answer.next_page_token
        if not token:
            break
    assert seen == [(5, 1), (4, 1), (3, 1), (2, 1), (1, 0)]


@pytest.mark.parametrize("page", [{"page_size": -1}, {"page_size": 101}, {"page_token": "forged"}])
def test_pages_that_cannot_be_are_refused(api: Api, page: dict[str, Any]) -> None:
    agent = make_agent(api)
    request = revisions_pb2.ListRevisionsRequest(kind="Agent", id=agent.metadata.id, **page)
    assert refusal(api, "list", request).code is grpc.StatusCode.INVALID_ARGUMENT


def test_a_revision_is_the_resource_as_it_was(api: Api) -> None:
    agent = make_agent(api)
    change(api, agent, "Other instructions, for later.")
    got = api.call(f"{SERVICE}.get", revisions_pb2.GetRevisionRequest(kind="Agent", id=agent.metadata.id, number=1))
    assert opened(got.resource) == agent


def test_a_deletion_has_a_number_of_its_own_and_the_history_outlives_the_resource(api: Api) -> None:
    agent = make_agent(api)
    instance_id = agent.status.default_instance_id
    api.of("Agent").delete(agent.metadata.id)
    assert [(each.number, each.event) for each in history(api, agent)] == [(2, "deleted"), (1, "created")]
    request = revisions_pb2.ListRevisionsRequest(kind="AgentInstance", id=instance_id)
    assert [each.number for each in api.call(f"{SERVICE}.list", request).revisions] == [2, 1]


def test_what_is_stored_anew_under_its_id_goes_on_from_there(api: Api) -> None:
    agent = make_agent(api)
    api.of("Agent").delete(agent.metadata.id)
    again = api.of("Agent").envelope(AGENT_SPEC, name=agent.metadata.name, id=agent.metadata.id)
    stored = api.of("Agent").create(again)
    change(api, stored, "Instructions of its second life.")
    assert [(each.number, each.event) for each in history(api, agent)] == [
        (4, "updated"),
        (3, "created"),
        (2, "deleted"),
        (1, "created"),
    ]


def test_writers_at_once_leave_no_gap(api: Api) -> None:
    agent, writers = make_agent(api), 8
    start = threading.Barrier(writers)

    def write(number: int) -> None:
        wanted = type(agent)()
        wanted.CopyFrom(agent)
        wanted.metadata.version.Clear()
        wanted.spec.instructions = f"Instructions of the writer {number}."
        start.wait()
        api.of("Agent").update(wanted)

    with ThreadPoolExecutor(writers) as pool:
        list(pool.map(write, range(writers)))
    assert [each.number for each in history(api, agent)] == list(range(writers + 1, 0, -1))


def test_two_revisions_are_compared_in_either_direction(api: Api) -> None:
    agent = changed(make_agent(api), api, 2)

    def diff(start: int, end: int) -> list[tuple[str, str, str]]:
        request = revisions_pb2.DiffRevisionsRequest(
            kind="Agent", id=agent.metadata.id, from_number=start, to_number=end
        )
        return [(each.path, each.before_json, each.after_json) for each in api.call(f"{SERVICE}.diff", request).changes]

    original, newest = '"Sort incoming tickets by urgency."', '"These are the instructions number 1."'
    assert diff(1, 3) == [("spec.instructions", original, newest)]
    assert diff(3, 1) == [("spec.instructions", newest, original)]
    assert diff(0, 0) == [("spec.instructions", '"These are the instructions number 0."', newest)]
    assert diff(0, 1) == diff(2, 2) == []


def test_when_a_program_ran_is_no_change(api: Api) -> None:
    agents = api.of("Agent")
    agent = agents.create(agents.envelope(AGENT_SPEC, name=unique("agent"), annotations={GENERATED_AT: "1"}))
    agent.metadata.annotations[GENERATED_AT] = "2"
    change(api, agent, "Instructions beside another moment.")
    assert [each.path for each in history(api, agent)[0].changes] == ["spec.instructions"]


@pytest.mark.parametrize("method", ["get", "rollback", "diff"])
def test_a_revision_that_does_not_exist_is_not_found_and_says_which_do(api: Api, method: str) -> None:
    agent = changed(make_agent(api), api, 2)
    requests: dict[str, Any] = {  # Any: a request each
        "get": revisions_pb2.GetRevisionRequest(number=9),
        "rollback": revisions_pb2.RollbackRequest(number=9),
        "diff": revisions_pb2.DiffRevisionsRequest(from_number=1, to_number=9),
    }
    requests[method].kind, requests[method].id = "Agent", agent.metadata.id
    refused = refusal(api, method, requests[method])
    assert (refused.code, refused.reason) == (grpc.StatusCode.NOT_FOUND, "stigmer.revision.not_found")
    assert refused.message == f"Agent {agent.metadata.slug!r} has no revision 9: there are 1 to 3"


@pytest.mark.parametrize("method", ["list", "get", "rollback", "diff"])
def test_what_never_was_has_no_revisions(api: Api, method: str) -> None:
    requests: dict[str, Any] = {  # Any: a request each
        "list": revisions_pb2.ListRevisionsRequest(),
        "get": revisions_pb2.GetRevisionRequest(number=1),
        "rollback": revisions_pb2.RollbackRequest(number=1),
        "diff": revisions_pb2.DiffRevisionsRequest(),
    }
    requests[method].kind, requests[method].id = "Agent", NEVER
    refused = refusal(api, method, requests[method])
    assert (refused.code, refused.reason) == (grpc.StatusCode.NOT_FOUND, "stigmer.resource.not_found")
    requests[method].kind = "Nonsense"
    assert refusal(api, method, requests[method]).code is grpc.StatusCode.INVALID_ARGUMENT


def test_a_rollback_is_a_new_revision_with_the_old_content(api: Api) -> None:
    agents = api.of("Agent")
    first = agents.create(agents.envelope(AGENT_SPEC, name=unique("agent"), labels={"team": "support"}, tags=["old"]))
    wanted = type(first)()
    wanted.CopyFrom(first)
    wanted.metadata.labels.clear()
    wanted.metadata.tags[:] = ["new"]
    wanted.metadata.name, wanted.spec.instructions = "Another name", "Other instructions, which were worse."
    agents.update(wanted)
    done = roll_back(api, first, 1)
    now = agents.get(first.metadata.id)
    assert done.action == batch_pb2.APPLY_ACTION_UPDATED
    assert {each.path for each in done.changes} == {
        "metadata.name",
        "metadata.labels.team",
        "metadata.tags[0]",
        "spec.instructions",
    }
    assert opened(done.resource) == now
    assert (now.spec, now.metadata.name, now.metadata.labels, now.metadata.tags) == (
        first.spec,
        first.metadata.name,
        first.metadata.labels,
        first.metadata.tags,
    )
    newest = history(api, first)[0]
    assert (newest.number, newest.event, newest.message) == (3, "updated", "back to revision 1")
    assert now.metadata.version.id == newest.version_id != first.metadata.version.id


def test_a_rollback_to_what_is_there_already_writes_nothing(api: Api) -> None:
    agent = changed(make_agent(api), api, 1)
    assert roll_back(api, agent, 2).action == batch_pb2.APPLY_ACTION_UNCHANGED
    assert len(history(api, agent)) == 2


def test_a_dry_run_shows_what_a_rollback_would_change_and_changes_nothing(api: Api) -> None:
    agent = changed(make_agent(api), api, 1)
    planned = roll_back(api, agent, 1, dry_run=True)
    assert [each.path for each in planned.changes] == ["spec.instructions"]
    assert not planned.HasField("resource")
    assert api.of("Agent").get(agent.metadata.id) == agent


def test_a_rollback_of_what_has_changed_meanwhile_is_refused(api: Api) -> None:
    seen = make_agent(api)
    changed(seen, api, 1)
    request = revisions_pb2.RollbackRequest(
        kind="Agent", id=seen.metadata.id, number=1, seen_version_id=seen.metadata.version.id
    )
    refused = refusal(api, "rollback", request)
    assert (refused.code, refused.reason) == (
        grpc.StatusCode.FAILED_PRECONDITION,
        "stigmer.resource.stale_version",
    )
    assert len(history(api, seen)) == 2


def test_a_reference_that_no_longer_resolves_is_named(api: Api) -> None:
    environment, agent = make_environment(api), make_agent(api)
    instances = api.of("AgentInstance")
    reference = {"scope": "organization", "kind": 53, "slug": environment.metadata.slug}
    spec = {"agent_id": agent.metadata.id, "environment_refs": [reference]}
    instance = instances.create(instances.envelope(spec, name=unique("instance")))
    del instance.spec.environment_refs[:]
    instances.update(instance)
    api.of("Environment").delete(environment.metadata.id)
    request = revisions_pb2.RollbackRequest(kind="AgentInstance", id=instance.metadata.id, number=1)
    refused = refusal(api, "rollback", request)
    assert refused.code is grpc.StatusCode.INVALID_ARGUMENT
    assert list(refused.violations) == ["spec.environment_refs[0]"]
    assert environment.metadata.slug in refused.message
    assert refused.facts["hint"].endswith(f": `stigmer history AgentInstance {instance.metadata.slug}`")
    assert len(history(api, instance)) == 2


class TestSecrets:
    """Values come back, and show nowhere."""

    def stored(self, api: Api, value: str) -> Envelope:
        return make_environment(api, {"KEY": {"value": value, "is_secret": True}})

    def replace(self, api: Api, environment: Envelope, data: dict[str, Any]) -> Envelope:
        environments = api.of("Environment")
        wanted = environments.envelope({"data": data}, name=environment.metadata.name)
        return environments.apply(wanted)

    def is_kept(self, api: Api, environment: Envelope, value: str) -> bool:
        """Whether this is the secret that is stored: applying it again changes nothing."""
        wanted = api.of("Environment").envelope(
            {"data": {"KEY": {"value": value, "is_secret": True}}}, name=environment.metadata.name
        )
        done = api.batch([wanted], dry_run=True)[0]
        return done.action == batch_pb2.APPLY_ACTION_UNCHANGED

    def test_another_value_is_told_and_shown_on_neither_side(self, api: Api) -> None:
        environment = self.stored(api, "first-value-of-it")
        self.replace(api, environment, {"KEY": {"value": "second-value-of-it", "is_secret": True}})
        newest, _ = history(api, environment)
        assert [(each.path, each.before_json, each.after_json) for each in newest.changes] == [
            ('spec.data["KEY"].value', '"********"', '"********"')
        ]

    def test_a_rollback_brings_back_the_value_of_then(self, api: Api) -> None:
        environment = self.stored(api, "first-value-of-it")
        self.replace(api, environment, {"KEY": {"value": "second-value-of-it", "is_secret": True}})
        done = roll_back(api, environment, 1)
        assert "value-of-it" not in str(done)
        assert self.is_kept(api, environment, "first-value-of-it")

    def test_a_rollback_brings_back_a_secret_that_was_taken_out(self, api: Api) -> None:
        environment = self.stored(api, "first-value-of-it")
        self.replace(api, environment, {"OTHER": {"value": "plain"}})
        roll_back(api, environment, 1)
        assert self.is_kept(api, environment, "first-value-of-it")
