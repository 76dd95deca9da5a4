"""API keys: told once, kept as a hash, found by their beginning."""

from __future__ import annotations

import re
from typing import ClassVar

import grpc
import pytest
from google.protobuf import empty_pb2

from apps.shared.api_keys import complaint_about
from tests.suites.api_unit import ApiUnit
from tests.suites.asking import copied, refusal
from tests.suites.client import Envelope, KindApi, Refused, opened, unique
from tests.suites.kind_suite import KindSuite
from tests.suites.readme import Readme


class TestApiKey(KindSuite):
    kind = "ApiKey"
    good_spec = {"never_expires": True}
    bad_specs: ClassVar = {"spec.expires_at": {"expires_at": "2099-12-31T00:00:00Z", "never_expires": True}}
    scope = "identity_account"
    org = ""
    verbs = ("create", "update")
    has_references = False

    @pytest.fixture
    def stored(self, kinds: KindApi) -> Envelope:
        """As it is from its creation on: without the key."""
        return kinds.get(kinds.create(self.envelope(kinds)).metadata.id)

    def test_the_manifest_of_the_readme_deploys(self, kinds: KindApi) -> None:
        """It does not: there would be nobody to tell the key."""
        envelope = Readme.of(kinds.kind).envelope(kinds.kind)
        with pytest.raises(Refused, match="API keys are created, never applied"):
            kinds.api.batch([envelope])
        assert kinds.create(envelope).spec.expires_at == envelope.spec.expires_at

    def test_the_key_is_told_once(self, kinds: KindApi) -> None:
        made = kinds.create(self.envelope(kinds))
        key = made.spec.key_hash
        assert re.fullmatch("stk_[0-9A-Za-z]{38}", key)
        assert complaint_about(key) == ""
        assert made.spec.fingerprint == key[-6:]
        stored = kinds.get(made.metadata.id)
        assert (stored.spec.key_hash, stored.spec.fingerprint) == ("", key[-6:])
        assert next(iter(kinds.query("findAll", empty_pb2.Empty()).entries)) == stored
        assert opened(kinds.api.page(self.kind).entries[0]) == stored
        assert kinds.delete(made.metadata.id) == stored

    def test_nothing_keeps_a_key(self, kinds: KindApi, unit: ApiUnit) -> None:
        key = kinds.create(self.envelope(kinds)).spec.key_hash
        files = [path for path in unit.home.rglob("*") if path.is_file()]
        assert unit.log_file in files
        secret = key[12:-6].encode()
        assert [path for path in files if secret in path.read_bytes()] == []

    def test_no_two_keys_are_the_same(self, kinds: KindApi) -> None:
        assert len({kinds.create(self.envelope(kinds)).spec.key_hash for _ in range(5)}) == 5

    def test_a_caller_does_not_choose_what_the_server_computes(self, kinds: KindApi) -> None:
        envelope = self.envelope(kinds)
        envelope.spec.key_hash, envelope.spec.fingerprint = "stk_mine", "mine"
        made = kinds.create(envelope)
        assert made.spec.key_hash != "stk_mine"
        assert made.spec.fingerprint == made.spec.key_hash[-6:]

    def test_what_create_answered_can_be_sent_back_changed(self, kinds: KindApi) -> None:
        made = kinds.create(self.envelope(kinds))
        wanted = copied(made)
        wanted.metadata.name = "Another Name"
        after = kinds.update(wanted)
        assert (after.metadata.name, after.metadata.slug) == ("Another Name", made.metadata.slug)
        assert (after.spec.key_hash, after.spec.fingerprint) == ("", made.spec.fingerprint)
        assert made.spec.key_hash not in str(kinds.get(made.metadata.id))
        found = kinds.query("getByKeyHash", kinds.request("Query", "getByKeyHash", value=made.spec.key_hash))
        assert found == after

    def test_its_end_may_be_moved(self, kinds: KindApi, stored: Envelope) -> None:
        wanted = copied(stored)
        wanted.spec.never_expires = False
        wanted.spec.expires_at.FromJsonString("2099-12-31T00:00:00Z")
        assert kinds.update(wanted).spec.expires_at.ToJsonString() == "2099-12-31T00:00:00Z"

    def test_one_that_says_nothing_of_its_end_works_for_ninety_days(self, kinds: KindApi) -> None:
        made = kinds.create(kinds.envelope({}, name=unique("key"), owner_scope=self.scope))
        begun = made.status.audit.spec_audit.created_at.seconds
        assert abs(made.spec.expires_at.seconds - begun - 90 * 24 * 3600) <= 60

    def test_one_that_has_expired_already_is_not_made(self, kinds: KindApi) -> None:
        past = kinds.envelope({"expires_at": "2020-01-01T00:00:00Z"}, name=unique("key"), owner_scope=self.scope)
        assert set(refusal(kinds, "create", past).violations) == {"spec.expires_at"}

    def test_an_account_has_one_of_a_name(self, kinds: KindApi, stored: Envelope) -> None:
        refused = refusal(kinds, "create", self.envelope(kinds, name=stored.metadata.name))
        assert (refused.code, refused.reason) == (grpc.StatusCode.ALREADY_EXISTS, "stigmer.resource.already_exists")

    def test_an_unknown_key_is_not_found_and_not_repeated(self, kinds: KindApi) -> None:
        nobodys = kinds.request("Query", "getByKeyHash", value="stk_" + "0" * 38)
        refused = refusal(kinds, "getByKeyHash", nobodys)
        assert refused.code is grpc.StatusCode.NOT_FOUND
        assert "stk_" not in refused.message

    def test_a_deleted_key_is_not_found_by_itself(self, kinds: KindApi) -> None:
        made = kinds.create(self.envelope(kinds))
        kinds.delete(made.metadata.id)
        gone = kinds.request("Query", "getByKeyHash", value=made.spec.key_hash)
        assert refusal(kinds, "getByKeyHash", gone).code is grpc.StatusCode.NOT_FOUND
