"""Accounts: what every kind promises that is updated and never applied, and who somebody is."""

from __future__ import annotations

from typing import ClassVar

import grpc
import pytest
from google.protobuf import empty_pb2

from tests.suites.asking import copied, refusal
from tests.suites.client import Envelope, KindApi, Refused, unique
from tests.suites.readme import Readme
from tests.suites.updatable_suite import UpdatableSuite


class TestIdentityAccount(UpdatableSuite):
    kind = "IdentityAccount"
    good_spec = {"idp_id": "email|jane@example.com", "email": "jane@example.com"}
    bad_specs: ClassVar = {"spec.idp_id": {"idp_id": ""}, "spec.email": {"email": "x" * 256}}
    scope = "identity_account"
    org = ""
    verbs = ("update",)
    text_field = "first_name"
    has_references = False

    @pytest.fixture
    def stored(self, kinds: KindApi) -> Envelope:
        account = signed_up(kinds, f"{unique('jane')}@example.com")
        account.metadata.annotations["note"] = "goes with the next update"
        return kinds.update(account)

    def test_the_manifest_of_the_readme_deploys(self, kinds: KindApi) -> None:
        """It does not: accounts arise by signing up."""
        envelope = Readme.of(kinds.kind).envelope(kinds.kind)
        with pytest.raises(Refused, match="identity accounts are created, never applied"):
            kinds.api.batch([envelope])
        made = signed_up(kinds, envelope.spec.email)
        assert (made.spec.idp_id, made.spec.email) == (envelope.spec.idp_id, envelope.spec.email)

    def test_whoever_sits_at_this_machine_has_an_account_and_owns_its_organization(self, kinds: KindApi) -> None:
        me = kinds.query("whoAmI", empty_pb2.Empty())
        assert (me.metadata.name, me.spec.idp_id, me.spec.email) == ("local", "local", "")
        organizations = kinds.api.of("Organization")
        (organization,) = organizations.query("findMyOrganizations", empty_pb2.Empty()).entries
        policies = kinds.api.of("IamPolicy")
        who = {"kind": "identity_account", "id": me.metadata.id}
        what = {"kind": "organization", "id": organization.metadata.id}
        asked = policies.request(
            "Query", "checkAuthorization", policy={"principal": who, "resource": what, "relation": "owner"}
        )
        assert policies.query("checkAuthorization", asked).is_authorized

    def test_the_account_of_this_machine_stays(self, kinds: KindApi) -> None:
        me = kinds.query("whoAmI", empty_pb2.Empty())
        refused = refusal(kinds, "delete", kinds.delete_request(me.metadata.id))
        assert refused.reason == "stigmer.resource.protected"
        assert kinds.query("whoAmI", empty_pb2.Empty()) == me

    def test_signing_up_twice_makes_one_account(self, kinds: KindApi) -> None:
        address = f"{unique('twice')}@example.com"
        first = signed_up(kinds, address)
        again = signed_up(kinds, f" {address.upper()} ")
        assert again == first
        assert first.status.audit.spec_audit.created_by.id == "system"

    @pytest.mark.parametrize("address", ["jane", "a b@example.com", "@", "j@e\n.com", f"{'x' * 250}@example.com"])
    def test_what_is_no_address_cannot_sign_up(self, kinds: KindApi, address: str) -> None:
        request = kinds.request("Command", "simulateSignupWebhook", value=address)
        refused = refusal(kinds, "simulateSignupWebhook", request)
        assert (refused.code, set(refused.violations)) == (grpc.StatusCode.INVALID_ARGUMENT, {"value"})

    def test_it_is_found_by_address_and_by_what_the_identity_provider_calls_it(
        self, kinds: KindApi, stored: Envelope
    ) -> None:
        assert kinds.query("getByEmail", kinds.request("Query", "getByEmail", value=stored.spec.email)) == stored
        assert kinds.query("getByIdpId", kinds.request("Query", "getByIdpId", value=stored.spec.idp_id)) == stored
        for verb in ("getByEmail", "getByIdpId", "getActorInfo"):
            nobody = kinds.request("Query", verb, value="nobody@example.com")
            assert refusal(kinds, verb, nobody).code is grpc.StatusCode.NOT_FOUND

    def test_an_audit_can_be_shown_with_a_picture(self, kinds: KindApi, stored: Envelope) -> None:
        wanted = copied(stored)
        wanted.spec.picture_url = "https://example.com/jane.png"
        wanted.metadata.version.Clear()
        kinds.update(wanted)
        info = kinds.query("getActorInfo", kinds.request("Query", "getActorInfo", value=stored.metadata.id))
        assert (info.id, info.avatar) == (stored.metadata.id, "https://example.com/jane.png")
        local = kinds.query("getActorInfo", kinds.request("Query", "getActorInfo", value="local"))
        assert local.id == kinds.query("whoAmI", empty_pb2.Empty()).metadata.id

    @pytest.mark.parametrize(("field", "value"), [("idp_id", "x"), ("email", "x@y.z"), ("is_machine_account", True)])
    def test_who_somebody_is_cannot_be_changed(
        self, kinds: KindApi, stored: Envelope, field: str, value: object
    ) -> None:
        wanted = copied(stored)
        setattr(wanted.spec, field, value)
        assert set(refusal(kinds, "update", wanted).violations) == {f"spec.{field}"}
        assert kinds.get(stored.metadata.id) == stored

    def test_what_gave_it_access_goes_with_it(self, kinds: KindApi, stored: Envelope) -> None:
        policies = kinds.api.of("IamPolicy")
        who = {"kind": "identity_account", "id": stored.metadata.id}
        spec = {"principal": who, "resource": {"kind": "agent", "id": "agt-1"}, "relation": "viewer"}
        policy = policies.command("create", policies.request("Command", "create", **spec))
        assert kinds.delete(stored.metadata.id) == stored
        gone = policies.request("Query", "get", value=policy.metadata.id)
        assert refusal(policies, "get", gone).code is grpc.StatusCode.NOT_FOUND


def signed_up(kinds: KindApi, address: str) -> Envelope:
    kinds.command("simulateSignupWebhook", kinds.request("Command", "simulateSignupWebhook", value=address))
    return kinds.query("getByEmail", kinds.request("Query", "getByEmail", value=address))
