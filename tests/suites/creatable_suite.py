"""What every kind promises that callers create and delete: names, slugs, ids, references, deletion."""

from __future__ import annotations

import re

import grpc
import pytest

from tests.suites.asking import AT_ONCE, at_once, code_of, copied, refusal
from tests.suites.client import Envelope, KindApi, Refused, unique
from tests.suites.kind_suite import ULID, KindSuite


class CreatableSuite(KindSuite):
    """Promises of every kind that callers create and delete."""

    def test_create_stores_what_was_wanted(self, kinds: KindApi) -> None:
        name = unique("Made Thing")
        wanted = self.envelope(
            kinds, name=name, labels={"a": "b"}, annotations={"c": "d"}, tags=["e"], version={"message": "first"}
        )
        made = kinds.create(wanted)
        slug = name.lower().replace(" ", "-")
        assert made.spec == wanted.spec
        assert (made.metadata.name, made.metadata.slug, made.metadata.org) == (name, slug, self.org)
        assert (dict(made.metadata.labels), dict(made.metadata.annotations)) == ({"a": "b"}, {"c": "d"})
        assert list(made.metadata.tags) == ["e"]
        assert (made.metadata.version.message, made.metadata.version.previous_version_id) == ("first", "")
        assert (made.api_version, made.kind) == (kinds.kind.api_version, self.kind)

    def test_create_stamps_the_audit(self, stored: Envelope) -> None:
        for audit in (stored.status.audit.spec_audit, stored.status.audit.status_audit):
            assert (audit.created_by.id, audit.updated_by.id, audit.event) == ("local", "local", "created")
            assert audit.created_at == audit.updated_at
            assert audit.created_at.seconds > 1_700_000_000

    def test_create_wipes_a_status(self, kinds: KindApi) -> None:
        envelope = self.envelope(kinds)
        envelope.status.audit.spec_audit.created_by.id = "mallory"
        assert "mallory" not in str(kinds.create(envelope))

    def test_a_taken_name_is_refused(self, kinds: KindApi, stored: Envelope) -> None:
        refused = refusal(kinds, "create", self.envelope(kinds, name=stored.metadata.name))
        assert (refused.code, refused.reason) == (grpc.StatusCode.ALREADY_EXISTS, "stigmer.resource.already_exists")
        for word in (self.kind, stored.metadata.slug, stored.metadata.id):
            assert word in refused.message

    def test_of_concurrent_creates_one_wins(self, kinds: KindApi) -> None:
        envelope = self.envelope(kinds)
        codes = at_once(lambda _: code_of(kinds, "create", envelope), range(AT_ONCE))
        assert sorted(code.name for code in codes) == ["ALREADY_EXISTS"] * (AT_ONCE - 1) + ["OK"]

    def test_concurrent_applies_of_one_name_make_one_resource(self, kinds: KindApi) -> None:
        envelope = self.envelope(kinds)
        answers = at_once(lambda _: kinds.apply(envelope), range(AT_ONCE))
        assert all(answer == answers[0] for answer in answers)

    @pytest.mark.parametrize(
        ("name", "slug"),
        [
            ("Support Agent{}", "support-agent{}"),
            ("  --Deploy___to: Prod!{} ", "deployto-prod{}"),
            ("Añadir Más{}", "aadir-ms{}"),
            ("a - b{}", "a-b{}"),
        ],
    )
    def test_the_slug_comes_from_the_name(self, kinds: KindApi, name: str, slug: str) -> None:
        number = unique("")
        made = kinds.create(self.envelope(kinds, name=name.format(number)))
        assert (made.metadata.name, made.metadata.slug) == (name.format(number), slug.format(number))

    @pytest.mark.parametrize("name", ["!!!", "---", "日本語"])
    def test_a_name_that_makes_no_slug_is_invalid(self, kinds: KindApi, name: str) -> None:
        refused = refusal(kinds, "create", self.envelope(kinds, name=name))
        assert (refused.code, set(refused.violations)) == (grpc.StatusCode.INVALID_ARGUMENT, {"metadata.name"})

    def test_without_a_name_it_is_invalid_or_named_by_us(self, kinds: KindApi) -> None:
        nameless = self.envelope(kinds, name="")
        if kinds.kind.is_named_by_id:
            metadata = kinds.create(nameless).metadata
            assert re.fullmatch(f"[a-z-]+-{ULID}", metadata.slug)
            assert metadata.name == metadata.slug
        else:
            assert set(refusal(kinds, "create", nameless).violations) == {"metadata.name"}

    @pytest.mark.parametrize("slug", ["Upper", "under_score", "-edge", "edge-", "two--hyphens", "s p", "ü", "a" * 64])
    def test_a_supplied_slug_is_checked_and_never_rewritten(self, kinds: KindApi, slug: str) -> None:
        refused = refusal(kinds, "create", self.envelope(kinds, slug=slug))
        assert refused.code is grpc.StatusCode.INVALID_ARGUMENT
        assert "metadata.slug" in refused.violations

    def test_a_slug_of_63_characters_is_the_longest(self, kinds: KindApi) -> None:
        longest = unique("x").ljust(63, "x")
        assert kinds.create(self.envelope(kinds, name=longest)).metadata.slug == longest
        assert refusal(kinds, "create", self.envelope(kinds, name=longest + "x")).violations.keys() == {"metadata.slug"}

    def test_a_supplied_slug_wins_over_the_name(self, kinds: KindApi) -> None:
        slug = unique("chosen")
        made = kinds.create(self.envelope(kinds, name="Something Else", slug=slug))
        assert (made.metadata.name, made.metadata.slug) == ("Something Else", slug)

    def test_an_unknown_organization_is_invalid(self, kinds: KindApi) -> None:
        for verb in ("create", "apply"):
            refused = refusal(kinds, verb, self.envelope(kinds, org="nowhere"))
            assert refused.code is grpc.StatusCode.INVALID_ARGUMENT
            assert "metadata.org" in refused.violations

    def test_an_undefined_scope_is_invalid(self, kinds: KindApi) -> None:
        envelope = self.envelope(kinds)
        envelope.metadata.owner_scope = 9
        assert refusal(kinds, "create", envelope).code is grpc.StatusCode.INVALID_ARGUMENT

    def test_references_narrow_by_organization_and_scope(self, kinds: KindApi, stored: Envelope) -> None:
        slug = stored.metadata.slug
        assert self.find(kinds, slug, scope=self.scope, org=self.org) == stored
        for narrower in ({"org": "nowhere"}, {"scope": "platform"}, {"scope": "identity_account"}):
            with pytest.raises(Refused) as caught:
                self.find(kinds, slug, **narrower)
            assert caught.value.code is grpc.StatusCode.NOT_FOUND

    def test_an_id_may_be_chosen_when_it_is_well_formed_and_free(self, kinds: KindApi) -> None:
        chosen = f"{kinds.kind.prefix}-01arz3ndektsv4rrffq69g{int(unique('')[1:]):04d}"
        made = kinds.create(self.envelope(kinds, id=chosen))
        assert made.metadata.id == chosen
        refused = refusal(kinds, "create", self.envelope(kinds, id=chosen))
        assert (refused.code, set(refused.violations)) == (grpc.StatusCode.INVALID_ARGUMENT, {"metadata.id"})
        assert kinds.get(chosen) == made

    @pytest.mark.parametrize("chosen", ["7", "xyz-01arz3ndektsv4rrffq69g5fav", "../../etc/passwd"])
    def test_a_malformed_id_is_invalid(self, kinds: KindApi, chosen: str) -> None:
        refused = refusal(kinds, "create", self.envelope(kinds, id=chosen))
        assert (refused.code, set(refused.violations)) == (grpc.StatusCode.INVALID_ARGUMENT, {"metadata.id"})

    def test_apply_refuses_the_id_of_another_resource(self, kinds: KindApi, stored: Envelope) -> None:
        other = kinds.create(self.envelope(kinds))
        mixed = copied(stored)
        mixed.metadata.id = other.metadata.id
        mixed.metadata.version.Clear()
        assert set(refusal(kinds, "apply", mixed).violations) == {"metadata.id"}
        assert (kinds.get(stored.metadata.id), kinds.get(other.metadata.id)) == (stored, other)

    def test_a_name_has_at_most_255_characters(self, kinds: KindApi) -> None:
        slug = unique("long")
        assert kinds.create(self.envelope(kinds, name="n" * 255, slug=slug)).metadata.name == "n" * 255
        refused = refusal(kinds, "create", self.envelope(kinds, name="n" * 256, slug=unique("long")))
        assert set(refused.violations) == {"metadata.name"}

    def test_delete_answers_what_was_there(self, kinds: KindApi, stored: Envelope) -> None:
        assert kinds.delete(stored.metadata.id) == stored
        assert (
            refusal(kinds, "get", kinds.request("Query", "get", value=stored.metadata.id)).code
            is grpc.StatusCode.NOT_FOUND
        )
        with pytest.raises(Refused):
            self.find(kinds, stored.metadata.slug)

    def test_delete_of_nothing_is_not_found(self, kinds: KindApi, stored: Envelope) -> None:
        kinds.delete(stored.metadata.id)
        gone = kinds.delete_request(stored.metadata.id)
        assert refusal(kinds, "delete", gone).code is grpc.StatusCode.NOT_FOUND
        assert refusal(kinds, "delete", kinds.delete_request("")).code is grpc.StatusCode.INVALID_ARGUMENT

    def test_a_deleted_name_is_free_again(self, kinds: KindApi, stored: Envelope) -> None:
        kinds.delete(stored.metadata.id)
        again = kinds.create(self.envelope(kinds, name=stored.metadata.name))
        assert again.metadata.slug == stored.metadata.slug
        assert again.metadata.id != stored.metadata.id
        assert again.metadata.version.previous_version_id == ""

    def test_apply_creates_what_is_missing(self, kinds: KindApi) -> None:
        made = kinds.apply(self.envelope(kinds))
        assert made.status.audit.spec_audit.event == "created"
        assert kinds.get(made.metadata.id) == made

    def test_a_refused_write_stores_nothing(self, kinds: KindApi) -> None:
        name = unique("refused")
        assert refusal(kinds, "create", self.envelope(kinds, name=name, org="nowhere")).violations
        with pytest.raises(Refused) as caught:
            self.find(kinds, name)
        assert caught.value.code is grpc.StatusCode.NOT_FOUND
