"""Policies: made and deleted by their tuple, and what is answered from them."""

from __future__ import annotations

from typing import Any, ClassVar

import grpc
import pytest
from google.protobuf import empty_pb2
from google.protobuf.message import Message

from apps.resources.json_value import Json
from tests.suites.asking import at_once, refusal
from tests.suites.client import Api, Envelope, KindApi, Refused, unique
from tests.suites.readable_suite import ReadableSuite
from tests.suites.readme import Readme


class TestIamPolicy(ReadableSuite):
    kind = "IamPolicy"
    good_spec: ClassVar[dict[str, Json]] = {}
    scope = "api_resource_owner_scope_unspecified"
    org = ""
    verbs = ()
    has_references = False

    @pytest.fixture
    def stored(self, kinds: KindApi) -> Envelope:
        return given(kinds, spec())

    def test_the_manifest_of_the_readme_is_given_by_a_call(self, kinds: KindApi) -> None:
        envelope = Readme.of(kinds.kind).envelope(kinds.kind)
        with pytest.raises(Refused, match="IAM policies are created, never applied"):
            kinds.api.batch([envelope])
        assert kinds.command("create", envelope.spec).spec == envelope.spec

    def test_the_same_given_again_is_the_one_that_is_there(self, kinds: KindApi, stored: Envelope) -> None:
        assert kinds.command("create", stored.spec) == stored
        other = type(stored.spec)()
        other.CopyFrom(stored.spec)
        other.principal.kind = "IdentityAccount"
        assert kinds.command("create", other) == stored, "it is one kind, however it is spelled"
        other.relation = "admin"
        assert kinds.command("create", other).metadata.id != stored.metadata.id

    def test_given_at_once_it_is_one(self, kinds: KindApi) -> None:
        wanted = policy(kinds, "create", spec())
        answers = at_once(lambda _: kinds.command("create", wanted), range(8))
        assert {answer.metadata.id for answer in answers} == {answers[0].metadata.id}

    def test_deleting_it_twice_is_deleting_it(self, kinds: KindApi, stored: Envelope) -> None:
        assert kinds.command("delete", stored.spec) == stored
        again = kinds.command("delete", stored.spec)
        assert (again.metadata.id, again.spec) == ("", stored.spec)
        assert refusal(kinds, "get", kinds.request("Query", "get", value=stored.metadata.id)).code is (
            grpc.StatusCode.NOT_FOUND
        )

    def test_it_says_who_gave_it(self, stored: Envelope) -> None:
        audit = stored.status.audit.spec_audit
        assert (audit.created_by.id, audit.event) == ("local", "created")

    @pytest.mark.parametrize("part", ["principal", "resource", "relation"])
    def test_all_three_parts_are_required(self, kinds: KindApi, part: str) -> None:
        wanted = {name: value for name, value in spec().items() if name != part}
        for verb in ("create", "delete", "bootstrapPolicy"):
            refused = refusal(kinds, verb, policy(kinds, verb, wanted))
            assert (refused.code, set(refused.violations)) == (grpc.StatusCode.INVALID_ARGUMENT, {part})

    def test_words_are_words(self, kinds: KindApi) -> None:
        wanted = spec(relation="übel")
        assert set(refusal(kinds, "create", policy(kinds, "create", wanted)).violations) == {"relation"}
        wanted = {**spec(), "principal": {"kind": "team", "id": "a b"}}
        assert set(refusal(kinds, "create", policy(kinds, "create", wanted)).violations) == {"principal.id"}

    def test_the_last_owner_of_an_organization_stays(self, kinds: KindApi) -> None:
        mine = ownership(kinds.api)
        refused = refusal(kinds, "delete", policy(kinds, "delete", mine))
        assert (refused.code, refused.reason) == (
            grpc.StatusCode.FAILED_PRECONDITION,
            "stigmer.permission.last_owner",
        )
        second = {**mine, "principal": {"kind": "identity_account", "id": unique("ida-second")}}
        given(kinds, second)
        kinds.command("delete", policy(kinds, "delete", mine))
        assert refusal(kinds, "delete", policy(kinds, "delete", second)).reason == "stigmer.permission.last_owner"
        given(kinds, mine)
        kinds.command("delete", policy(kinds, "delete", second))

    def test_what_belongs_to_the_platform_is_linked_to_it(self, kinds: KindApi) -> None:
        agent = {"kind": "agent", "id": unique("agt-linked")}
        platform = {"kind": "platform", "id": "stigmer"}
        link = {"principal": platform, "resource": agent, "relation": "platform"}
        linked = kinds.command("createPlatformLink", policy(kinds, "createPlatformLink", link))
        assert linked.spec.principal.id == "stigmer"
        operator = {"kind": "identity_account", "id": unique("ida-operator")}
        boot = policy(kinds, "bootstrapPolicy", {"principal": operator, "resource": platform, "relation": "operator"})
        kinds.command("bootstrapPolicy", boot)
        found = kinds.query(
            "listAuthorizedPrincipalIds",
            kinds.request(
                "Query",
                "listAuthorizedPrincipalIds",
                resource={"kind": "platform", "id": "stigmer"},
                principal_kind="identity_account",
                relation="operator",
            ),
        )
        assert operator["id"] in found.principal_ids
        other = {**link, "principal": {"kind": "organization", "id": "org-1"}}
        refused = refusal(kinds, "createPlatformLink", policy(kinds, "createPlatformLink", other))
        assert set(refused.violations) == {"principal"}

    def test_the_policies_of_a_resource_are_cleaned_up_together(self, kinds: KindApi) -> None:
        agent = {"kind": "agent", "id": unique("agt-gone")}
        gone = [given(kinds, {**spec(), "resource": agent}) for _ in range(3)]
        other = given(kinds, spec())
        request = kinds.request("Command", "cleanupResourcePolicies", **agent)
        kinds.command("cleanupResourcePolicies", request)
        for each in gone:
            lost = kinds.request("Query", "get", value=each.metadata.id)
            assert refusal(kinds, "get", lost).code is grpc.StatusCode.NOT_FOUND
        assert kinds.get(other.metadata.id) == other

    def test_answers_come_from_the_tuples_with_inheritance(self, kinds: KindApi) -> None:
        agents = kinds.api.of("Agent")
        agent = agents.create(agents.envelope({"instructions": "Be helpful, please."}, name=unique("agent")))
        organization = ownership(kinds.api)["resource"]
        jane, team = {"kind": "identity_account", "id": unique("ida-jane")}, {"kind": "team", "id": unique("team")}
        given(kinds, {"principal": jane, "resource": team, "relation": "member"})
        given(kinds, {"principal": {**team, "relation": "member"}, "resource": organization, "relation": "viewer"})
        resource = {"kind": "agent", "id": agent.metadata.id}
        assert allowed(kinds, jane, resource, "can_view")
        assert allowed(kinds, jane, resource, "viewer")
        assert not allowed(kinds, jane, resource, "can_execute")
        ids = kinds.query(
            "listAuthorizedResourceIds",
            kinds.request(
                "Query", "listAuthorizedResourceIds", principal=jane, resource_kind="agent", relation="can_view"
            ),
        ).resource_ids
        assert agent.metadata.id in ids
        who = kinds.query(
            "listAuthorizedPrincipalIds",
            kinds.request(
                "Query",
                "listAuthorizedPrincipalIds",
                resource=resource,
                principal_kind="identity_account",
                relation="can_view",
            ),
        ).principal_ids
        assert jane["id"] in who
        me = kinds.api.of("IdentityAccount").query("whoAmI", empty_pb2.Empty()).metadata.id
        assert me in who

    def test_a_check_may_suppose_policies_that_are_not_stored(self, kinds: KindApi) -> None:
        jane = {"kind": "identity_account", "id": unique("ida-jane")}
        resource = {"kind": "agent", "id": unique("agt")}
        assert not allowed(kinds, jane, {"kind": "pipeline", "id": "p-1"}, "can_edit")
        supposed = [{"principal": jane, "resource": {"kind": "pipeline", "id": "p-1"}, "relation": "admin"}]
        assert allowed(kinds, jane, {"kind": "pipeline", "id": "p-1"}, "can_edit", supposed)
        assert not allowed(kinds, jane, resource, "can_view"), "nobody has anything on what is not there"


