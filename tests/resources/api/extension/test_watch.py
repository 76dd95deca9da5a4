"""Following what happens to the resources of a kind, and listing them by conditions."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from stigmer_proto.controlplane.v1 import executions_pb2, resources_pb2

from apps.resources.kind import Kind
from apps.resources.registry import KINDS
from tests.factories import AGENT_SPEC, make_agent
from tests.suites.api_unit import StartUnit
from tests.suites.client import EXTENSION, Api, Envelope, Refused, opened, unique
from tests.support.databases import both_databases

pytestmark = both_databases
WATCH = f"{EXTENSION}.ResourceController.watch"
CREATED, UPDATED, DELETED, UNMATCHED = (
    resources_pb2.RESOURCE_CREATED,
    resources_pb2.RESOURCE_UPDATED,
    resources_pb2.RESOURCE_DELETED,
    resources_pb2.RESOURCE_UNMATCHED,
)
WATCHERS = 200
PATIENCE_SECONDS = 300.0
"""PostgreSQL tells nothing while an older transaction is open anywhere on the server, of another test, say."""


class Watch:
    """A watch that has begun: `told` gives what it tells, change by change, for as long as it is asked."""

    def __init__(self, api: Api, kind: str = "Agent", **options: Any) -> None:  # Any: fields of the request
        request = resources_pb2.WatchResourcesRequest(kind=kind, **options)
        self.stream = api.stream(WATCH, request, seconds=PATIENCE_SECONDS)
        self.position = next(self.stream).position

    def told(self) -> Iterator[resources_pb2.ResourceChange]:
        for answer in self.stream:
            self.position = answer.position or self.position
            yield from answer.changes

    def of(self, *ids: str) -> Iterator[tuple[int, Any]]:  # Any: an envelope of any kind, or None
        """The events of these resources, each with the envelope: other tests write, too."""
        for change in self.told():
            if change.id in ids:
                yield change.event, opened(change.resource) if change.HasField("resource") else None

    def __enter__(self) -> Watch:
        return self

    def __exit__(self, *_: object) -> None:
        self.stream.cancel()


def labelled(api: Api, **labels: str) -> Envelope:
    agents = api.of("Agent")
    return agents.create(agents.envelope(AGENT_SPEC, name=unique("watched"), labels=labels))


def change(api: Api, agent: Envelope, **labels: str) -> Envelope:
    wanted = type(agent)()
    wanted.CopyFrom(agent)
    wanted.metadata.version.Clear()
    wanted.metadata.labels.clear()
    wanted.metadata.labels.update(labels)
    return api.of("Agent").update(wanted)


def ids_of(api: Api, **options: Any) -> list[str]:  # Any: fields of the request
    return [opened(entry).metadata.id for entry in api.page("Agent", **options).entries]


def test_what_happens_is_told_with_what_it_is_then(api: Api) -> None:
    with Watch(api) as watch:
        agent = make_agent(api)
        told = watch.of(agent.metadata.id)
        assert next(told) == (CREATED, agent)
        changed = change(api, agent, team="support")
        assert next(told) == (UPDATED, changed)
        api.of("Agent").delete(agent.metadata.id)
        assert next(told) == (DELETED, None)


def test_a_watch_goes_on_where_a_list_or_an_earlier_watch_ended(api: Api) -> None:
    kept, gone = make_agent(api), make_agent(api)
    position = api.page("Agent").position
    api.of("Agent").delete(gone.metadata.id)
    changed = change(api, kept, team="support")
    ids = (kept.metadata.id, gone.metadata.id)
    with Watch(api, position=position) as watch:
        told = watch.of(*ids)
        assert [next(told), next(told)] == [(DELETED, None), (UPDATED, changed)]
        position = watch.position
    api.of("Agent").delete(kept.metadata.id)
    with Watch(api, position=position) as watch:
        assert next(watch.of(*ids)) == (DELETED, None)


def test_a_server_that_begins_anew_goes_on_from_the_same_position(start_unit: StartUnit) -> None:
    unit = start_unit()
    with Api(unit.endpoint) as api:
        position = api.page("Agent").position
        agent = make_agent(api)
    unit.signal(signal.SIGKILL)
    unit.restart()
    with Api(unit.endpoint) as api, Watch(api, position=position) as watch:
        assert next(watch.of(agent.metadata.id)) == (CREATED, agent)


def test_what_does_not_match_any_more_is_told_and_what_never_did_is_not(api: Api) -> None:
    team = unique("team")
    with Watch(api, labels={"team": team}) as watch:
        other = labelled(api, team="another")
        agent = labelled(api, team=team)
        told = watch.of(agent.metadata.id, other.metadata.id)
        assert next(told) == (CREATED, agent)
        change(api, agent)
        assert next(told) == (UNMATCHED, None)
        back = change(api, agent, team=team)
        assert next(told) == (UPDATED, back)


def test_what_a_project_takes_is_told_although_nothing_of_it_changes(api: Api) -> None:
    first, second, agents = unique("project"), unique("project"), api.of("Agent")
    agent, first_own, second_own = (agents.envelope(AGENT_SPEC, name=unique("watched")) for _ in range(3))
    api.batch([agent])
    api.apply_as(first, [first_own])
    api.apply_as(second, [second_own])
    stored = agents.find(agent.metadata.name)
    with Watch(api, project=first) as watch:
        told = watch.of(stored.metadata.id)
        api.apply_as(first, [agent])
        assert next(told) == (UPDATED, stored)
        with Watch(api, project=second, position=watch.position) as other:
            api.apply_as(second, [agent], take_over=True)
            assert next(told) == (UNMATCHED, None)
            assert next(other.of(stored.metadata.id)) == (UPDATED, stored)


def test_runs_are_told_of_as_they_move_on(idle_api: Api) -> None:
    executions = idle_api.of("AgentExecution")
    agent = make_agent(idle_api)
    with (
        Watch(idle_api, "AgentExecution", read_mask=FieldMask(paths=["status.phase"])) as watch,
        Watch(idle_api, "AgentExecution", phase="EXECUTION_CANCELLED") as ended,
    ):
        run = executions.create(
            executions.envelope({"agent_id": agent.metadata.id, "message": "Hello."}, owner_scope=0)
        )
        run_id = run.metadata.id
        told = watch.of(run_id)
        event, envelope = next(told)
        assert (event, envelope.status.phase) == (CREATED, 1)
        idle_api.call(f"{EXTENSION}.ExecutionController.cancel", executions_pb2.CancelRunRequest(execution_id=run_id))
        event, envelope = next(told)
        assert (event, envelope.status.phase) == (UPDATED, 5)
        assert not envelope.HasField("spec")
        # Created and cancelled, or cancelled alone: whichever that watch came in time to see.
        event, envelope = next(ended.of(run_id))
        assert (event in {CREATED, UPDATED}, envelope.status.phase) == (True, 5)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_kind_is_listed_and_watched(api: Api, kind: Kind) -> None:
    position = api.page(kind.name, page_size=1).position
    with Watch(api, kind.name, position=position) as watch:
        assert watch.position == position


@pytest.mark.parametrize("position", ["nonsense", "1.2", "1.2.3.4", "-1.2.3", "\u0661.2.3"])
def test_a_position_that_nobody_issued_is_refused(api: Api, position: str) -> None:
    assert refusal(api, position=position).code is grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.parametrize("position", ["0.1.1", "0.99999999.1", "99999999999.1.1"])
def test_a_position_that_is_not_known_any_more_says_to_list_again(api: Api, position: str) -> None:
    refused = refusal(api, position=position)
    assert (refused.code, refused.reason) == (
        grpc.StatusCode.FAILED_PRECONDITION,
        "stigmer.watch.position_gone",
    )


def refusal(api: Api, **options: Any) -> Refused:  # Any: fields of the request
    with pytest.raises(grpc.RpcError) as caught:
        Watch(api, **options)
    return Refused.from_error(caught.value)


def test_a_slow_watcher_holds_up_none_of_many(start_unit: StartUnit) -> None:
    unit = start_unit()
    with Api(unit.endpoint) as api:
        names = FieldMask(paths=["metadata.name"])
        slow, watches = Watch(api), [Watch(api, read_mask=names) for _ in range(WATCHERS - 1)]
        long_text = {"instructions": "Answer at length. " * 60_000}  # more than waits for it on the way
        agents = api.of("Agent")
        made = [agents.create(agents.envelope(long_text, name=unique("long"))) for _ in range(10)]
        ids = [each.metadata.id for each in made]
        for watch in watches:
            assert next(watch.of(ids[-1]))[0] == CREATED
        assert [envelope.metadata.id for _, (_, envelope) in zip(ids, slow.of(*ids), strict=False)] == ids
        for watch in (slow, *watches):
            watch.stream.cancel()


class TestLists:
    """Conditions, and parts of envelopes."""

    def test_labels_must_all_match(self, api: Api) -> None:
        team = unique("team")
        one, both = labelled(api, team=team), labelled(api, team=team, tier="1")
        assert ids_of(api, labels={"team": team}) == [both.metadata.id, one.metadata.id]
        assert ids_of(api, labels={"team": team, "tier": "1"}) == [both.metadata.id]
        assert ids_of(api, labels={"team": team, "tier": "2"}) == []

    @pytest.mark.parametrize("name", ["1", "a.b/c", "it's", 'say "hi"', "per%cent", "a__b"])
    def test_names_of_labels_are_taken_as_they_are(self, api: Api, name: str) -> None:
        value = unique("value")
        agent = labelled(api, **{name: value})
        assert ids_of(api, labels={name: value}) == [agent.metadata.id]
        assert ids_of(api, labels={name: "another"}) == []

    def test_what_was_written_since_is_found(self, api: Api) -> None:
        tag = unique("tag")
        agents = api.of("Agent")
        old, new = (agents.create(agents.envelope(AGENT_SPEC, name=unique("since"), tags=[tag])) for _ in range(2))
        since = new.status.audit.spec_audit.updated_at
        assert ids_of(api, tags=[tag], updated_since=since) == [new.metadata.id]
        change(api, old)
        assert new.metadata.id in ids_of(api, updated_since=since)

    def test_phases_are_of_runs_only(self, api: Api) -> None:
        for kind, phase in (("Agent", "EXECUTION_FAILED"), ("AgentExecution", "NONSENSE")):
            with pytest.raises(Refused) as caught:
                api.page(kind, phase=phase)
            assert list(caught.value.violations) == ["phase"]

    def test_no_more_is_answered_than_is_asked_for(self, api: Api) -> None:
        tag = unique("tag")
        agents = api.of("Agent")
        agent = agents.create(agents.envelope(AGENT_SPEC, name=unique("parts"), tags=[tag], labels={"a": "b"}))
        mask = FieldMask(paths=["metadata.name", "metadata.labels"])
        [entry] = api.page("Agent", tags=[tag], read_mask=mask).entries
        wanted = type(agent)()
        wanted.metadata.name = agent.metadata.name
        wanted.metadata.labels.update({"a": "b"})
        assert opened(entry) == wanted
        [entry] = api.page("Agent", tags=[tag], read_mask=FieldMask(paths=["spec.instructions"])).entries
        assert opened(entry).spec.instructions == agent.spec.instructions
        assert not opened(entry).HasField("metadata")
        [entry] = api.page("Agent", tags=[tag], read_mask=FieldMask(paths=["metadata"])).entries
        assert opened(entry).metadata == agent.metadata
        of_all = api.page("Agent", page_size=1, read_mask=FieldMask(paths=["metadata.tags", "metadata.labels"])).entries
        assert [*opened(of_all[0]).metadata.tags] == [tag], "with no filter, too"

    def test_parts_that_there_are_not_are_named(self, api: Api) -> None:
        with pytest.raises(Refused) as caught:
            api.page("Agent", read_mask=FieldMask(paths=["metadata.name", "spec.nonsense"]))
        assert caught.value.violations == {"read_mask": "'spec.nonsense' is no field of Agent"}
