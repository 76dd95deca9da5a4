"""What every kind promises to who reads: ids, look-ups, references, lists."""

from __future__ import annotations

import copy
import re
from typing import ClassVar

import grpc
import pytest
from google.protobuf import json_format
from stigmer_proto.commons.apiresource import io_pb2
from stigmer_proto.controlplane.v1 import resources_pb2

from apps.resources.json_value import Json
from tests.suites.asking import copied, refusal
from tests.suites.client import EXTENSION, Api, Envelope, KindApi, Refused, opened, unique
from tests.support.databases import both_databases

ULID = "[0-9a-hjkmnp-tv-z]{26}"


@both_databases
class ReadableSuite:
    """Promises of every kind, also of one that no call takes an envelope of."""

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
