"""What every kind promises, written once and inherited by the test class of each kind.

class TestAgent(OrdinarySuite):
    kind = "Agent"
    good_spec = {"instructions": "Sort incoming tickets by urgency."}
    bad_specs = {"spec.instructions": {"instructions": ""}}  # path of the complaint: spec that earns it
"""

from __future__ import annotations

import copy
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar

import grpc
import pytest
from google.protobuf import json_format
from google.protobuf.message import Message
from stigmer_proto.commons.apiresource import io_pb2
from stigmer_proto.controlplane.v1 import resources_pb2

from apps.resources.kind import UNCOUNTED_ANNOTATION, Json
from tests.suites.client import EXTENSION, Api, Envelope, KindApi, Refused, opened, unique
from tests.suites.readme import Readme

ULID = "[0-9a-hjkmnp-tv-z]{26}"
AT_ONCE = 8


class KindSuite:
    """Promises of every kind, also of one that callers cannot create."""

    kind: ClassVar[str]
    good_spec: ClassVar[dict[str, Json]]
    bad_specs: ClassVar[dict[str, dict[str, Json]]]
    scope: ClassVar[str] = "organization"
    org: ClassVar[str] = "local"
    verbs: ClassVar[tuple[str, ...]] = ("create", "apply", "update")
    """The writes that the contract gives the kind."""
    text_field: ClassVar[str] = "description"
    """A field of the spec that holds any text and may change."""
    has_references: ClassVar[bool] = True
    """Whether the contract gives the kind a getByReference."""

    @pytest.fixture
    def kinds(self, api: Api) -> KindApi:
        return api.of(self.kind)

    @pytest.fixture
    def stored(self, kinds: KindApi) -> Envelope:
        """A resource that is there; a test may change it."""
        return kinds.create(self.envelope(kinds, annotations={"note": "goes with the next update"}))

    def spec(self, api: Api) -> dict[str, Json]:
        """A good spec; kinds with parents make one that refers to them."""
        del api
        return copy.deepcopy(self.good_spec)

    def envelope(self, kinds: KindApi, **metadata: Json) -> Envelope:
        """Something that could be stored, under a name of its own."""
        return kinds.envelope(self.spec(kinds.api), **{"name": unique("made"), "owner_scope": self.scope, **metadata})

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

    # Reading.

    def test_id_is_the_prefix_and_a_ulid(self, kinds: KindApi, stored: Envelope) -> None:
        assert re.fullmatch(f"{kinds.kind.prefix}-{ULID}", stored.metadata.id)
        assert re.fullmatch(f"ver-{ULID}", stored.metadata.version.id)

    def test_get_answers_what_was_stored(self, kinds: KindApi, stored: Envelope) -> None:
        assert kinds.get(stored.metadata.id) == stored

    def test_get_of_an_unknown_id_is_not_found(self, kinds: KindApi) -> None:
        refused = refusal(
            kinds, "get", kinds.request("Query", "get", value=f"{kinds.kind.prefix}-01arz3ndektsv4rrffq69g5fav")
        )
        assert (refused.code, refused.reason) == (grpc.StatusCode.NOT_FOUND, "stigmer.resource.not_found")
        assert self.kind in refused.message

    def test_get_without_an_id_is_invalid(self, kinds: KindApi) -> None:
        refused = refusal(kinds, "get", kinds.request("Query", "get"))
        assert (refused.code, set(refused.violations)) == (grpc.StatusCode.INVALID_ARGUMENT, {"value"})

    def test_a_reference_finds_it(self, kinds: KindApi, stored: Envelope) -> None:
        assert self.find(kinds, stored.metadata.slug) == stored
        assert self.find(kinds, stored.metadata.slug, version="latest") == stored
        assert self.find(kinds, stored.metadata.slug, scope=self.scope) == stored
        assert self.find(kinds, stored.metadata.slug, kind=kinds.kind.number) == stored

    def test_a_reference_to_nothing_is_not_found(self, kinds: KindApi) -> None:
        with pytest.raises(Refused, match="no-such-thing") as caught:
            self.find(kinds, "no-such-thing")
        assert caught.value.code is grpc.StatusCode.NOT_FOUND

    def test_a_reference_without_slug_is_invalid_though_the_server_lives(self, kinds: KindApi) -> None:
        with pytest.raises(Refused) as caught:
            self.find(kinds, "")
        assert (caught.value.code, set(caught.value.violations)) == (grpc.StatusCode.INVALID_ARGUMENT, {"slug"})

    def test_a_reference_of_another_kind_is_invalid(self, kinds: KindApi, stored: Envelope) -> None:
        with pytest.raises(Refused) as caught:
            self.find(kinds, stored.metadata.slug, kind="skill")
        assert (caught.value.code, set(caught.value.violations)) == (grpc.StatusCode.INVALID_ARGUMENT, {"kind"})

    def test_a_reference_with_a_malformed_version_is_invalid(self, kinds: KindApi, stored: Envelope) -> None:
        with pytest.raises(Refused) as caught:
            self.find(kinds, stored.metadata.slug, version="a b")
        assert caught.value.code is grpc.StatusCode.INVALID_ARGUMENT

    def test_it_is_listed(self, kinds: KindApi, stored: Envelope) -> None:
        assert stored in [opened(entry) for entry in kinds.api.page(self.kind, page_size=100).entries]

    def with_text(self, envelope: Envelope, text: str) -> Envelope:
        changed = copied(envelope)
        setattr(changed.spec, self.text_field, text)
        return changed

    def find(self, kinds: KindApi, slug: str, **reference: Json) -> Envelope:
        """By reference: by the kind's own RPC where the contract has one, and in any case by the extension."""
        fields = json_format.ParseDict({"slug": slug, **reference}, io_pb2.ApiResourceReference())
        request = resources_pb2.GetResourceRequest(kind=self.kind, reference=fields)
        if not self.has_references:
            return opened(kinds.api.call(f"{EXTENSION}.ResourceController.get", request))
        found = kinds.find(slug, **reference)
        assert opened(kinds.api.call(f"{EXTENSION}.ResourceController.get", request)) == found
        return found


