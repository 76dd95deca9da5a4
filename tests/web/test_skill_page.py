"""The page of a skill: its files, and its versions, which can be downloaded."""

from __future__ import annotations

import io
from typing import Any

from django.test import Client
from django.urls import reverse

from apps.resources.caller import LOCAL
from apps.resources.kinds.skill.actions import push_skill
from apps.resources.writes.skill_artifacts import keep_archive
from tests.support.archives import archive, with_skill


def pushed(name: str, content: bytes, tag: str = "") -> Any:  # Any: a row
    digest = keep_archive(io.BytesIO(content), LOCAL, path="artifact").digest
    return push_skill(name, 2, "local", tag, digest, LOCAL).row


def test_files_and_versions_are_shown_and_versions_can_be_downloaded(client: Client) -> None:
    first = archive({"SKILL.md": "one", "<b>.txt": "x"})
    row = pushed("shown", first, "stable")
    old = row.status["version_hash"]
    new = pushed("shown", with_skill(("run.sh", "#!/bin/sh"))).status["version_hash"]
    text = client.get(reverse("admin:resources_skill_change", args=[row.pk])).content.decode()
    assert "run.sh" in text
    assert "<b>" not in text
    assert "1 · stable" in text
    for digest in (old, new):
        assert reverse("admin:resources_skill_artifact", args=[row.pk, digest]) in text
    answer = client.get(reverse("admin:resources_skill_artifact", args=[row.pk, old]))
    assert b"".join(answer.streaming_content) == first  # type: ignore[attr-defined]  # of a FileResponse
    assert answer["Content-Disposition"] == f'attachment; filename="shown-{old[:12]}.zip"'


def test_an_archive_of_another_skill_or_of_nothing_is_not_there(client: Client) -> None:
    own, other = pushed("own", archive({"SKILL.md": "own"})), pushed("other", archive({"SKILL.md": "other"}))
    for digest in (other.status["version_hash"], "0" * 64, "..", "x"):
        assert client.get(reverse("admin:resources_skill_artifact", args=[own.pk, digest])).status_code == 404


def test_a_revision_that_changed_files_alone_says_so(client: Client) -> None:
    row = pushed("history", with_skill(("run.sh", "#!/bin/sh")))
    pushed("history", with_skill(("run.sh", "#!/bin/bash")))
    text = client.get(reverse("admin:resources_skill_history", args=[row.pk])).content.decode()
    assert "+  version_hash: " in text
