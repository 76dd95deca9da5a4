"""Workflows: what every kind promises, and the rules of each kind of task."""

from __future__ import annotations

import math

import grpc
import pytest
from stigmer_proto.commons.apiresource import enum_pb2

from apps.resources.caller import LOCAL
from apps.resources.errors import InvalidInput, Violation
from apps.resources.json_value import Json
from apps.resources.ports import Inspection
from apps.resources.registry import BY_NAME
from apps.resources.wire.codec import draft_from_json
from tests.factories import AGENT_SPEC, WORKFLOW_SPEC, task, workflow_spec
from tests.suites.asking import refusal
from tests.suites.client import Api, Envelope, KindApi, unique, used_by
from tests.suites.default_instances import DefaultInstanceSuite
from tests.suites.ordinary_suite import OrdinarySuite
from tests.support.machines import HandOver

SET = task("SET", {"variables": {"a": "b"}})
GOOD: dict[str, list[dict[str, Json]]] = {
    "SET": [{"variables": {"count": "${ .count + 1 }"}}],
    "HTTP_CALL": [
        {"method": "GET", "endpoint": {"uri": "https://example.com"}},
        {
            "method": "POST",
            "endpoint": {"uri": "${ .url }"},
            "headers": {"A": "b"},
            "body": {"n": 1, "list": [None, True, {"x": "y"}]},
            "timeout_seconds": 300,
        },
        {"method": "GET", "endpoint": {"uri": "http://x"}, "retry": {"limit": 1, "backoff": "exponential"}},
    ],
    "GRPC_CALL": [
        {"service": "shop.Orders", "method": "Get", "request": {"id": "7"}},
        {"service": "grpcs://x:9000/shop.Orders", "method": "Get", "metadata": {"a": "b"}, "timeout_seconds": 300},
    ],
    "CALL_ACTIVITY": [
        {"activity": "resize", "input": {"width": 20}},
        {"activity": "resize", "task_queue": "pictures", "timeout_seconds": 86400},
    ],
    "SWITCH": [{"cases": [{"name": "big", "when": "${ .n > 5 }", "then": "end"}, {"name": "else", "then": "exit"}]}],
    "FOR": [
        {"each": "item", "in": "${ .items }", "do": [SET]},
        {"each": "item", "in": "${ .items }", "do": [SET], "concurrency": 16},
    ],
    "FORK": [{"branches": [{"name": "a", "do": [SET]}, {"name": "b", "do": [SET]}], "compete": True}],
    "TRY": [
        {"try": [SET]},
        {"try": [SET], "catch": {"as": "error", "do": [SET]}},
        {"try": [SET], "catch": {"errors": ["CallHTTP error", "timeout", "OutOfStock", "*"], "do": [SET]}},
        {"try": [SET], "catch": {"when": "${ .error.status == 503 }", "do": [SET]}},
        {"try": [SET], "catch": {"retry": {"limit": 3, "delay": "PT1S", "backoff": "linear", "errors": ["timeout"]}}},
    ],
    "LISTEN": [{"to": {"mode": "one", "signals": [{"id": "approved", "type": "signal"}]}}],
    "WAIT": [
        {"seconds": 1},
        {"seconds": "${ .n }"},
        {"duration": "PT1M30.5S"},
        {"duration": {"hours": 1, "milliseconds": 50}},
        {"until": "2026-12-24T18:00:00Z"},
        {"until": "${ .when }"},
    ],
    "RAISE": [{"error": "OutOfStock", "message": "${ .item } is sold out"}],
    "RUN": [{"workflow": "invoice", "input": {"order": 7}}, {"workflow": "invoice", "await": False}],
    "AGENT_CALL": [
        {"agent": "support", "message": "${ .question }"},
        {"agent": "support", "message": "hi", "scope": "platform", "env": {"A": "b"}, "config": {"model": "small"}},
        {"agent": "support", "message": "hi", "config": {"timeout": 3600, "temperature": 0.5}},
    ],
}
NESTED_BAD = task("WAIT", {"seconds": 0})
BAD: dict[str, list[tuple[dict[str, Json], str]]] = {
    "SET": [
        ({"variables": {"a": "1"}, "other": 1}, "other"),
        ({"variables": {}}, "variables"),
        ({"variables": {"a": 1}}, "variables.a"),
    ],
    "HTTP_CALL": [
        ({"endpoint": {"uri": "http://x"}}, "method"),
        ({"method": "get", "endpoint": {"uri": "http://x"}}, "method"),
        ({"method": "GET"}, "endpoint"),
        ({"method": "GET", "endpoint": {}}, "endpoint.uri"),
        ({"method": "GET", "endpoint": {"uri": "http://x"}, "timeout_seconds": 301}, "timeout_seconds"),
        ({"method": "GET", "endpoint": {"uri": "http://x"}, "timeout_seconds": -1}, "timeout_seconds"),
        ({"method": "GET", "endpoint": {"uri": "http://x"}, "timeout_seconds": "soon"}, "timeout_seconds"),
    ],
    "GRPC_CALL": [
        ({"method": "Get"}, "service"),
        ({"service": "shop.Orders"}, "method"),
        ({"service": "a", "method": "b", "timeout_seconds": 301}, "timeout_seconds"),
    ],
    "CALL_ACTIVITY": [
        ({"input": {}}, "activity"),
        ({"activity": "resize", "input": 5}, "input"),
        ({"activity": "r", "timeout_seconds": -1}, "timeout_seconds"),
    ],
    "SWITCH": [
        ({"cases": []}, "cases"),
        ({"cases": [{"then": "end"}]}, "cases[0].name"),
        ({"cases": [{"name": "a", "when": "${ .x }", "then": "end"}, {"name": "b"}]}, "cases[1].then"),
    ],
    "FOR": [
        ({"in": "${ .x }", "do": [SET]}, "each"),
        ({"each": "item", "do": [SET]}, "in"),
        ({"each": "item", "in": "${ .x }"}, "do"),
        ({"each": "item", "in": "${ .x }", "do": [SET], "concurrency": 1001}, "concurrency"),
        ({"each": "item", "in": "${ .x }", "do": [SET, {**NESTED_BAD, "name": "b"}]}, "do[1].task_config.seconds"),
        ({"each": "item", "in": "${ .x }", "do": [SET, SET]}, "do[1].name"),
        (
            {"each": "item", "in": "${ .x }", "do": [{"name": "a", "kind": "NOPE", "task_config": {"x": 1}}]},
            "do[0].kind",
        ),
    ],
    "FORK": [
        ({"branches": [{"name": "a", "do": [SET]}]}, "branches"),
        ({"branches": [{"name": "a", "do": [SET]}, {"do": [SET]}]}, "branches[1].name"),
        ({"branches": [{"name": "a", "do": [SET]}, {"name": "b"}]}, "branches[1].do"),
        (
            {"branches": [{"name": "a", "do": [NESTED_BAD]}, {"name": "b", "do": [SET]}]},
            "branches[0].do[0].task_config.seconds",
        ),
    ],
    "TRY": [
        ({"catch": {"do": [SET]}}, "try"),
        ({"try": [NESTED_BAD]}, "try[0].task_config.seconds"),
        ({"try": [SET], "catch": {"as": "e"}}, "catch.do"),
        ({"try": [SET], "catch": {"do": [NESTED_BAD]}}, "catch.do[0].task_config.seconds"),
        ({"try": [SET], "catch": {"errors": "timeout", "do": [SET]}}, "catch.errors"),
        ({"try": [SET], "catch": {"errors": [408], "do": [SET]}}, "catch.errors[0]"),
        ({"try": [SET], "catch": {"error": ["timeout"], "do": [SET]}}, "catch.error"),
        ({"try": [SET], "catch": {"retry": {"limit": 101}}}, "catch.retry.limit"),
        ({"try": [SET], "catch": {"retry": {"delay": "soon"}}}, "catch.retry.delay"),
        ({"try": [SET], "catch": {"retry": {"delay": {"years": 1}}}}, "catch.retry.delay"),
        ({"try": [SET], "catch": {"retry": {"backoff": "random"}}}, "catch.retry.backoff"),
        ({"try": [SET], "catch": {"retry": {"times": 3}}}, "catch.retry.times"),
    ],
    "LISTEN": [
        ({"to": {"mode": "one", "signals": [{"id": "a", "type": "signal"}]}, "other": 1}, "other"),
        ({"to": {"mode": "some", "signals": [{"id": "a", "type": "signal"}]}}, "to.mode"),
        ({"to": {"mode": "one"}}, "to.signals"),
        ({"to": {"mode": "all", "signals": [{"id": "a", "type": "sms"}]}}, "to.signals[0].type"),
        ({"to": {"mode": "all", "signals": [{"type": "signal"}]}}, "to.signals[0].id"),
    ],
    "WAIT": [
        ({"seconds": 0}, "seconds"),
        ({"seconds": -5}, "seconds"),
        ({"seconds": 1.5}, "seconds"),
        ({"duration": "1 minute"}, "duration"),
        ({"duration": "PT"}, "duration"),
        ({"duration": {"minutes": -1}}, "duration"),
        ({"duration": "P99999W"}, "duration"),
        ({"until": "2026-12-24T18:00:00"}, "until"),
        ({"until": "tomorrow"}, "until"),
        ({"seconds": 1, "duration": "PT1S"}, "duration"),
    ],
    "RAISE": [({"message": "m"}, "error"), ({"error": "e"}, "message")],
    "RUN": [({"input": {}}, "workflow"), ({"workflow": "invoice", "await": "no"}, "await")],
    "AGENT_CALL": [
        ({"message": "hi"}, "agent"),
        ({"agent": "support"}, "message"),
        ({"agent": "x" * 64, "message": "hi"}, "agent"),
        ({"agent": "support", "message": "hi", "config": {"timeout": 3601}}, "config.timeout"),
        ({"agent": "support", "message": "hi", "config": {"temperature": 1.5}}, "config.temperature"),
        ({"agent": "support", "message": "hi", "scope": "nobody"}, "scope"),
    ],
}


