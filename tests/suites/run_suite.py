"""What the kinds of runs promise: AgentExecution and WorkflowExecution."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any, ClassVar

import grpc
import pytest
from stigmer_proto.controlplane.v1 import executions_pb2, resources_pb2

from apps.resources.json_value import Json
from tests.suites.asking import at_once, code_of, copied, refusal
from tests.suites.client import EXTENSION, Api, Envelope, KindApi, Refused, opened, unique
from tests.suites.kind_suite import KindSuite
from tests.suites.readme import Readme

PENDING, IN_PROGRESS, COMPLETED, FAILED, CANCELLED = range(1, 6)
TOKEN = b"who-waits"
SECRET = "hunter2-of-a-run"  # not one of ours
NEXT_PAGE = "stigmer-next-page-token"


class RunSuite(KindSuite):
    verbs = ("create", "update")
    has_references = False
    parent_kind: ClassVar[str]
    parent_field: ClassVar[str]
    """Spec field with the id of what is run by its default instance."""
    lists: ClassVar[dict[str, str]]
    """RPCs that list the runs of something, and the spec field with its id."""

    @pytest.fixture
    def api(self, idle_api: Api) -> Api:
        return idle_api

    def make_parent(self, api: Api, **metadata: Json) -> Envelope:
        raise TypeError(f"{type(self).__name__} does not say what it runs: {api} {metadata}")

    def with_secret(self, kinds: KindApi, value: str) -> Envelope:
        spec = {**self.spec(kinds.api), "runtime_env": {"KEY": {"value": value, "is_secret": True}}}
        return kinds.envelope(spec, name=unique("run"), owner_scope=self.scope)

    def spec(self, api: Api) -> dict[str, Json]:
        return {**copy.deepcopy(self.good_spec), self.parent_field: self.make_parent(api).metadata.id}

    def test_the_manifest_of_the_readme_deploys(self, kinds: KindApi) -> None:
        wanted = Readme.of(kinds.kind).envelope(kinds.kind)
        self.make_parent(kinds.api, id=getattr(wanted.spec, self.parent_field))
        made = kinds.create(wanted)
        assert made.metadata.name == wanted.metadata.name
        assert (made.status.phase, made.spec.runtime_env) == (PENDING, wanted.spec.runtime_env)

    # Beginning.

    def test_a_run_is_pending_and_answered_at_once(self, stored: Envelope) -> None:
        assert stored.status.phase == PENDING
        assert (stored.status.started_at, stored.status.completed_at, stored.status.error) == ("", "", "")
        assert stored.status.audit.spec_audit.created_by.id == "local"

    def test_a_status_is_wiped(self, kinds: KindApi) -> None:
        envelope = self.envelope(kinds)
        envelope.status.phase, envelope.status.error = COMPLETED, "forged"
        made = kinds.create(envelope)
        assert (made.status.phase, made.status.error) == (PENDING, "")

    def test_without_a_name_it_is_named_by_us(self, kinds: KindApi) -> None:
        first, second = (kinds.create(self.envelope(kinds, name="")) for _ in range(2))
        assert first.metadata.slug != second.metadata.slug

    def test_what_is_run_has_to_be_said(self, kinds: KindApi) -> None:
        nothing = kinds.envelope(self.good_spec, name=unique("run"), owner_scope=self.scope)
        assert set(refusal(kinds, "create", nothing).violations) == {"spec"}

    def test_what_is_run_has_to_exist(self, kinds: KindApi) -> None:
        for field in (self.parent_field, *self.lists.values()):
            spec = {**self.good_spec, field: "xyz-nothing"}
            refused = refusal(kinds, "create", kinds.envelope(spec, name=unique("run"), owner_scope=self.scope))
            assert (refused.code, set(refused.violations)) == (grpc.StatusCode.INVALID_ARGUMENT, {f"spec.{field}"})

    def test_what_is_run_may_be_named_by_its_slug(self, kinds: KindApi, stored: Envelope) -> None:
        what = kinds.api.of(self.parent_kind).get(getattr(stored.spec, self.parent_field))
        spec = {**self.good_spec, self.parent_field: what.metadata.slug}
        made = kinds.create(kinds.envelope(spec, name=unique("run"), owner_scope=self.scope))
        assert getattr(made.spec, self.parent_field) == what.metadata.id
        again = copied(made)
        setattr(again.spec, self.parent_field, what.metadata.slug)
        assert getattr(kinds.update(again).spec, self.parent_field) == what.metadata.id

    def test_variables_of_a_run_are_masked_and_never_empty(self, kinds: KindApi) -> None:
        made = kinds.create(self.with_secret(kinds, SECRET))
        for answer in (made, kinds.get(made.metadata.id), opened(kinds.api.page(self.kind).entries[0])):
            assert SECRET not in str(answer)
            assert answer.spec.runtime_env["KEY"].value == "********"
        assert set(refusal(kinds, "create", self.with_secret(kinds, "")).violations) == {
            'spec.runtime_env["KEY"].value'
        }

    def test_a_callback_token_is_shown_to_nobody(self, kinds: KindApi) -> None:
        envelope = self.envelope(kinds)
        envelope.spec.callback_token = TOKEN
        made = kinds.create(envelope)
        listed = opened(kinds.api.page(self.kind).entries[0])
        updated = self.report(kinds, made, phase=IN_PROGRESS)
        followed = next(self.subscribe(kinds, made))
        for answer in (kinds.get(made.metadata.id), listed, updated, followed):
            assert TOKEN not in answer.SerializeToString()

    def test_a_run_is_created_and_never_applied(self, kinds: KindApi, stored: Envelope) -> None:
        again, fresh = copied(stored), copied(stored)
        for envelope in (again, fresh):
            envelope.metadata.Clear()
        again.metadata.name, fresh.metadata.name = stored.metadata.name, unique("run")
        again.metadata.owner_scope = fresh.metadata.owner_scope = stored.metadata.owner_scope
        with pytest.raises(Refused, match="are created, never applied") as caught:
            kinds.api.batch([again, fresh])
        assert caught.value.code is grpc.StatusCode.INVALID_ARGUMENT
        assert list(caught.value.violations) == ["resources[0].kind", "resources[1].kind"]

    # Under way.

    def test_phases_move_forward_and_stamp_their_times(self, kinds: KindApi, stored: Envelope) -> None:
        begun = self.report(kinds, stored, phase=IN_PROGRESS)
        assert begun.status.started_at.endswith("Z")
        ended = self.report(kinds, stored, phase=FAILED, error="the model is gone")
        assert (ended.status.phase, ended.status.error) == (FAILED, "the model is gone")
        assert ended.status.completed_at >= ended.status.started_at == begun.status.started_at
        assert kinds.get(stored.metadata.id) == ended

    @pytest.mark.parametrize("end", [COMPLETED, FAILED, CANCELLED])
    def test_a_run_that_has_ended_never_changes_again(self, kinds: KindApi, stored: Envelope, end: int) -> None:
        ended = self.report(kinds, stored, phase=end)
        for phase in (PENDING, IN_PROGRESS, COMPLETED, FAILED, CANCELLED):
            refused = refusal(kinds, "updateStatus", self.status_request(kinds, stored, phase=phase, error="late"))
            assert refused.code is grpc.StatusCode.FAILED_PRECONDITION
        assert kinds.get(stored.metadata.id) == ended

    def test_a_phase_never_moves_back(self, kinds: KindApi, stored: Envelope) -> None:
        self.report(kinds, stored, phase=IN_PROGRESS)
        refused = refusal(kinds, "updateStatus", self.status_request(kinds, stored, phase=PENDING))
        assert refused.code is grpc.StatusCode.FAILED_PRECONDITION

    def test_what_a_report_leaves_out_stays(self, kinds: KindApi, stored: Envelope) -> None:
        self.report(kinds, stored, phase=IN_PROGRESS, error="halfway")
        assert self.report(kinds, stored).status.error == "halfway"
        assert self.report(kinds, stored, phase=IN_PROGRESS).status.error == "halfway"

    def test_the_audit_of_a_report_is_not_even_read(self, kinds: KindApi, stored: Envelope) -> None:
        request = self.status_request(kinds, stored, phase=IN_PROGRESS)
        request.status.audit.spec_audit.created_at.seconds = 10**15  # no date
        assert kinds.command("updateStatus", request).status.audit.spec_audit == stored.status.audit.spec_audit

    def test_of_concurrent_ends_one_wins(self, kinds: KindApi, stored: Envelope) -> None:
        def end(number: int) -> grpc.StatusCode:
            return code_of(kinds, "updateStatus", self.status_request(kinds, stored, phase=3 + number % 3))

        codes = at_once(end, range(8))
        assert sorted(code.name for code in codes) == ["FAILED_PRECONDITION"] * 7 + ["OK"]

    def test_a_report_on_nothing_is_not_found(self, kinds: KindApi, stored: Envelope) -> None:
        gone = copied(stored)
        gone.metadata.id = f"{kinds.kind.prefix}-01arz3ndektsv4rrffq69g5fav"
        refused = refusal(kinds, "updateStatus", self.status_request(kinds, gone, phase=COMPLETED))
        assert refused.code is grpc.StatusCode.NOT_FOUND

    def test_labels_may_change_and_what_is_run_may_not(self, kinds: KindApi, stored: Envelope) -> None:
        wanted = copied(stored)
        wanted.metadata.labels["kept"] = "yes"
        assert kinds.update(wanted).metadata.labels["kept"] == "yes"
        setattr(wanted.spec, self.text_field, "something else")
        wanted.metadata.version.Clear()
        assert set(refusal(kinds, "update", wanted).violations) == {f"spec.{self.text_field}"}

    def test_labels_of_a_run_that_has_ended_change_and_how_it_ended_stays(
        self, kinds: KindApi, stored: Envelope
    ) -> None:
        self.report(kinds, stored, phase=IN_PROGRESS)
        ended = self.report(kinds, stored, phase=FAILED, error="the model is gone")
        wanted = copied(ended)
        wanted.metadata.labels["seen"] = "yes"
        after = kinds.update(wanted)
        assert (after.metadata.labels["seen"], after.status.phase) == ("yes", FAILED)
        after.status.audit.Clear()
        ended.status.audit.Clear()
        assert after.status == ended.status
        assert kinds.get(stored.metadata.id).status.error == "the model is gone"

    def test_an_update_finds_a_run_by_its_slug_and_keeps_what_is_run(self, kinds: KindApi, stored: Envelope) -> None:
        wanted = copied(stored)
        wanted.metadata.id = ""
        wanted.metadata.version.Clear()
        wanted.metadata.labels["found"] = "by slug"
        changed = kinds.update(wanted)
        assert (changed.metadata.id, changed.metadata.labels["found"]) == (stored.metadata.id, "by slug")
        assert changed.spec == stored.spec
        setattr(wanted.spec, self.text_field, "something else")
        assert set(refusal(kinds, "update", wanted).violations) == {f"spec.{self.text_field}"}
        wanted.metadata.slug = ""
        nameless = refusal(kinds, "update", wanted)
        assert (nameless.code, set(nameless.violations)) == (grpc.StatusCode.INVALID_ARGUMENT, {"metadata"})

    def test_an_update_keeps_the_secrets_of_a_run(self, kinds: KindApi) -> None:
        made = kinds.create(self.with_secret(kinds, SECRET))
        wanted = copied(made)
        wanted.spec.runtime_env["KEY"].value = "another"
        refused = refusal(kinds, "update", wanted)
        assert set(refused.violations) == {'spec.runtime_env["KEY"].value'}
        wanted.spec.ClearField("runtime_env")
        kept = kinds.update(wanted)
        assert kept.spec == made.spec
        again = copied(kept)
        again.spec.runtime_env["KEY"].value = SECRET
        assert kinds.update(again).spec == made.spec, "the value that is stored is no change"

    def test_an_error_that_was_reported_stays_with_the_end(self, kinds: KindApi, stored: Envelope) -> None:
        self.report(kinds, stored, phase=IN_PROGRESS, error="the model is gone")
        ended = self.report(kinds, stored, phase=FAILED)
        assert ended.status.error == kinds.get(stored.metadata.id).status.error == "the model is gone"
        other = kinds.create(self.envelope(kinds))
        self.report(kinds, other, phase=IN_PROGRESS, error="the model is gone")
        assert self.report(kinds, other, phase=FAILED, error="for good").status.error == "for good"

    def test_every_way_to_read_a_run_shows_it_as_it_is_now(self, kinds: KindApi, stored: Envelope) -> None:
        now = self.report(kinds, stored, phase=IN_PROGRESS, error="so far so bad")
        by_id = resources_pb2.GetResourceRequest(kind=self.kind, id=stored.metadata.id)
        assert kinds.get(stored.metadata.id) == now
        assert self.find(kinds, stored.metadata.slug) == now
        assert opened(kinds.api.call(f"{EXTENSION}.ResourceController.get", by_id)) == now
        assert opened(kinds.api.page(self.kind).entries[0]) == now
        assert self.pages(kinds, "list", page_size=1)[0] == [now]

    # Following.

    def test_a_follower_gets_the_run_as_it_is_every_change_and_the_end(self, kinds: KindApi, stored: Envelope) -> None:
        following = self.subscribe(kinds, stored)
        assert next(following) == stored
        for phase in (IN_PROGRESS, COMPLETED):
            changed = self.report(kinds, stored, phase=phase)
            assert self.next_in_phase(following, phase).status.phase == changed.status.phase
        assert list(following) == []

    def test_a_follower_of_a_run_that_has_ended_gets_it_once(self, kinds: KindApi, stored: Envelope) -> None:
        ended = self.report(kinds, stored, phase=COMPLETED)
        assert list(self.subscribe(kinds, stored)) == [ended]

    def test_a_follower_of_nothing_is_told_so(self, kinds: KindApi, stored: Envelope) -> None:
        gone = copied(stored)
        gone.metadata.id = f"{kinds.kind.prefix}-01arz3ndektsv4rrffq69g5fav"
        with pytest.raises(grpc.RpcError) as caught:
            next(self.subscribe(kinds, gone))
        assert caught.value.code() is grpc.StatusCode.NOT_FOUND

    def test_many_followers_do_not_keep_calls_waiting(self, kinds: KindApi, stored: Envelope) -> None:
        followers = [self.subscribe(kinds, stored) for _ in range(30)]
        for follower in followers:
            assert next(follower) == stored
        ended = self.report(kinds, stored, phase=COMPLETED)
        assert all(list(follower)[-1] == ended for follower in followers)

    def test_events_can_be_followed_one_by_one_from_anywhere(self, kinds: KindApi, stored: Envelope) -> None:
        self.report(kinds, stored, phase=IN_PROGRESS)
        self.report(kinds, stored, phase=FAILED, error="no luck")
        events = list(self.events(kinds, stored))
        assert [event.phase.phase for event in events if event.HasField("phase")] == [
            "EXECUTION_PENDING",
            "EXECUTION_IN_PROGRESS",
            "EXECUTION_FAILED",
        ]
        assert events[-1].phase.error == "no luck"
        assert [event.id for event in events] == sorted({event.id for event in events})
        assert list(self.events(kinds, stored, after=events[0].id)) == events[1:]
        assert list(self.events(kinds, stored, after=events[-1].id)) == [], "nothing comes after the end"

    def test_events_that_are_followed_late_come_together_as_far_as_they_fit(
        self, kinds: KindApi, stored: Envelope
    ) -> None:
        for number in range(4):
            self.report(kinds, stored, phase=IN_PROGRESS, error=str(number) * 1_500_000)
        self.report(kinds, stored, phase=FAILED)
        request = executions_pb2.FollowRequest(execution_id=stored.metadata.id)
        answers = list(kinds.api.stream(f"{EXTENSION}.ExecutionController.follow", request))
        assert [[event.WhichOneof("change") for event in answer.events] for answer in answers] == [
            ["phase", "phase", "replaced", "replaced"],
            ["replaced", "replaced"],
            ["phase"],
        ]

    # Ending early, and deleting.

    def test_a_run_that_nobody_works_on_is_cancelled_at_once(self, kinds: KindApi, stored: Envelope) -> None:
        ended = opened(self.cancel(kinds, stored, "not needed"))
        assert ended.status.phase == CANCELLED
        assert "not needed" in ended.status.error
        with pytest.raises(Refused) as caught:
            self.cancel(kinds, stored, "again")
        assert caught.value.code is grpc.StatusCode.FAILED_PRECONDITION

    def test_a_live_run_is_deleted_by_force_alone(self, kinds: KindApi, stored: Envelope) -> None:
        assert refusal(kinds, "delete", kinds.delete_request(stored.metadata.id)).reason.endswith("live_executions")
        request = resources_pb2.DeleteResourceRequest(kind=self.kind, id=stored.metadata.id, force=True)
        kinds.api.call(f"{EXTENSION}.ResourceController.delete", request)
        gone = kinds.request("Query", "get", value=stored.metadata.id)
        assert refusal(kinds, "get", gone).code is grpc.StatusCode.NOT_FOUND

    def test_a_run_that_has_ended_is_deleted_as_it_was(self, kinds: KindApi, stored: Envelope) -> None:
        ended = self.report(kinds, stored, phase=COMPLETED)
        assert kinds.delete(stored.metadata.id) == ended

    def test_what_is_run_cannot_be_deleted_under_it(self, kinds: KindApi, stored: Envelope) -> None:
        parents = kinds.api.of(self.parent_kind)
        parent_id = getattr(stored.spec, self.parent_field)
        refused = refusal(parents, "delete", parents.delete_request(parent_id))
        assert refused.code is grpc.StatusCode.FAILED_PRECONDITION
        assert stored.metadata.id in refused.message
        self.report(kinds, stored, phase=COMPLETED)
        parents.delete(parent_id)
        gone = kinds.request("Query", "get", value=stored.metadata.id)
        assert refusal(kinds, "get", gone).code is grpc.StatusCode.NOT_FOUND

    # Lists.

    def test_lists_are_newest_first_by_pages(self, kinds: KindApi) -> None:
        spec = self.spec(kinds.api)
        runs = [kinds.create(kinds.envelope(spec, name=unique("run"), owner_scope=self.scope)) for _ in range(3)]
        for verb, field in self.lists.items():
            wanted = [run for run in reversed(runs) if getattr(run.spec, field) == getattr(runs[0].spec, field)]
            name = field if field in kinds.request("Query", verb).DESCRIPTOR.fields_by_name else "workflow_id"
            found = self.pages(kinds, verb, page_size=2, **{name: getattr(runs[0].spec, field)})
            assert found == [wanted[start : start + 2] for start in range(0, len(wanted), 2)]

    def test_lists_narrow_by_phase_and_tags(self, kinds: KindApi) -> None:
        one, other = unique("tag"), unique("tag")
        both, single = (kinds.create(self.envelope(kinds, tags=tags)) for tags in ([one, other], [one]))
        ended = self.report(kinds, single, phase=COMPLETED)
        assert self.pages(kinds, "list", tags=[one]) == [[ended, both]]
        assert self.pages(kinds, "list", tags=[one, other]) == [[both]]
        assert self.pages(kinds, "list", tags=[one], phase=PENDING) == [[both]]
        assert self.pages(kinds, "list", tags=[one], phase=COMPLETED) == [[ended]]

    def report(self, kinds: KindApi, run: Envelope, **status: Json) -> Envelope:
        return kinds.command("updateStatus", self.status_request(kinds, run, **status))

    def status_request(self, kinds: KindApi, run: Envelope, **status: Json) -> Any:
        return kinds.request("Command", "updateStatus", execution_id=run.metadata.id, status=status)

    def subscribe(self, kinds: KindApi, run: Envelope) -> Iterator[Envelope]:
        request: Any = kinds.request("Query", "subscribe")
        field = "execution_id" if "execution_id" in request.DESCRIPTOR.fields_by_name else "value"
        setattr(request, field, run.metadata.id)
        stream: Iterator[Envelope] = kinds.api.stream(
            f"{kinds.kind.package}.{self.kind}QueryController.subscribe", request
        )
        return stream

    def next_in_phase(self, following: Iterator[Envelope], phase: int) -> Envelope:
        return next(each for each in following if each.status.phase == phase)

    def events(self, kinds: KindApi, run: Envelope, after: int = 0) -> Iterator[executions_pb2.ExecutionEvent]:
        yield from kinds.api.follow(run.metadata.id, after)

    def cancel(self, kinds: KindApi, run: Envelope, reason: str) -> Any:
        request = executions_pb2.CancelRunRequest(execution_id=run.metadata.id, reason=reason)
        return kinds.api.call(f"{EXTENSION}.ExecutionController.cancel", request)

    def pages(self, kinds: KindApi, verb: str, **fields: Json) -> list[list[Envelope]]:
        found: list[list[Envelope]] = []
        token = ""
        while True:
            request = kinds.request("Query", verb, page_token=token, **fields)
            call = kinds.api.start(f"{kinds.kind.package}.{self.kind}QueryController.{verb}", request)
            found.append(list(call.result().entries))
            token = dict(call.trailing_metadata()).get(NEXT_PAGE, "")
            if not token:
                return found
