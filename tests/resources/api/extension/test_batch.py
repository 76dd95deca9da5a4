"""Applying many resources in one transaction."""

from __future__ import annotations

import json
from collections.abc import Sequence

import grpc
import pytest
from google.protobuf.any_pb2 import Any as AnyMessage
from stigmer_proto.controlplane.v1 import batch_pb2

from tests.factories import AGENT_SPEC, WORKFLOW_SPEC, make_agent
from tests.suites.asking import at_once, copied
from tests.suites.client import EXTENSION, Api, Envelope, Refused, opened, unique
from tests.support.databases import both_databases

pytestmark = both_databases

CREATED, UPDATED, UNCHANGED = (
    batch_pb2.APPLY_ACTION_CREATED,
    batch_pb2.APPLY_ACTION_UPDATED,
    batch_pb2.APPLY_ACTION_UNCHANGED,
)


def agents_of(api: Api, count: int) -> list[Envelope]:
    agents = api.of("Agent")
    return [agents.envelope(AGENT_SPEC, name=unique("batch")) for _ in range(count)]


def actions_of(results: Sequence[batch_pb2.AppliedResource]) -> list[int]:
    return [result.action for result in results]


def is_stored(api: Api, slug: str) -> bool:
    try:
        api.of("Agent").find(slug)
    except Refused as refused:
        if refused.code is not grpc.StatusCode.NOT_FOUND:
            raise
        return False
    return True


def test_answers_come_in_the_order_of_the_request(api: Api) -> None:
    old, fresh = agents_of(api, 2)
    changed = copied(make_agent(api))
    changed.metadata.version.Clear()
    changed.spec.description = "changed"
    workflow = api.of("Workflow").envelope(WORKFLOW_SPEC, name=unique("batch"))
    api.batch([old])
    results = api.batch([workflow, changed, fresh, old])
    assert [result.slug for result in results] == [
        (each.metadata.slug or each.metadata.name) for each in (workflow, changed, fresh, old)
    ]
    assert actions_of(results) == [CREATED, UPDATED, CREATED, UNCHANGED]
    assert [result.kind for result in results] == ["Workflow", "Agent", "Agent", "Agent"]
    for result in results:
        stored = opened(result.resource)
        assert (result.id, result.org) == (stored.metadata.id, "local")
        assert api.of(result.kind).get(result.id) == stored


def test_resources_may_refer_to_each_other_in_any_order(api: Api) -> None:
    agent_id = "agt-01k8z5q3vhx2m9d4c7w6b0batc"
    instance = api.of("AgentInstance").envelope({"agent_id": agent_id}, name=unique("batch"))
    agent = api.of("Agent").envelope(AGENT_SPEC, name=unique("batch"), id=agent_id)
    first, second = api.batch([instance, agent])
    assert opened(first.resource).spec.agent_id == second.id == agent_id


def test_resources_of_one_apply_may_name_each_other_by_their_slugs(api: Api) -> None:
    agent = api.of("Agent").envelope(AGENT_SPEC, name=unique("batch"))
    environment = api.of("Environment").envelope({"data": {"REGION": {"value": "eu"}}}, name=unique("batch"))
    spec = {"agent_id": agent.metadata.name, "environment_refs": [{"slug": environment.metadata.name}]}
    instance = api.of("AgentInstance").envelope(spec, name=unique("batch"))
    for dry_run, action in ((True, CREATED), (False, CREATED), (False, UNCHANGED)):
        results = api.batch([instance, environment, agent], dry_run=dry_run)
        assert actions_of(results) == [action] * 3
    assert opened(results[0].resource).spec.agent_id == results[2].id


def test_a_slug_that_is_nowhere_is_refused_with_its_place(api: Api) -> None:
    [agent] = agents_of(api, 1)
    spec = {"agent_id": "nobody", "environment_refs": [{"slug": "nowhere"}]}
    instance = api.of("AgentInstance").envelope(spec, name=unique("batch"))
    with pytest.raises(Refused) as caught:
        api.batch([agent, instance])
    where = "in organization 'local' or on the platform"
    assert caught.value.violations == {
        "resources[1].spec.agent_id": f"there is no Agent 'nobody' {where}",
        "resources[1].spec.environment_refs[0]": f"there is no Environment 'nowhere' {where}",
    }
    assert not is_stored(api, agent.metadata.name)


