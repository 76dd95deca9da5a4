"""What every kind promises that callers may update: versions, revisions, writers at once."""

from __future__ import annotations

import grpc
import pytest

from tests.suites.asking import AT_ONCE, at_once, code_of, copied, identity, refusal
from tests.suites.client import Envelope, KindApi, Refused
from tests.suites.kind_suite import KindSuite


class UpdatableSuite(KindSuite):
    """Promises of every kind that has an `update`."""

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
        for verb in sorted({*self.verbs} - {"create"}):
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
