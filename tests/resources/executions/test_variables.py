"""The variables of a run: where they come from, which wins, where they are kept, and that nothing stays of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from apps.resources.base import Resource, Revision
from apps.resources.caller import LOCAL
from apps.resources.executions import actions
from apps.resources.executions.kind import ExecutionKind
from apps.resources.executions.model import Execution, ExecutionEvent, Phase
from apps.resources.executions.variables import (
    Variable,
    keep_variables,
    kept_variables,
    masker_of_draft,
    open_variables,
    resolve_variables,
)
from apps.resources.json_value import Json
from apps.resources.kinds.agent_execution.actions import create_agent_execution
from apps.resources.kinds.execution_context.model import ExecutionContext
from apps.resources.kinds.workflow_execution.actions import create_workflow_execution
from apps.resources.registry import AGENT_EXECUTION, BY_NAME, WORKFLOW_EXECUTION
from apps.resources.run_errors import EnvironmentMissing, LeaseLost, SecretUnreadable, SecretUnset
from apps.resources.secrets import vault
from apps.resources.term import ResourceTerm
from apps.resources.wire.codec import draft_from_json
from apps.resources.writes import actions as resources
from tests.factories import AGENT_SPEC, WORKFLOW_SPEC
from tests.suites.client import unique
from tests.support.databases import both_databases
from tests.support.machines import HandOver, IdleLauncher, launchers

pytestmark = [both_databases, pytest.mark.django_db]
SECRET = "canary-of-a-run"


def secret(value: str) -> Json:
    return {"value": value, "is_secret": True}


def make(kind: str, spec: Json, scope: str = "organization") -> Resource:
    envelope = {"metadata": {"name": unique("made"), "owner_scope": scope}, "spec": spec}
    return resources.create(draft_from_json(BY_NAME[kind], envelope, LOCAL), LOCAL).row


@dataclass
class World:
    """One template with an instance that refers to environments, and runs of it."""

    kind: ExecutionKind
    template: Resource
    instance: Resource
    environments: list[Resource]
    start: Callable[[Json], Execution] = field(repr=False)

    def claimed(self, runtime_env: Json | None = None) -> Execution:
        return self.claim(self.start(runtime_env or {}))

    def claim(self, run: Execution, owner: str = "one") -> Execution:
        found = actions.claim(self.kind, run.pk, owner, seconds=60)
        assert found is not None
        return found


def as_run(row: Resource) -> Execution:
    assert isinstance(row, Execution)
    return row


def world_of_agents(env_spec: Json, *environments: Json, scope: str = "organization") -> World:
    template = make("Agent", {**AGENT_SPEC, "env_spec": {"data": env_spec}}, scope)
    made = [make("Environment", {"data": data}) for data in environments]
    refs = [{"slug": each.slug, "kind": "environment"} for each in made]
    instance = make("AgentInstance", {"agent_id": template.pk, "environment_refs": refs}, scope)
    session = make("Session", {"agent_instance_id": instance.pk})

    def start(runtime_env: Json) -> Execution:
        spec = {"session_id": session.pk, "message": "Go.", "runtime_env": runtime_env}
        made = create_agent_execution(draft_from_json(AGENT_EXECUTION, {"spec": spec}, LOCAL), LOCAL)
        return as_run(made.row)

    return World(AGENT_EXECUTION, template, instance, made, start)


def world_of_workflows(env_spec: Json, *environments: Json, scope: str = "organization") -> World:
    template = make("Workflow", {**WORKFLOW_SPEC, "env_spec": {"data": env_spec}}, scope)
    made = [make("Environment", {"data": data}) for data in environments]
    refs = [{"slug": each.slug, "scope": "organization"} for each in made]
    instance = make("WorkflowInstance", {"workflow_id": template.pk, "env_refs": refs}, scope)

    def start(runtime_env: Json) -> Execution:
        spec = {"workflow_instance_id": instance.pk, "runtime_env": runtime_env}
        made = create_workflow_execution(draft_from_json(WORKFLOW_EXECUTION, {"spec": spec}, LOCAL), LOCAL)
        return as_run(made.row)

    return World(WORKFLOW_EXECUTION, template, instance, made, start)


MakeWorld = Callable[..., World]


@pytest.fixture(params=[world_of_agents, world_of_workflows], ids=["agents", "workflows"])
def make_world(request: pytest.FixtureRequest, transactional_db: None, hand_over: HandOver) -> MakeWorld:
    hand_over(launchers=launchers(IdleLauncher()))
    resources.ensure_organization("local", "")
    made: MakeWorld = request.param
    return made


def test_later_sources_win_and_secrets_are_in_clear(make_world: MakeWorld) -> None:
    world = make_world(
        {name: {"value": "template"} for name in "ABCD"} | {"UNSET": {"is_secret": True}},
        {"B": {"value": "first"}, "C": {"value": "first"}, "D": secret("first")},
        {"C": {"value": "second"}, "D": secret("second")},
    )
    run = world.claimed({"D": secret(SECRET)})
    assert resolve_variables(world.template, world.instance, run) == {
        "A": Variable("template"),
        "B": Variable("first"),
        "C": Variable("second"),
        "D": Variable(SECRET, is_secret=True),
    }
    assert SECRET not in repr(resolve_variables(world.template, world.instance, run))


def test_an_instance_of_the_platform_runs_with_the_environments_of_whoever_runs_it(make_world: MakeWorld) -> None:
    world = make_world({}, {"A": {"value": "ours"}}, scope="platform")
    assert world.instance.org == ""
    assert resolve_variables(world.template, world.instance, world.claimed()) == {"A": Variable("ours")}


def test_an_environment_that_was_deleted_is_named(make_world: MakeWorld) -> None:
    world = make_world({}, {"A": {"value": "1"}}, {"B": {"value": "2"}})
    run, gone = world.claimed(), world.environments[1]
    resources.delete(BY_NAME["Environment"], gone.pk, LOCAL, force=True)
    with pytest.raises(EnvironmentMissing) as caught:
        open_variables(world.template, world.instance, run)
    assert gone.slug in caught.value.message
    assert world.instance.slug in caught.value.message
    assert not ExecutionContext.objects.exists()


def test_environments_named_for_a_run_come_after_those_of_the_instance(make_world: MakeWorld) -> None:
    world = make_world({}, {"A": {"value": "instance"}, "B": {"value": "instance"}, "C": {"value": "instance"}})
    first, second = (
        make("Environment", {"data": data}) for data in ({"A": secret("1"), "B": secret("1")}, {"B": secret("2")})
    )
    run = world.claimed({"C": {"value": "run"}})
    run.environments = [first.slug, second.slug]
    values = {name: each.value for name, each in resolve_variables(world.template, world.instance, run).items()}
    assert values == {"A": "1", "B": "2", "C": "run"}
    resources.delete(BY_NAME["Environment"], second.pk, LOCAL)
    with pytest.raises(EnvironmentMissing, match=f"{second.slug}', which the run refers to, does not exist"):
        resolve_variables(world.template, world.instance, run)


def test_the_secrets_of_environments_named_for_a_run_are_masked_in_what_is_stored(make_world: MakeWorld) -> None:
    world = make_world({}, {})
    named = make("Environment", {"data": {"TOKEN": secret(SECRET)}})
    spec = {"message": "Go."} if world.kind is AGENT_EXECUTION else {}
    draft = draft_from_json(world.kind, {"spec": spec}, LOCAL)
    draft.taken_columns["environments"] = [named.slug]
    assert masker_of_draft(draft, world.template, world.instance, LOCAL).text(SECRET) == "********"


def test_a_secret_that_nothing_gives_a_value_is_named_with_its_environment(make_world: MakeWorld) -> None:
    world = make_world({}, {"TOKEN": {"is_secret": True}})
    slug = world.environments[0].slug
    with pytest.raises(SecretUnset, match=f"environment '{slug}' has no value for the secret TOKEN") as caught:
        resolve_variables(world.template, world.instance, world.claimed())
    assert f"`stigmer env set {slug} TOKEN --secret`" in caught.value.hint
    given = world.claimed({"TOKEN": secret(SECRET)})
    assert resolve_variables(world.template, world.instance, given)["TOKEN"].value == SECRET


def test_a_secret_whose_key_is_gone_is_named(make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    run = (world := make_world({"TOKEN": secret(SECRET)})).claimed()

    def unseal(sealed: str) -> str:
        raise KeyError(sealed.partition(":")[0])

    monkeypatch.setattr(vault, "unseal", unseal)
    with pytest.raises(SecretUnreadable, match=r"the value of TOKEN was encrypted with the key 'k\d+-[0-9a-f]{6}'"):
        resolve_variables(world.template, world.instance, run)


def test_they_are_kept_while_it_runs_with_secrets_sealed(make_world: MakeWorld) -> None:
    world = make_world({"PLAIN": {"value": "shown"}})
    run = world.claimed({"TOKEN": secret(SECRET)})
    opened = open_variables(world.template, world.instance, run)
    assert kept_variables(run.pk) == opened
    context = ExecutionContext.objects.get(execution_id=run.pk)
    assert context.org == run.org
    assert SECRET not in f"{context.spec} {context.secrets} {bytes(context.snapshot)!r}"


def test_what_others_say_of_a_run_is_kept_without_its_secrets(make_world: MakeWorld) -> None:
    """Why it is to be cancelled, and what a runner elsewhere reports."""
    world = make_world({})
    run = world.claimed({"TOKEN": secret(SECRET)})
    open_variables(world.template, world.instance, run)
    part = "messages" if world.kind is AGENT_EXECUTION else "tasks"
    said = {"content": f"it is {SECRET}"} if part == "messages" else {"task_id": "/a", "error": f"it is {SECRET}"}
    actions.request_cancel(world.kind, run.pk, f"{SECRET} is out", LOCAL)
    actions.set_status(world.kind, run.pk, {"error": f"no {SECRET}", part: [said]}, LOCAL)
    run.refresh_from_db()
    assert (run.cancel_reason, run.error) == ("******** is out", "no ********")
    events = [event.data for event in ExecutionEvent.objects.filter(execution_id=run.pk)]
    assert "it is ********" in str(events)
    assert SECRET not in str(events)


def test_a_run_without_variables_keeps_nothing(make_world: MakeWorld) -> None:
    world = make_world({"UNSET": {"is_secret": True}})
    run = world.claimed()
    assert open_variables(world.template, world.instance, run) == kept_variables(run.pk) == {}
    assert not ExecutionContext.objects.exists()


def test_one_that_is_taken_up_again_gets_those_it_began_with(make_world: MakeWorld) -> None:
    world = make_world({}, {"REGION": {"value": "eu"}})
    run = world.claimed()
    began_with = open_variables(world.template, world.instance, run)
    actions.give_back(world.kind, run.pk, "one")
    resources.delete(BY_NAME["Environment"], world.environments[0].pk, LOCAL, force=True)
    again = world.claim(run, "two")
    assert open_variables(world.template, world.instance, again) == began_with
    assert ExecutionContext.objects.count() == 1


def test_one_whose_first_runner_died_before_it_kept_any_resolves_them(make_world: MakeWorld) -> None:
    world = make_world({"A": {"value": "1"}})
    run = world.claimed()
    actions.give_back(world.kind, run.pk, "one")
    run = world.claim(run, "two")
    assert open_variables(world.template, world.instance, run) == {"A": Variable("1")} == kept_variables(run.pk)


End = Callable[[ExecutionKind, Execution], object]


def finish(kind: ExecutionKind, run: Execution) -> None:
    actions.finish(kind, run.pk, "one", Phase.COMPLETED)


def report(kind: ExecutionKind, run: Execution) -> None:
    actions.set_status(kind, run.pk, {"phase": "EXECUTION_FAILED", "error": "no"}, LOCAL)


def delete(kind: ExecutionKind, run: Execution) -> None:
    resources.delete(kind, run.pk, LOCAL, force=True)


def delete_its_template(kind: ExecutionKind, run: Execution) -> None:
    template = BY_NAME["Agent" if kind is AGENT_EXECUTION else "Workflow"]
    resources.delete(template, template.model.objects.get().pk, LOCAL, force=True)
    assert not type(run).objects.filter(pk=run.pk).exists()


def take_over(kind: ExecutionKind, run: Execution) -> None:
    actions.give_back(kind, run.pk, "one")
    actions.claim(kind, run.pk, "two", seconds=60)


@pytest.mark.parametrize("end", [finish, report, delete, delete_its_template])
def test_nothing_stays_of_them_when_the_run_is_over(make_world: MakeWorld, end: End) -> None:
    world = make_world({})
    run = world.claimed({"TOKEN": secret(SECRET)})
    open_variables(world.template, world.instance, run)
    context = ExecutionContext.objects.get(execution_id=run.pk)
    assert Revision.objects.get(resource_id=context.pk).secrets
    end(world.kind, run)
    assert not ExecutionContext.objects.exists()
    assert not Revision.objects.filter(resource_id=context.pk).exists()


@pytest.mark.parametrize("end", [finish, delete])
def test_nothing_stays_of_what_is_kept_beside_them(make_world: MakeWorld, end: End) -> None:
    world = make_world({})
    run = world.claimed()
    envelope = {"metadata": {"tags": ["red"], "labels": {"team": "core"}}, "spec": {"execution_id": run.pk}}
    (made,) = resources.apply([draft_from_json(BY_NAME["ExecutionContext"], envelope, LOCAL)], LOCAL)
    beside = ResourceTerm.objects.filter(resource_id=made.row.pk)
    assert beside.count() == 2
    end(world.kind, run)
    assert not beside.exists()


def test_a_context_that_somebody_deletes_leaves_no_revision(make_world: MakeWorld) -> None:
    world = make_world({"TOKEN": secret(SECRET)})
    run = world.claimed()
    open_variables(world.template, world.instance, run)
    context = ExecutionContext.objects.get(execution_id=run.pk)
    resources.delete(BY_NAME["ExecutionContext"], context.pk, LOCAL)
    assert not Revision.objects.filter(resource_id=context.pk).exists()


@pytest.mark.parametrize("end", [finish, delete, take_over])
def test_a_run_that_is_no_longer_ours_keeps_none(make_world: MakeWorld, end: End) -> None:
    world = make_world({"A": {"value": "1"}})
    run = world.claimed()
    end(world.kind, run)
    with pytest.raises(LeaseLost):
        keep_variables(run, {"A": Variable("1")})
    assert not ExecutionContext.objects.exists()