def test_one_bad_resource_keeps_all_others_out(api: Api) -> None:
    good, bad, unknown = agents_of(api, 3)
    bad.spec.instructions = "short"
    unknown.metadata.org = "nowhere"
    with pytest.raises(Refused) as caught:
        api.batch([good, bad])
    assert (caught.value.code, set(caught.value.violations)) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        {"resources[1].spec.instructions"},
    )
    with pytest.raises(Refused) as caught:
        api.batch([good, unknown])
    assert set(caught.value.violations) == {"resources[1].metadata.org"}
    assert not is_stored(api, good.metadata.name)


def test_a_late_refusal_undoes_what_was_written_before(api: Api) -> None:
    (good,) = agents_of(api, 1)
    acme = api.of("WorkflowInstance").envelope({"workflow_id": "wfl-missing"}, name=unique("batch"))
    with pytest.raises(Refused) as caught:
        api.batch([good, acme])
    assert set(caught.value.violations) == {"resources[1].spec.workflow_id"}
    assert not is_stored(api, good.metadata.name)


def test_every_bad_field_of_every_resource_is_named(api: Api) -> None:
    first, second = agents_of(api, 2)
    first.kind, first.spec.instructions, second.metadata.name = "Gent", "", "!!!"
    with pytest.raises(Refused) as caught:
        api.batch([first, second])
    assert set(caught.value.violations) == {
        "resources[0].kind",
        "resources[0].spec.instructions",
        "resources[1].metadata.name",
    }


def test_two_of_one_id_are_refused(api: Api) -> None:
    envelopes = agents_of(api, 2)
    for envelope in envelopes:
        envelope.metadata.id = "agt-01arz3ndektsv4rrffq69gtwce"
    with pytest.raises(Refused) as caught:
        api.batch(envelopes)
    assert caught.value.code is grpc.StatusCode.INVALID_ARGUMENT
    assert list(caught.value.violations) == ["resources[1].metadata.id"]
    assert "also resources[0]" in caught.value.message


def test_two_of_one_name_are_refused(api: Api) -> None:
    first, other = agents_of(api, 2)
    again = copied(first)
    again.metadata.name = first.metadata.name.upper()
    with pytest.raises(Refused) as caught:
        api.batch([first, other, again])
    assert set(caught.value.violations) == {"resources[2].metadata.slug"}
    assert "resources[0]" in caught.value.violations["resources[2].metadata.slug"]
    elsewhere = copied(first)
    elsewhere.metadata.owner_scope = 1
    assert actions_of(api.batch([first, elsewhere])) == [CREATED, CREATED]


def test_a_dry_run_tells_the_same_and_stores_nothing(api: Api) -> None:
    changed = copied(make_agent(api))
    before = copied(changed)
    changed.metadata.version.Clear()
    changed.spec.description = "changed"
    (fresh,) = agents_of(api, 1)
    unchanged = make_agent(api)
    wanted = [fresh, changed, unchanged]
    told = api.batch(wanted, dry_run=True)
    assert not is_stored(api, fresh.metadata.name)
    assert api.of("Agent").get(before.metadata.id) == before
    assert [result.id for result in told] == ["", before.metadata.id, unchanged.metadata.id]
    assert not any(result.HasField("resource") for result in told)
    done = api.batch(wanted)
    assert actions_of(told) == actions_of(done) == [CREATED, UPDATED, UNCHANGED]
    assert [list(result.changes) for result in told] == [list(result.changes) for result in done]


def test_a_dry_run_refuses_what_a_real_one_refuses(api: Api) -> None:
    (bad,) = agents_of(api, 1)
    bad.spec.instructions = "short"
    refusals = []
    for dry_run in (True, False):
        with pytest.raises(Refused) as caught:
            api.batch([bad], dry_run=dry_run)
        refusals.append(caught.value.violations)
    assert refusals[0] == refusals[1] != {}


def test_an_update_says_what_it_changes(api: Api) -> None:
    agents = api.of("Agent")
    spec = {
        **AGENT_SPEC,
        "description": "before",
        "mcp_servers": [{"name": "a", "stdio": {"command": "old"}}, {"name": "b", "http": {"url": "http://x"}}],
    }
    before = agents.create(agents.envelope(spec, name=unique("diff"), labels={"gone": "1", "stays": "2"}))
    wanted = copied(before)
    wanted.metadata.version.Clear()
    wanted.metadata.labels["fresh"] = "ü"
    del wanted.metadata.labels["gone"]
    wanted.spec.mcp_servers[0].stdio.command = "new"
    del wanted.spec.mcp_servers[1]
    wanted.spec.ClearField("description")
    (result,) = api.batch([wanted], dry_run=True)
    found = {change.path: (change.before_json, change.after_json) for change in result.changes}
    removed_server = found.pop("spec.mcp_servers[1]")
    assert json.loads(removed_server[0]) == {"name": "b", "http": {"url": "http://x"}}
    assert removed_server[1] == ""
    assert found == {
        "metadata.labels.fresh": ("", '"ü"'),
        "metadata.labels.gone": ('"1"', ""),
        "spec.mcp_servers[0].stdio.command": ('"old"', '"new"'),
        "spec.description": ('"before"', ""),
    }