class ChangeableSuite(KindSuite):
    """Promises of every kind that callers may change."""

    def test_the_status_is_the_servers(self, kinds: KindApi, stored: Envelope) -> None:
        forged = copied(stored)
        forged.status.audit.spec_audit.created_by.id = forged.status.audit.spec_audit.updated_by.id = "mallory"
        forged.status.audit.spec_audit.event = "forged"
        if "default_instance_id" in forged.status.DESCRIPTOR.fields_by_name:
            forged.status.default_instance_id = "ain-forged"
        answer = kinds.update(forged)
        assert "mallory" not in str(answer)
        assert "forged" not in str(answer)

    def test_update_replaces_the_object_and_keeps_what_identifies_it(self, kinds: KindApi, stored: Envelope) -> None:
        wanted = copied(stored)
        setattr(wanted.spec, self.text_field, "changed")
        wanted.metadata.labels["team"] = "support"
        wanted.metadata.annotations.clear()
        wanted.metadata.version.Clear()
        wanted.metadata.version.message = "say what it is for"
        after = kinds.update(wanted)
        assert (getattr(after.spec, self.text_field), dict(after.metadata.labels)) == ("changed", {"team": "support"})
        assert not after.metadata.annotations
        assert identity(after) == identity(stored)
        assert after.metadata.version.id != stored.metadata.version.id
        assert after.metadata.version.previous_version_id == stored.metadata.version.id
        assert after.metadata.version.message == "say what it is for"
        before_audit, audit = stored.status.audit.spec_audit, after.status.audit.spec_audit
        assert (audit.created_at, audit.created_by) == (before_audit.created_at, before_audit.created_by)
        assert (audit.updated_by.id, audit.event) == ("local", "updated")
        assert audit.updated_at.ToNanoseconds() > before_audit.updated_at.ToNanoseconds()
        assert kinds.get(stored.metadata.id) == after

    def test_update_never_moves_or_renames_a_resource(self, kinds: KindApi, stored: Envelope) -> None:
        wanted = self.with_text(stored, "changed")
        wanted.metadata.slug, wanted.metadata.org = "another", "nowhere"
        after = kinds.update(wanted)
        assert identity(after) == identity(stored)
        assert getattr(after.spec, self.text_field) == "changed"

    def test_update_finds_by_slug_where_there_is_no_id(self, kinds: KindApi, stored: Envelope) -> None:
        wanted = copied(stored)
        wanted.metadata.id = ""
        wanted.metadata.version.Clear()
        setattr(wanted.spec, self.text_field, "found by its slug")
        assert kinds.update(wanted).metadata.id == stored.metadata.id

    def test_update_of_an_unknown_id_or_slug_is_not_found(self, kinds: KindApi, stored: Envelope) -> None:
        by_id, by_slug = copied(stored), copied(stored)
        by_id.metadata.id = f"{kinds.kind.prefix}-01arz3ndektsv4rrffq69g5fav"
        by_slug.metadata.id, by_slug.metadata.slug = "", "no-such-thing"
        for envelope in (by_id, by_slug):
            assert refusal(kinds, "update", envelope).code is grpc.StatusCode.NOT_FOUND

    def test_update_needs_an_id_or_a_slug(self, kinds: KindApi, stored: Envelope) -> None:
        unnamed = copied(stored)
        unnamed.metadata.id = unnamed.metadata.slug = ""
        assert refusal(kinds, "update", unnamed).code is grpc.StatusCode.INVALID_ARGUMENT

    def test_a_stale_version_is_refused_and_nothing_changes(self, kinds: KindApi, stored: Envelope) -> None:
        mine, theirs = self.with_text(stored, "mine"), self.with_text(stored, "theirs")
        newer = kinds.update(theirs)
        for verb in ("update", "apply"):
            refused = refusal(kinds, verb, mine)
            assert (refused.code, refused.reason) == (
                grpc.StatusCode.FAILED_PRECONDITION,
                "stigmer.resource.stale_version",
            )
        assert kinds.get(stored.metadata.id) == newer

    def test_without_a_version_the_last_writer_wins(self, kinds: KindApi, stored: Envelope) -> None:
        kinds.update(self.with_text(stored, "theirs"))
        late = self.with_text(stored, "mine")
        late.metadata.version.Clear()
        assert getattr(kinds.update(late).spec, self.text_field) == "mine"

    def test_apply_of_the_same_changes_nothing(self, kinds: KindApi, stored: Envelope) -> None:
        again = copied(stored)
        again.metadata.id = ""
        again.metadata.version.Clear()
        again.status.Clear()
        again.metadata.annotations[UNCOUNTED_ANNOTATION] = "1795360464"
        assert kinds.apply(again) == stored
        assert kinds.get(stored.metadata.id) == stored

    @pytest.mark.parametrize("part", ["labels", "annotations", "tags", "name", "spec"])
    def test_apply_updates_when_anything_differs(self, kinds: KindApi, stored: Envelope, part: str) -> None:
        wanted = copied(stored)
        if part == "tags":
            wanted.metadata.tags.append("fresh")
        elif part == "name":
            wanted.metadata.name = "Another Name"
        elif part == "spec":
            setattr(wanted.spec, self.text_field, "another text")
        else:
            getattr(wanted.metadata, part)["fresh"] = "yes"
        after = kinds.apply(wanted)
        assert after.metadata.version.previous_version_id == stored.metadata.version.id
        assert identity(after) == identity(stored)
        assert getattr(after if part == "spec" else after.metadata, part) == getattr(
            wanted if part == "spec" else wanted.metadata, part
        )

    def test_every_revision_can_be_read(self, kinds: KindApi, stored: Envelope) -> None:
        versions = [stored]
        for number in range(3):
            versions.append(kinds.update(self.with_text(versions[-1], f"number {number}")))
        for version in versions:
            assert self.find(kinds, stored.metadata.slug, version=version.metadata.version.id) == version
        with pytest.raises(Refused) as caught:
            self.find(kinds, stored.metadata.slug, version="ver-01arz3ndektsv4rrffq69g5fav")
        assert caught.value.code is grpc.StatusCode.NOT_FOUND

    def test_concurrent_updates_form_one_chain(self, kinds: KindApi, stored: Envelope) -> None:
        def write(number: int) -> Envelope:
            wanted = self.with_text(stored, f"writer {number}")
            wanted.metadata.version.Clear()
            return kinds.update(wanted)

        answers = at_once(write, range(AT_ONCE))
        follows = {answer.metadata.version.previous_version_id: answer.metadata.version.id for answer in answers}
        chain = [stored.metadata.version.id]
        while chain[-1] in follows:
            chain.append(follows[chain[-1]])
        assert len(chain) == AT_ONCE + 1
        assert kinds.get(stored.metadata.id).metadata.version.id == chain[-1]

    def test_of_concurrent_writers_that_saw_one_version_one_wins(self, kinds: KindApi, stored: Envelope) -> None:
        def write(number: int) -> grpc.StatusCode:
            return code_of(kinds, "update", self.with_text(stored, f"writer {number}"))

        codes = at_once(write, range(AT_ONCE))
        assert sorted(code.name for code in codes) == ["FAILED_PRECONDITION"] * (AT_ONCE - 1) + ["OK"]


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


