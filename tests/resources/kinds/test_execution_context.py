"""Execution contexts: what every kind promises of what is created and deleted, never changed."""

from __future__ import annotations

import grpc

from apps.resources.json_value import Json
from tests.suites.asking import refusal
from tests.suites.client import Api, KindApi, unique
from tests.suites.creatable_suite import CreatableSuite


class TestExecutionContext(CreatableSuite):
    kind = "ExecutionContext"
    good_spec = {"execution_id": "aex-01arz3ndektsv4rrffq69g5fav", "data": {"REGION": {"value": "eu"}}}
    bad_specs = {
        "spec.execution_id": {"execution_id": ""},
        'spec.data["EMPTY"].value': {"data": {"EMPTY": {"value": ""}}},
    }
    scope = "api_resource_owner_scope_unspecified"
    verbs = ("create", "apply")

    def spec(self, api: Api) -> dict[str, Json]:
        return {**super().spec(api), "execution_id": f"aex-{unique('run')}"}

    def test_its_scope_is_never_stated(self, kinds: KindApi) -> None:
        for scope in ("platform", "organization", "identity_account"):
            refused = refusal(kinds, "create", self.envelope(kinds, owner_scope=scope))
            assert (refused.code, set(refused.violations)) == (grpc.StatusCode.INVALID_ARGUMENT, {"metadata"})

    def test_secret_values_are_masked(self, kinds: KindApi) -> None:
        data = {"TOKEN": {"value": "hunter2", "is_secret": True}}
        made = kinds.create(kinds.envelope({"execution_id": "aex-1", "data": data}, name="", owner_scope=self.scope))
        assert "hunter2" not in str(made)
