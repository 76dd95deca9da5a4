"""What every kind promises, written once and inherited by the test class of each kind.

class TestAgent(OrdinarySuite):
    kind = "Agent"
    good_spec = {"instructions": "Sort incoming tickets by urgency."}
    bad_specs = {"spec.instructions": {"instructions": ""}}  # path of the complaint: spec that earns it
"""

from __future__ import annotations

import grpc
import pytest

from tests.suites.asking import refusal, without_secrets
from tests.suites.client import Api, Envelope, KindApi, opened, unique
from tests.suites.readable_suite import ULID, ReadableSuite
from tests.suites.readme import Readme

__all__ = ["ULID", "KindSuite"]


class KindSuite(ReadableSuite):
    """Promises of every kind whose envelope callers send, also of one that they cannot create."""

    # What an envelope must be.

    @pytest.mark.parametrize("field", ["api_version", "kind"])
    @pytest.mark.parametrize("value", ["", "other"])
    def test_api_version_and_kind_are_required_constants(self, kinds: KindApi, field: str, value: str) -> None:
        envelope = self.envelope(kinds)
        setattr(envelope, field, value)
        for verb in self.verbs:
            refused = refusal(kinds, verb, envelope)
            assert (refused.code, set(refused.violations)) == (grpc.StatusCode.INVALID_ARGUMENT, {field})

    def test_an_empty_envelope_is_refused_field_by_field(self, kinds: KindApi) -> None:
        empty = type(self.envelope(kinds))()
        refused = refusal(kinds, self.verbs[0], empty)
        assert refused.code is grpc.StatusCode.INVALID_ARGUMENT
        assert {"api_version", "kind"} <= set(refused.violations)

    def test_every_bad_field_is_named_by_its_path(self, kinds: KindApi) -> None:
        for path, bad in self.bad_specs.items():
            envelope = kinds.envelope({**self.spec(kinds.api), **bad}, name=unique("bad"), owner_scope=self.scope)
            refused = refusal(kinds, self.verbs[0], envelope)
            assert refused.code is grpc.StatusCode.INVALID_ARGUMENT
            assert refused.reason == "stigmer.request.invalid"
            assert path in refused.violations, refused.violations

    def test_all_that_is_wrong_is_said_at_once(self, kinds: KindApi) -> None:
        path, bad = next(iter(self.bad_specs.items()), ("kind", {}))
        envelope = kinds.envelope({**self.spec(kinds.api), **bad}, name="!!!", owner_scope=self.scope)
        envelope.api_version = envelope.kind = ""
        refused = refusal(kinds, self.verbs[0], envelope)
        assert {"api_version", "kind", "metadata.name", path} <= set(refused.violations)

    @pytest.mark.usefixtures("stored")  # of the one organization: it is put back afterwards
    def test_the_manifest_of_the_readme_deploys(self, kinds: KindApi) -> None:
        readme = Readme.of(kinds.kind)
        envelope = readme.envelope(kinds.kind)
        self.prepare(kinds.api, envelope)
        (applied,) = kinds.api.batch([envelope])
        after = opened(applied.resource)
        assert without_secrets(after.spec) == without_secrets(envelope.spec)
        assert after.metadata.name == readme.manifest["metadata"]["name"]
        assert list(applied.warnings) == []

    def prepare(self, api: Api, envelope: Envelope) -> None:
        """Makes what the README's manifest refers to."""
