"""Whose archives of skills somebody may see: their own uploads, and those of skills that they see."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from django.db.models import Q

from apps.resources.caller import LOCAL, Caller
from apps.resources.errors import ArtifactMissing
from apps.resources.kinds.skill.actions import push_skill
from apps.resources.storage.skill_artifacts import find_artifact
from apps.resources.writes.skill_artifacts import keep_archive
from tests.support.archives import archive
from tests.support.databases import both_databases

pytestmark = [both_databases, pytest.mark.django_db(transaction=True)]

STRANGER: Caller = replace(LOCAL, actor="stranger", sight=lambda _: Q(pk=""))


def test_who_sees_no_skill_of_it_sees_an_archive_once_they_have_sent_it_themselves() -> None:
    content = archive()
    digest = keep_archive(io.BytesIO(content), LOCAL, path="artifact").digest
    push_skill("seen", 2, "local", "", digest, LOCAL)
    assert find_artifact(digest, replace(LOCAL, actor="colleague")) is not None
    assert find_artifact(digest, STRANGER) is None
    with pytest.raises(ArtifactMissing):
        push_skill("theirs", 2, "local", "", digest, STRANGER)
    keep_archive(io.BytesIO(content), STRANGER, path="artifact")
    assert find_artifact(digest, STRANGER) is not None
