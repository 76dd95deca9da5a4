"""Projects: what an apply makes them own, what is no longer declared, and what goes with it."""

from __future__ import annotations

import signal
from typing import Any

import grpc
import pytest
from stigmer_proto.controlplane.v1 import batch_pb2, projects_pb2, revisions_pb2

from tests.factories import AGENT_SPEC, WORKFLOW_SPEC, make_environment
from tests.suites.api_unit import StartUnit
from tests.suites.asking import at_once, copied
from tests.suites.client import EXTENSION, Api, Envelope, Refused, opened, unique
from tests.support.databases import both_databases

pytestmark = both_databases


@pytest.fixture
def api(idle_api: Api) -> Api:
    return idle_api


@pytest.fixture
def project() -> str:
    return unique("project")


def agent(api: Api, name: str = "", **spec: Any) -> Envelope:
    return api.of("Agent").envelope({**AGENT_SPEC, **spec}, name=name or unique("owned"))


def workflow(api: Api) -> Envelope:
    return api.of("Workflow").envelope(WORKFLOW_SPEC, name=unique("owned"))


def slugs(owned: Any) -> list[str]:  # Any: a repeated field
    return [each.slug for each in owned]


def refused(act: Any, *args: Any, **options: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        act(*args, **options)
    return caught.value


def is_stored(api: Api, kind: str, slug: str) -> bool:
    try:
        api.of(kind).find(slug)
    except Refused as error:
        if error.code is not grpc.StatusCode.NOT_FOUND:
            raise
        return False
    return True


def run_of(api: Api, agent_id: str) -> Envelope:
    executions = api.of("AgentExecution")
    return executions.create(executions.envelope({"agent_id": agent_id, "message": "hello"}, owner_scope=0))


def test_an_apply_puts_what_it_declares_into_the_inventory_changed_or_not(api: Api, project: str) -> None:
    first, second = agent(api), workflow(api)
    api.batch([first])
    api.apply_as(project, [first, second])
    found = api.project(project)
    assert {(each.kind, each.slug) for each in found.resources} == {
        ("Agent", first.metadata.name),
        ("Workflow", second.metadata.name),
    }
    assert (found.name, found.org, found.resource_count, found.created_by) == (project, "local", 2, "local")


def test_a_default_instance_is_in_no_inventory_and_goes_with_what_it_is_of(api: Api, project: str) -> None:
    envelope = agent(api)
    api.apply_as(project, [envelope])
    assert [each.kind for each in api.project(project).resources] == ["Agent"]
    (gone,) = api.destroy(project).resources
    assert [(each.kind, each.count) for each in gone.belongings] == [("AgentInstance", 1)]
    assert not is_stored(api, "AgentInstance", f"{envelope.metadata.name}-default")


def test_only_an_apply_of_the_whole_project_says_what_is_no_longer_declared(api: Api, project: str) -> None:
    kept, dropped = agent(api), agent(api)
    api.apply_as(project, [kept, dropped], whole=True)
    assert not api.apply_as(project, [kept]).no_longer_declared
    answer = api.apply_as(project, [kept], whole=True)
    (left,) = answer.no_longer_declared
    assert (left.kind, left.slug, left.org) == ("Agent", dropped.metadata.name, "local")
    assert not answer.deleted
    assert is_stored(api, "Agent", dropped.metadata.name)


def test_what_would_go_with_it_is_counted_for_each(api: Api, project: str) -> None:
    quiet, busy = agent(api), agent(api)
    stored = {each.slug: each.id for each in api.apply_as(project, [quiet, busy]).results}
    run_of(api, stored[busy.metadata.name])
    run_of(api, stored[busy.metadata.name])
    left = api.apply_as(project, [workflow(api)], whole=True, dry_run=True).no_longer_declared
    counts = {each.slug: {below.kind: below.count for below in each.belongings} for each in left}
    assert counts == {
        quiet.metadata.name: {"AgentInstance": 1},
        busy.metadata.name: {"AgentInstance": 1, "Session": 2, "AgentExecution": 2},
    }


def test_prune_deletes_what_is_no_longer_declared_children_first(api: Api, project: str) -> None:
    kept, dropped = agent(api), agent(api)
    (stored,) = api.apply_as(project, [dropped]).results
    instance = api.of("AgentInstance").envelope({"agent_id": stored.id}, name=unique("owned"))
    api.apply_as(project, [kept, dropped, instance], whole=True)
    answer = api.apply_as(project, [kept], whole=True, prune=True)
    assert [each.kind for each in answer.deleted] == ["AgentInstance", "Agent"]
    assert not answer.no_longer_declared
    assert slugs(api.project(project).resources) == [kept.metadata.name]
    assert not is_stored(api, "Agent", dropped.metadata.name)


def test_a_dry_run_of_a_prune_says_what_would_go_and_keeps_it(api: Api, project: str) -> None:
    kept, dropped = agent(api), agent(api)
    api.apply_as(project, [kept, dropped])
    answer = api.apply_as(project, [kept], whole=True, prune=True, dry_run=True)
    assert slugs(answer.deleted) == [dropped.metadata.name]
    assert is_stored(api, "Agent", dropped.metadata.name)
    assert len(api.project(project).resources) == 2


def test_a_dry_run_makes_no_project(api: Api, project: str) -> None:
    api.apply_as(project, [agent(api)], dry_run=True)
    assert refused(api.project, project).code is grpc.StatusCode.NOT_FOUND


def test_a_prune_that_somebody_agreed_to_is_refused_when_it_would_delete_something_else(api: Api, project: str) -> None:
    kept, dropped = agent(api), agent(api)
    api.apply_as(project, [kept, dropped])
    plan = api.apply_as(project, [kept], whole=True, dry_run=True).plan
    later = agent(api)
    api.apply_as(project, [later])
    error = refused(api.apply_as, project, [kept], whole=True, prune=True, prune_plan=plan)
    assert (error.code, error.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "stigmer.project.stale_plan")
    assert is_stored(api, "Agent", dropped.metadata.name)
    plan = api.apply_as(project, [kept], whole=True, dry_run=True).plan
    gone = api.apply_as(project, [kept], whole=True, prune=True, prune_plan=plan).deleted
    assert set(slugs(gone)) == {dropped.metadata.name, later.metadata.name}


def test_a_plan_of_nothing_is_no_permission_to_delete_something(api: Api, project: str) -> None:
    kept = agent(api)
    plan = api.apply_as(project, [kept], whole=True, dry_run=True).plan
    api.apply_as(project, [kept, agent(api)])
    assert refused(api.apply_as, project, [kept], whole=True, prune=True, prune_plan=plan).reason == (
        "stigmer.project.stale_plan"
    )


def test_runs_under_way_block_a_prune_and_a_destruction_and_are_named(api: Api, project: str) -> None:
    kept, dropped = agent(api), agent(api)
    stored = {each.slug: each.id for each in api.apply_as(project, [kept, dropped]).results}
    runs = [run_of(api, stored[dropped.metadata.name]).metadata.id for _ in range(2)]
    for error in (
        refused(api.apply_as, project, [kept], whole=True, prune=True),
        refused(api.destroy, project),
    ):
        assert (error.code, error.reason) == (
            grpc.StatusCode.FAILED_PRECONDITION,
            "stigmer.resource.live_executions",
        )
        assert error.message.startswith(f"project {project!r} has 2 runs under way: ")
        assert all(run in error.message for run in runs)
        assert {*error.facts["hint"].strip("`").split()[-2:]} == {*runs}
    assert is_stored(api, "Agent", dropped.metadata.name)
    assert len(api.project(project).resources) == 2


def test_what_stays_may_not_need_what_is_pruned(api: Api, project: str) -> None:
    environment = copied(make_environment(api))
    environment.metadata.version.Clear()
    (stored,) = api.apply_as(project, [agent(api)]).results
    reference = {"kind": "environment", "scope": "organization", "org": "local", "slug": environment.metadata.slug}
    instance = api.of("AgentInstance").envelope(
        {"agent_id": stored.id, "environment_refs": [reference]}, name=unique("owned")
    )
    api.apply_as(project, [environment, instance])
    error = refused(api.apply_as, project, [instance], whole=True, prune=True)
    assert error.code is grpc.StatusCode.INVALID_ARGUMENT
    assert environment.metadata.slug in error.facts["hint"]
    assert is_stored(api, "Environment", environment.metadata.slug)
    assert is_stored(api, "AgentInstance", instance.metadata.name)


def test_a_resource_of_another_project_is_refused_with_everything_else(api: Api, project: str) -> None:
    shared, own, theirs = agent(api), agent(api), unique("project")
    api.apply_as(theirs, [shared])
    error = refused(api.apply_as, project, [own, shared])
    assert (error.code, error.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "stigmer.project.owned_elsewhere")
    assert f"{theirs!r}" in error.message
    assert not is_stored(api, "Agent", own.metadata.name)
    assert slugs(api.project(theirs).resources) == [shared.metadata.name]


def test_taking_over_moves_it(api: Api, project: str) -> None:
    shared, theirs = agent(api), unique("project")
    api.apply_as(theirs, [shared])
    api.apply_as(project, [shared], take_over=True)
    assert slugs(api.project(project).resources) == [shared.metadata.name]
    assert not api.project(theirs).resources
    assert not api.destroy(theirs).resources
    assert is_stored(api, "Agent", shared.metadata.name)


def test_without_a_project_nothing_is_asked_and_nothing_moves(api: Api, project: str) -> None:
    mine = agent(api)
    api.apply_as(project, [mine])
    changed = agent(api, mine.metadata.name, description="changed by the way")
    api.batch([changed])
    assert slugs(api.project(project).resources) == [mine.metadata.name]


def test_what_another_project_built_on_it_keeps_it_from_being_pruned(api: Api, project: str) -> None:
    theirs = unique("project")
    (stored,) = api.apply_as(project, [agent(api)]).results
    instance = api.of("AgentInstance").envelope({"agent_id": stored.id}, name=unique("owned"))
    api.apply_as(theirs, [instance])
    error = refused(api.destroy, project)
    assert (error.code, error.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "stigmer.project.needed_elsewhere")
    assert theirs in error.message
    assert is_stored(api, "AgentInstance", instance.metadata.name)


def test_rows_go_with_what_is_deleted_by_whoever_deletes_it(api: Api, project: str) -> None:
    envelope = agent(api)
    (stored,) = api.apply_as(project, [envelope]).results
    instance = api.of("AgentInstance").envelope({"agent_id": stored.id}, name=unique("owned"))
    api.apply_as(project, [instance])
    assert len(api.project(project).resources) == 2
    api.of("Agent").delete(stored.id)
    assert api.project(project).resource_count == 0
    (again,) = api.batch([envelope])
    assert again.id != stored.id
    assert not api.project(project).resources


def test_destroying_leaves_nothing_and_can_be_repeated(api: Api, project: str) -> None:
    envelopes = [agent(api), workflow(api)]
    api.apply_as(project, envelopes)
    plan = planned(api, project)
    assert {each.slug for each in api.destroy(project, plan=plan.plan).resources} == {
        each.metadata.name for each in envelopes
    }
    assert not api.destroy(project).resources
    assert refused(api.project, project).code is grpc.StatusCode.NOT_FOUND
    assert refused(planned, api, project).code is grpc.StatusCode.NOT_FOUND
    assert not is_stored(api, "Agent", envelopes[0].metadata.name)


def test_a_destruction_that_somebody_agreed_to_is_refused_when_there_is_more(api: Api, project: str) -> None:
    api.apply_as(project, [agent(api)])
    plan = planned(api, project).plan
    api.apply_as(project, [agent(api)])
    assert refused(api.destroy, project, plan=plan).reason == "stigmer.project.stale_plan"
    assert api.project(project).resource_count == 2


def planned(api: Api, project: str) -> projects_pb2.DestroyPlan:
    request = projects_pb2.PlanDestroyRequest(name=project)
    answer: projects_pb2.DestroyPlan = api.call(f"{EXTENSION}.ProjectController.planDestroy", request)
    return answer


@pytest.mark.parametrize("option", [{"whole": True}, {"prune": True}, {"take_over": True}, {"prune_plan": "x"}])
def test_what_only_a_project_can_do_is_refused_without_one(api: Api, option: dict[str, Any]) -> None:
    error = refused(api.apply_as, "", [agent(api)], **option)
    assert (error.code, [*error.violations]) == (grpc.StatusCode.INVALID_ARGUMENT, [*option])


@pytest.mark.parametrize("name", ["a\x1b[31mb", "a\nb", "\u202eab", " "])
def test_a_name_that_cannot_be_printed_is_refused(api: Api, name: str) -> None:
    with pytest.raises(Refused, match=r"project: .* holds characters that cannot be printed, or none"):
        api.apply_as(name, [agent(api)])


def test_a_prune_without_the_whole_is_refused(api: Api, project: str) -> None:
    error = refused(api.apply_as, project, [agent(api)], prune=True)
    assert [*error.violations] == ["prune"]


def test_a_project_of_an_organization_that_is_not_there_is_refused(api: Api, project: str) -> None:
    error = refused(api.apply_as, project, [agent(api)], project_org="nowhere")
    assert [*error.violations] == ["project_org"]


def test_lists_can_be_of_one_project_with_what_belongs_to_it(api: Api, project: str) -> None:
    mine, other = agent(api), agent(api)
    (stored,) = api.apply_as(project, [mine]).results
    api.batch([other])
    run = run_of(api, stored.id)
    assert kinds_of(api, project, "Agent") == [stored.id]
    assert kinds_of(api, project, "Workflow") == []
    assert len(kinds_of(api, project, "AgentInstance")) == 1
    assert kinds_of(api, project, "AgentExecution") == [run.metadata.id]
    error = refused(api.page, "Agent", project="nowhere")
    assert (error.code, "nowhere" in error.message) == (grpc.StatusCode.NOT_FOUND, True)


def kinds_of(api: Api, project: str, kind: str) -> list[str]:
    return [opened(entry).metadata.id for entry in api.page(kind, project=project).entries]


def test_projects_are_listed_page_by_page_newest_first(api: Api) -> None:
    names = [unique("listed") for _ in range(3)]
    for name in names:
        api.apply_as(name, [agent(api), agent(api)])
    found: list[projects_pb2.Project] = []
    token = ""
    while len(found) < len(names):
        request = projects_pb2.ListProjectsRequest(page_size=2, page_token=token)
        page = api.call(f"{EXTENSION}.ProjectController.list", request)
        found += [each for each in page.projects if each.name in names]
        token = page.next_page_token
    assert [each.name for each in found] == names[::-1]
    assert {(each.resource_count, len(each.resources)) for each in found} == {(2, 0)}
    for bad in ({"page_size": 101}, {"page_token": "made up"}):
        request = projects_pb2.ListProjectsRequest(**bad)
        error = refused(api.call, f"{EXTENSION}.ProjectController.list", request)
        assert [*error.violations] == [*bad]


def test_an_apply_that_changes_nothing_leaves_the_project_as_it_is(api: Api, project: str) -> None:
    envelope = agent(api)
    api.apply_as(project, [envelope], whole=True)
    before = api.project(project)
    api.apply_as(project, [envelope], whole=True)
    assert api.project(project) == before


def test_two_applies_of_one_project_at_once_both_end_right(api: Api, project: str) -> None:
    """One after the other: with prune, whichever is last decides, and nothing of the other is left over."""
    envelopes = [[agent(api) for _ in range(5)] for _ in range(8)]

    def apply(number: int) -> None:
        api.apply_as(project, envelopes[number], whole=True, prune=True)

    at_once(apply, range(len(envelopes)), threads=len(envelopes))
    owned = set(slugs(api.project(project).resources))
    assert owned in [{each.metadata.name for each in some} for some in envelopes]
    stored = {each.metadata.name for some in envelopes for each in some if is_stored(api, "Agent", each.metadata.name)}
    assert stored == owned


def test_a_first_apply_and_a_destruction_at_once_leave_all_or_nothing(api: Api, project: str) -> None:
    envelopes = [agent(api) for _ in range(3)]

    def act(number: int) -> None:
        if number % 2:
            api.destroy(project)
        else:
            api.apply_as(project, envelopes, whole=True)

    at_once(act, range(16), threads=8)
    api.apply_as(project, envelopes, whole=True)
    assert api.project(project).resource_count == len(envelopes)
    api.destroy(project)
    assert not any(is_stored(api, "Agent", each.metadata.name) for each in envelopes)


def test_two_projects_that_take_over_from_each_other_leave_one_owner(api: Api, project: str) -> None:
    shared, other = [agent(api) for _ in range(4)], unique("project")
    api.apply_as(project, shared)
    at_once(lambda name: api.apply_as(name, shared, take_over=True), [project, other] * 4, threads=4)
    counts = [len(api.project(name).resources) for name in (project, other)]
    assert sorted(counts) == [0, len(shared)]


def test_the_message_of_the_apply_ends_the_history_of_what_it_prunes(api: Api, project: str) -> None:
    kept = agent(api)
    (dropped,) = api.apply_as(project, [agent(api)]).results
    api.apply_as(project, [kept], whole=True, prune=True, message="nobody asks it")
    request = revisions_pb2.ListRevisionsRequest(kind="Agent", id=dropped.id, page_size=1)
    (last,) = api.call(f"{EXTENSION}.RevisionController.list", request).revisions
    assert (last.event, last.message) == ("deleted", "nobody asks it")


ROUNDS, AGENTS = 3, 20


def test_a_server_that_is_killed_has_done_all_of_it_or_nothing(start_unit: StartUnit, project: str) -> None:
    unit = start_unit()
    with Api(unit.endpoint) as api:
        states = [[agent(api) for _ in range(AGENTS)] for _ in range(2)]
        api.apply_as(project, states[0], whole=True)
    for number in range(ROUNDS):
        with Api(unit.endpoint) as api:
            request = batch_pb2.BatchApplyRequest(project=project, whole=True, prune=True)
            for envelope in states[(number + 1) % 2]:
                request.resources.add().Pack(envelope)
            answer = api.start(f"{EXTENSION}.BatchController.apply", request)
            for _ in range(number):  # each time a little later
                api.info()
            unit.signal(signal.SIGKILL)
            answer.exception()
        unit.restart()
        with Api(unit.endpoint) as api:
            names = [{each.metadata.name for each in some} for some in states]
            owned = set(slugs(api.project(project).resources))
            assert owned in names
            assert {name for some in names for name in some if is_stored(api, "Agent", name)} == owned


def test_what_others_refer_to_is_neither_pruned_nor_destroyed(api: Api, project: str) -> None:
    environment = api.of("Environment").envelope({"data": {}}, name=unique("owned"))
    kept = agent(api)
    (stored, _) = api.apply_as(project, [kept, environment]).results
    reference = {"kind": "environment", "scope": "organization", "org": "local", "slug": environment.metadata.name}
    spec = {"agent_id": stored.id, "environment_refs": [reference]}
    instance = api.of("AgentInstance").envelope(spec, name=unique("user"))
    api.batch([instance])
    error = refused(api.apply_as, project, [kept], whole=True, prune=True)
    assert (error.reason, instance.metadata.name in error.message) == ("stigmer.resource.still_used", True)
    assert is_stored(api, "Environment", environment.metadata.name)
    api.apply_as(
        project, [kept, api.of("AgentInstance").envelope({"agent_id": stored.id}, name=instance.metadata.name)]
    )
    assert slugs(api.apply_as(project, [kept], whole=True, prune=True).deleted) == [
        instance.metadata.name,
        environment.metadata.name,
    ]


def test_what_ceases_to_refer_to_something_is_pruned_with_it_in_one_apply(api: Api, project: str) -> None:
    environment = api.of("Environment").envelope({"data": {}}, name=unique("owned"))
    (stored,) = api.apply_as(project, [agent(api)]).results
    reference = {"kind": "environment", "scope": "organization", "org": "local", "slug": environment.metadata.name}
    name, spec = unique("owned"), {"agent_id": stored.id, "environment_refs": [reference]}
    api.apply_as(project, [environment, api.of("AgentInstance").envelope(spec, name=name)])
    kept = agent(api, stored.slug)
    without = api.of("AgentInstance").envelope({"agent_id": stored.id}, name=name)
    answer = api.apply_as(project, [kept, without], whole=True, prune=True)
    assert slugs(answer.deleted) == [environment.metadata.name]