class OrdinarySuite(ChangeableSuite, CreatableSuite):
    """Promises of a kind that callers create, change and delete."""


def refusal(kinds: KindApi, verb: str, request: Message) -> Refused:
    """How the server refuses a request, which it must."""
    with pytest.raises(Refused) as caught:
        kinds.call(verb, request)
    assert "Traceback" not in caught.value.message
    assert caught.value.reason
    return caught.value


def code_of(kinds: KindApi, verb: str, request: Message) -> grpc.StatusCode:
    try:
        kinds.command(verb, request)
    except Refused as refused:
        return refused.code
    return grpc.StatusCode.OK


def at_once(work: Any, items: Any) -> list[Any]:  # Any: whatever `work` takes and gives
    """`work` of every item, all in threads of their own."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(work, items))


def without_secrets(spec: Message) -> str:
    """A spec as text, in which a secret value is like any other."""
    return re.sub(r'value: "[^"]*"', "value", str(spec))


def copied(envelope: Envelope) -> Envelope:
    copy_of = type(envelope)()
    copy_of.CopyFrom(envelope)
    return copy_of


def identity(envelope: Envelope) -> tuple[str, str, str, int]:
    metadata = envelope.metadata
    return metadata.id, metadata.slug, metadata.org, metadata.owner_scope
