"""The organization: exactly one, `local`, which callers may describe but neither make nor delete."""

from __future__ import annotations

from collections.abc import Iterator

import grpc
import pytest
from google.protobuf import empty_pb2

from tests.suites.asking import copied, refusal
from tests.suites.changeable_suite import ChangeableSuite
from tests.suites.client import Api, Envelope, KindApi, Refused, opened


class TestOrganization(ChangeableSuite):
    kind = "Organization"
    good_spec = {"description": "Everything on this machine"}
    bad_specs = {
        "spec.description": {"description": "x" * 501},
        "spec.logo_url": {"logo_url": "x" * 2049},
    }
    scope = "api_resource_owner_scope_unspecified"
    org = ""
    has_references = False

    @pytest.fixture
    def stored(self, kinds: KindApi) -> Iterator[Envelope]:
        """The one there is; it is put back as it was."""
        before = self.find(kinds, "local")
        yield before
        again = copied(before)
        again.metadata.version.Clear()
        kinds.update(again)

    def test_it_is_there_from_the_first_start(self, api: Api, kinds: KindApi) -> None:
        made = self.find(kinds, "local")
        assert [opened(entry) for entry in api.page("Organization").entries] == [made]
        assert (made.metadata.name, made.metadata.slug, made.metadata.org) == ("local", "local", "")
        assert made.status.audit.spec_audit.created_by.id == "system"

    def test_it_cannot_be_deleted_or_joined_by_another(self, kinds: KindApi, stored: Envelope) -> None:
        gone = kinds.request("Command", "delete", value=stored.metadata.id)
        another = kinds.envelope({}, name="acme", owner_scope=self.scope)
        for verb, request in (("delete", gone), ("create", another), ("apply", another)):
            refused = refusal(kinds, verb, request)
            assert (refused.code, refused.reason) == (
                grpc.StatusCode.FAILED_PRECONDITION,
                "stigmer.resource.protected",
            )
        assert kinds.get(stored.metadata.id) == stored

    def test_an_organization_belongs_to_none(self, kinds: KindApi, stored: Envelope) -> None:
        wanted = copied(stored)
        wanted.metadata.id, wanted.metadata.org = "", "local"
        assert kinds.apply(wanted) == stored
        wanted.spec.description = "changed"
        assert kinds.update(wanted).metadata.org == ""

    @pytest.mark.parametrize("slug", ["1st", "a", "sixteen-letters-x", "-abc"])
    def test_its_slug_has_rules_of_its_own(self, kinds: KindApi, slug: str) -> None:
        refused = refusal(kinds, "create", kinds.envelope({}, name="Acme", slug=slug, owner_scope=self.scope))
        assert refused.code is grpc.StatusCode.INVALID_ARGUMENT
        assert any(path.startswith("metadata") for path in refused.violations)

    @pytest.mark.parametrize("by", ["slug", "id"])
    def test_find_answers_it_by_slug_or_id(self, kinds: KindApi, stored: Envelope, by: str) -> None:
        found = kinds.query("find", kinds.request("Query", "find", org=getattr(stored.metadata, by)))
        assert (found.total_pages, list(found.entries)) == (1, [stored])

    @pytest.mark.parametrize("fields", [{"page": {"num": 2}}, {"page_number": 2, "page_size": 5}])
    def test_find_pages(self, kinds: KindApi, fields: dict[str, object]) -> None:
        found = kinds.query("find", kinds.request("Query", "find", org="local", **fields))
        assert (found.total_pages, list(found.entries)) == (1, [])

    def test_find_refuses_what_it_cannot_answer(self, kinds: KindApi) -> None:
        def code(**fields: object) -> grpc.StatusCode:
            return refusal(kinds, "find", kinds.request("Query", "find", **fields)).code

        assert code() is grpc.StatusCode.INVALID_ARGUMENT
        assert code(org="local", kind="Agent") is grpc.StatusCode.INVALID_ARGUMENT
        assert code(org="local", page={"size": 101}) is grpc.StatusCode.INVALID_ARGUMENT
        assert code(org="nowhere") is grpc.StatusCode.NOT_FOUND

    def test_the_callers_organizations_are_all_of_them(self, kinds: KindApi, stored: Envelope) -> None:
        assert list(kinds.query("findMyOrganizations", empty_pb2.Empty()).entries) == [stored]

    def test_every_other_kind_names_it_or_is_refused(self, api: Api) -> None:
        agents = api.of("Agent")
        with pytest.raises(Refused) as caught:
            agents.create(agents.envelope({"instructions": "Be helpful, please."}, name="lost", org="acme"))
        assert set(caught.value.violations) == {"metadata.org"}