def test_created_and_unchanged_resources_have_no_changes(api: Api) -> None:
    wanted = agents_of(api, 1)
    assert [list(result.changes) for result in api.batch(wanted) + api.batch(wanted)] == [[], []]


def test_the_message_is_kept_with_each_revision_unless_one_has_its_own(api: Api) -> None:
    plain, own = agents_of(api, 2)
    own.metadata.version.message = "my own"
    results = api.batch([plain, own], message="deployed from CI")
    assert [opened(result.resource).metadata.version.message for result in results] == ["deployed from CI", "my own"]


def test_skills_of_others_that_cannot_be_found_are_warnings_every_time(api: Api) -> None:
    agents = api.of("Agent")
    helper = {**AGENT_SPEC, "name": "helper", "skill_refs": [{"slug": "writing", "kind": "skill", "org": "acme"}]}
    spec = {
        **AGENT_SPEC,
        "skill_refs": [{"slug": "reading", "kind": "skill", "scope": "platform"}],
        "sub_agents": [helper],
    }
    wanted = agents.envelope(spec, name=unique("skilled"))
    for expected in (CREATED, UNCHANGED):
        (result,) = api.batch([wanted])
        assert result.action == expected
        first, second = result.warnings
        assert first.startswith("spec.skill_refs[0]: ")
        assert "'reading'" in first
        assert second.startswith("spec.sub_agents[0].skill_refs[0]: ")


def test_a_thousand_agents_go_in_one_call(api: Api) -> None:
    wanted = agents_of(api, 1000)
    assert set(actions_of(api.batch(wanted))) == {CREATED}
    again = api.batch(wanted)
    assert set(actions_of(again)) == {UNCHANGED}
    assert len({result.id for result in again}) == 1000
    last = opened(again[-1].resource)
    assert api.of("AgentInstance").get(last.status.default_instance_id).spec.agent_id == last.metadata.id


def test_concurrent_batches_of_the_same_all_succeed(api: Api) -> None:
    wanted = agents_of(api, 20)
    answers = at_once(lambda _: api.batch(wanted), range(6))
    assert all(set(actions_of(answer)) in ({CREATED}, {UNCHANGED}) for answer in answers)
    assert sum(set(actions_of(answer)) == {CREATED} for answer in answers) == 1


def test_a_message_over_ten_mebibytes_is_refused(api: Api) -> None:
    (large,) = agents_of(api, 1)
    large.spec.instructions = "x" * (10 * 1024 * 1024)
    with pytest.raises(Refused) as caught:
        api.batch([large])
    assert caught.value.code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert not is_stored(api, large.metadata.name)


def test_a_message_just_below_ten_mebibytes_is_stored(unit_client_with_large_answers: Api) -> None:
    api = unit_client_with_large_answers
    (large,) = agents_of(api, 1)
    large.spec.instructions = "x" * (10 * 1024 * 1024 - 2048)
    (result,) = api.batch([large])
    assert opened(result.resource).spec.instructions == large.spec.instructions


@pytest.mark.parametrize(
    "packed",
    [
        AnyMessage(),
        AnyMessage(type_url="type.googleapis.com/google.protobuf.Empty"),
        AnyMessage(type_url="type.googleapis.com/ai.stigmer.agentic.agent.v1.Agent", value=b"\xff\xff\xff"),
    ],
    ids=["nothing", "another message", "damaged"],
)
def test_what_is_no_resource_is_invalid(api: Api, packed: AnyMessage) -> None:
    (good,) = agents_of(api, 1)
    request = batch_pb2.BatchApplyRequest(resources=[packed])
    request.resources.add().Pack(good)
    with pytest.raises(Refused) as caught:
        api.call(f"{EXTENSION}.BatchController.apply", request)
    assert caught.value.code is grpc.StatusCode.INVALID_ARGUMENT
    assert [path.rstrip(".") for path in caught.value.violations] == ["resources[0]"]
    assert not is_stored(api, good.metadata.name)


def test_an_empty_batch_is_invalid(api: Api) -> None:
    with pytest.raises(Refused) as caught:
        api.batch([])
    assert set(caught.value.violations) == {"resources"}