def spec(**parts: Json) -> dict[str, Json]:
    """Of a policy that no other test makes."""
    principal = {"kind": "identity_account", "id": unique("ida")}
    return {"principal": principal, "resource": {"kind": "agent", "id": "agt-1"}, "relation": "viewer", **parts}


def policy(kinds: KindApi, verb: str, wanted: dict[str, Json]) -> Message:
    return kinds.request("Command", verb, **wanted)


def given(kinds: KindApi, wanted: dict[str, Json]) -> Envelope:
    return kinds.command("create", policy(kinds, "create", wanted))


def allowed(
    kinds: KindApi,
    who: dict[str, Json],
    what: dict[str, Json],
    relation: str,
    supposed: list[dict[str, Json]] | None = None,
) -> bool:
    asked = {"principal": who, "resource": what, "relation": relation}
    request = kinds.request("Query", "checkAuthorization", policy=asked, contextual_policies=supposed or [])
    answer: Any = kinds.query("checkAuthorization", request)
    return bool(answer.is_authorized)


def ownership(api: Api) -> dict[str, Any]:
    """That the account of this machine owns its organization."""
    me = api.of("IdentityAccount").query("whoAmI", empty_pb2.Empty()).metadata.id
    (organization,) = api.of("Organization").query("findMyOrganizations", empty_pb2.Empty()).entries
    return {
        "principal": {"kind": "identity_account", "id": me},
        "resource": {"kind": "organization", "id": organization.metadata.id},
        "relation": "owner",
    }