class TestWorkflow(DefaultInstanceSuite, OrdinarySuite):
    kind = "Workflow"
    instance_kind = "WorkflowInstance"
    parent_field = "workflow_id"
    good_spec = WORKFLOW_SPEC
    bad_specs = {
        "spec.document": {"document": None},
        "spec.document.dsl": {"document": {**WORKFLOW_SPEC["document"], "dsl": "2.0.0"}},
        "spec.document.namespace": {"document": {**WORKFLOW_SPEC["document"], "namespace": ""}},
        "spec.tasks": {"tasks": []},
        "spec.tasks[0].name": {"tasks": [{**SET, "name": ""}]},
        "spec.tasks[0].kind": {"tasks": [{"name": "a", "task_config": {"a": 1}}]},
        "spec.tasks[0].task_config": {"tasks": [{"name": "a", "kind": "WORKFLOW_TASK_KIND_SET"}]},
        "spec.tasks[0].export.as": {"tasks": [{**SET, "export": {"as": ""}}]},
        "spec.tasks[1].name": {"tasks": [SET, SET]},
    }

    def test_every_kind_of_task_has_cases(self) -> None:
        contract = {name.removeprefix("WORKFLOW_TASK_KIND_") for name in enum_pb2.WorkflowTaskKind.keys()}  # noqa: SIM118  # an enum wrapper, not a dict
        assert set(GOOD) == set(BAD) == contract - {"UNSPECIFIED"}

    @pytest.mark.parametrize(
        ("kind", "config"), [(kind, config) for kind, configs in GOOD.items() for config in configs]
    )
    def test_a_good_task_is_stored_as_it_is(self, kinds: KindApi, kind: str, config: dict[str, Json]) -> None:
        wanted = kinds.envelope(workflow_spec(task(kind, config)), name=unique("good"))
        made = kinds.create(wanted)
        assert made.spec == wanted.spec
        assert kinds.apply(wanted) == made

    @pytest.mark.parametrize(
        ("kind", "config", "path"), [(kind, config, path) for kind, cases in BAD.items() for config, path in cases]
    )
    def test_a_bad_task_is_refused_with_its_place(
        self, kinds: KindApi, kind: str, config: dict[str, Json], path: str
    ) -> None:
        spec = workflow_spec({**SET, "name": "first"}, task(kind, config))
        refused = refusal(kinds, "create", kinds.envelope(spec, name=unique("bad")))
        assert refused.code is grpc.StatusCode.INVALID_ARGUMENT
        assert set(refused.violations) == {f"spec.tasks[1].task_config.{path}".removesuffix(".")}

    def test_everything_wrong_is_named_at_once_in_the_order_of_the_text(self, kinds: KindApi) -> None:
        nested = {"name": "inner", "kind": "WAIT", "task_config": {"seconds": 0}, "if": "${ .x }"}
        spec = workflow_spec(
            task("SET", {"variables": {"x": "${ .a | }", "y": "${ env.HOME }"}}, name="a"),
            task("HTTP_CALL", {"method": "GET", "endpoint": {"uri": "ftp://x", "url": "x"}}, name="b"),
            task("FOR", {"each": "1x", "in": "${ .x", "do": [nested]}, name="c"),
            task("WAIT", {"seconds": 1.5}, name="b"),
            task("CALL_ACTIVITY", {"activity": "a", "input": 5}, name="e"),
        )
        refused = refusal(kinds, "create", kinds.envelope(spec, name=unique("bad")))
        assert list(refused.violations) == [
            "spec.tasks[0].task_config.variables.x",
            "spec.tasks[0].task_config.variables.y",
            "spec.tasks[1].task_config.endpoint.uri",
            "spec.tasks[1].task_config.endpoint.url",
            "spec.tasks[2].task_config.each",
            "spec.tasks[2].task_config.in",
            "spec.tasks[2].task_config.do[0].if",
            "spec.tasks[2].task_config.do[0].task_config.seconds",
            "spec.tasks[3].name",
            "spec.tasks[3].task_config.seconds",
            "spec.tasks[4].task_config.input",
        ]
        assert refused.violations["spec.tasks[1].task_config.endpoint.url"] == "unknown field; known are uri"

    @pytest.mark.parametrize("nested", ["WAIT", "WORKFLOW_TASK_KIND_WAIT"])
    @pytest.mark.parametrize("key", ["task_config", "taskConfig"])
    def test_nested_tasks_may_use_either_spelling(self, kinds: KindApi, nested: str, key: str) -> None:
        def loop(seconds: int) -> dict[str, Json]:
            inner = {"name": "pause", "kind": nested, key: {"seconds": seconds}}
            return workflow_spec(task("FOR", {"each": "item", "in": "${ .items }", "do": [inner]}))

        good = kinds.envelope(loop(5), name=unique("loop"))
        assert kinds.create(good).spec == good.spec
        refused = refusal(kinds, "create", kinds.envelope(loop(0), name=unique("loop")))
        assert set(refused.violations) == {"spec.tasks[0].task_config.do[0].task_config.seconds"}

    def test_configs_may_use_either_spelling(self, kinds: KindApi) -> None:
        config = {"method": "GET", "endpoint": {"uri": "http://x"}, "timeoutSeconds": 301}
        refused = refusal(kinds, "create", kinds.envelope(workflow_spec(task("HTTP_CALL", config)), name=unique("x")))
        assert set(refused.violations) == {"spec.tasks[0].task_config.timeout_seconds"}

    def test_deeply_nested_tasks_are_checked(self, kinds: KindApi) -> None:
        inner = task("FOR", {"each": "x", "in": "${ .y }", "do": [task("TRY", {"try": [NESTED_BAD]})]})
        fork = {"branches": [{"name": "a", "do": [SET]}, {"name": "b", "do": [inner]}]}
        refused = refusal(kinds, "create", kinds.envelope(workflow_spec(task("FORK", fork)), name=unique("deep")))
        assert set(refused.violations) == {
            "spec.tasks[0].task_config.branches[1].do[0].task_config.do[0].task_config.try[0].task_config.seconds"
        }

    @pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
    def test_a_number_that_json_cannot_say_is_named_by_its_path(self, kinds: KindApi, number: float) -> None:
        config = {"method": "POST", "endpoint": {"uri": "https://example.com"}, "body": {"list": [1, {"n": 2}], "m": 3}}
        envelope = kinds.envelope(workflow_spec(SET, task("HTTP_CALL", config)), name=unique("number"))
        body = envelope.spec.tasks[1].task_config["body"]
        body["list"][1]["n"] = body["m"] = number
        refused = refusal(kinds, "create", envelope)
        assert refused.code is grpc.StatusCode.INVALID_ARGUMENT
        place = "spec.tasks[1].task_config.body"
        assert refused.violations == dict.fromkeys([f"{place}.list[1].n", f"{place}.m"], "must be a finite number")

    def test_true_in_the_place_of_one_is_a_change(self, kinds: KindApi) -> None:
        def post(flag: Json) -> Envelope:
            config = {"method": "POST", "endpoint": {"uri": "https://example.com"}, "body": {"flag": flag}}
            return kinds.envelope(workflow_spec(task("HTTP_CALL", config)), name=name)

        name = unique("flag")
        for flag in (1, True, 0, False):
            assert kinds.apply(post(flag)).spec == post(flag).spec

    def test_one_name_may_stand_in_two_lists(self, kinds: KindApi) -> None:
        loop = task("FOR", {"each": "x", "in": "${ .y }", "do": [SET]}, name="loop")
        assert kinds.create(kinds.envelope(workflow_spec(SET, loop), name=unique("same")))

    def test_two_hundred_bad_tasks_are_named_at_once(self, kinds: KindApi) -> None:
        tasks = [task("WAIT", {"seconds": 0}, name=f"wait-{number}") for number in range(200)]
        refused = refusal(kinds, "create", kinds.envelope(workflow_spec(*tasks), name=unique("bad")))
        assert set(refused.violations) == {f"spec.tasks[{number}].task_config.seconds" for number in range(200)}

    def test_agents_and_workflows_are_used_by_whoever_names_them(self, kinds: KindApi, api: Api) -> None:
        agents, name = api.of("Agent"), unique("asked")
        asks = task("AGENT_CALL", {"agent": name, "message": "hi", "scope": "organization"}, name="ask")
        inside = task("FOR", {"each": "x", "in": "${ .y }", "do": [asks]}, name="loop")
        unknown = task("AGENT_CALL", {"agent": "${ .agent }", "message": "hi"}, name="whoever")
        asking = kinds.create(kinds.envelope(workflow_spec(inside, unknown), name=unique("asking")))
        runs = task("RUN", {"workflow": asking.metadata.slug}, name="run")
        running = kinds.create(kinds.envelope(workflow_spec(runs), name=unique("running")))
        agent = agents.create(agents.envelope(AGENT_SPEC, name=name))  # after whoever asks it
        assert used_by(api, agent) == [f"Workflow {asking.metadata.slug}"]
        assert used_by(api, asking) == [f"Workflow {running.metadata.slug}"]
        kinds.apply(kinds.envelope(workflow_spec(SET), name=asking.metadata.name))
        kinds.delete(running.metadata.id)
        assert used_by(api, agent) == used_by(api, asking) == []

    def test_a_spec_is_optional(self, kinds: KindApi) -> None:
        made = kinds.create(kinds.envelope(None, name=unique("bare")))
        assert not made.HasField("spec")

    @pytest.mark.parametrize("scope", ["api_resource_owner_scope_unspecified", "identity_account"])
    def test_it_belongs_to_the_platform_or_an_organization(self, kinds: KindApi, scope: str) -> None:
        refused = refusal(kinds, "create", self.envelope(kinds, owner_scope=scope))
        assert (refused.code, set(refused.violations)) == (grpc.StatusCode.INVALID_ARGUMENT, {"metadata"})


def test_a_definition_is_inspected_once(hand_over: HandOver) -> None:
    inspected: list[dict[str, Json]] = []
    answer = Inspection(warnings=[Violation("spec.tasks[0]", "cannot run yet")])

    def inspect(spec: dict[str, Json]) -> Inspection:
        inspected.append(spec)
        return answer

    hand_over(inspect=inspect)
    envelope = {"metadata": {"name": "once", "owner_scope": "organization"}, "spec": WORKFLOW_SPEC}
    draft = draft_from_json(BY_NAME["Workflow"], envelope, LOCAL)
    validation = draft.status["serverless_workflow_validation"]
    assert (len(inspected), validation["state"]) == (1, "VALID")
    assert validation["warnings"] == ["spec.tasks[0]: cannot run yet"]
    answer.errors.append(Violation("spec.tasks[0].name", "makes no sense"))
    with pytest.raises(InvalidInput, match=r"spec\.tasks\[0\]\.name: makes no sense"):
        draft_from_json(BY_NAME["Workflow"], envelope, LOCAL)
