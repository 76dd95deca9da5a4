"""What every kind promises that callers may change: what `update` does, and `apply`, which also leaves alone."""

from __future__ import annotations

import pytest

from apps.shared.annotations import GENERATED_AT
from tests.suites.asking import copied, identity
from tests.suites.client import Envelope, KindApi
from tests.suites.updatable_suite import UpdatableSuite


class ChangeableSuite(UpdatableSuite):
    """Promises of every kind that callers may change."""

    def test_apply_of_the_same_changes_nothing(self, kinds: KindApi, stored: Envelope) -> None:
        again = copied(stored)
        again.metadata.id = ""
        again.metadata.version.Clear()
        again.status.Clear()
        again.metadata.annotations[GENERATED_AT] = "1795360464"
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
