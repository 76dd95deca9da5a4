"""Archives of skills are removed when nothing refers to them, and never one that somebody refers to or just stores."""

from __future__ import annotations

import hashlib
import signal
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from stigmer_proto.controlplane.v1 import skills_pb2

from tests.resources.kinds.test_skill import blobs_of, find, get_artifact, push, upload
from tests.suites.api_unit import ApiUnit, StartUnit
from tests.suites.client import EXTENSION, Api, Envelope, Refused, unique
from tests.support.archives import archive
from tests.support.collector import collect_once, collecting
from tests.support.databases import both_databases

PUSHERS = 3
PUSHES = 12

pytestmark = both_databases


@pytest.fixture
def own(start_unit: StartUnit) -> ApiUnit:
    return start_unit()


@pytest.fixture
def client(own: ApiUnit) -> Iterator[Api]:
    with Api(own.endpoint) as client:
        yield client


def content(text: str) -> bytes:
    return archive({"SKILL.md": text})


def digest(text: str) -> str:
    return hashlib.sha256(content(text)).hexdigest()


def test_what_nothing_refers_to_is_removed_and_every_version_of_a_skill_stays(own: ApiUnit, client: Api) -> None:
    name = unique("kept")
    push(client, name, content("one"))
    push(client, name, content("two"))
    gone = push(client, unique("gone"), content("three"))
    shared = push(client, unique("shared"), content("two"))
    upload(client, content("four"))
    for deleted in (gone, shared):
        client.of("Skill").delete(deleted.metadata.id)
    assert blobs_of(own) == {digest(text) for text in ("one", "two", "three", "four")}
    collect_once(own)
    assert blobs_of(own) == {digest("one"), digest("two")}
    for text in ("one", "two"):
        assert get_artifact(client, find(client, name, digest(text)).status.artifact_storage_key) == content(text)
    with pytest.raises(Refused, match="not found"):
        get_artifact(client, gone.status.artifact_storage_key)


def test_what_was_collected_may_come_again(own: ApiUnit, client: Api) -> None:
    uploaded = upload(client, content("again"))
    collect_once(own)
    request = skills_pb2.PushUploadedRequest(name="again", version_hash=uploaded.version_hash)
    with pytest.raises(Refused) as caught:
        client.call(f"{EXTENSION}.SkillController.push", request)
    assert caught.value.reason == "stigmer.skill.artifact_missing"
    made = push(client, "again", content("again"))
    collect_once(own)
    assert get_artifact(client, made.status.artifact_storage_key) == content("again")


def test_what_a_writer_that_died_has_left_is_removed(own: ApiUnit, client: Api) -> None:
    push(client, "kept", content("kept"))
    folder = own.data_dir / "content" / digest("kept")[:2]
    (folder / f"{digest('kept')}.00000000.part").write_bytes(b"half")
    collect_once(own)
    assert blobs_of(own) == {digest("kept")}


def test_pushes_while_somebody_collects_lose_nothing(own: ApiUnit, client: Api) -> None:
    """Each pushes the same texts again and again, so that they are collected and stored at the same time."""
    failures: list[BaseException] = []

    def pushing(number: int) -> None:
        try:
            for turn in range(PUSHES):
                _push_and_delete(client, f"crowd-{number}", f"text {turn % 3}")
        except BaseException as error:
            failures.append(error)

    with collecting(own):
        threads = [threading.Thread(target=pushing, args=(number,)) for number in range(PUSHERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert failures == []
    assert blobs_of(own) == set()


def _push_and_delete(client: Api, name: str, text: str) -> None:
    """What was acknowledged can be read until it is deleted."""
    made = _pushed(client, name, text)
    while made is None:
        made = _pushed(client, name, text)
    assert get_artifact(client, made.status.artifact_storage_key) == content(text)
    client.of("Skill").delete(made.metadata.id)


def _pushed(client: Api, name: str, text: str) -> Envelope | None:
    """None where the archive was collected before the skill was made of it: nothing was acknowledged."""
    try:
        return push(client, name, content(text))
    except Refused as refused:
        if refused.reason == "stigmer.skill.artifact_missing":
            return None
        raise


def test_a_kill_between_any_two_steps_costs_nothing_that_was_acknowledged(own: ApiUnit, client: Api) -> None:
    acknowledged: dict[str, str] = {}

    def pushing(number: int) -> None:
        for turn in range(1000):
            text = f"text {number} {turn}"
            try:
                made = push(client, f"killed-{number}", content(text))
            except Refused:
                return
            acknowledged[made.status.version_hash] = text

    threads = [threading.Thread(target=pushing, args=(number,)) for number in range(PUSHERS)]
    for thread in threads:
        thread.start()
    while len(acknowledged) < 2 * PUSHERS and any(thread.is_alive() for thread in threads):
        threads[0].join(0.01)
    own.signal(signal.SIGKILL)
    for thread in threads:
        thread.join()
    own.restart()
    collect_once(own)
    with Api(own.endpoint) as after:
        for version_hash, text in acknowledged.items():
            assert get_artifact(after, f"skills/{version_hash}.zip") == content(text)
        referred = {
            version.version_hash
            for number in range(PUSHERS)
            for version in after.call(
                f"{EXTENSION}.SkillController.listVersions",
                skills_pb2.ListSkillVersionsRequest(
                    skill_id=find(after, f"killed-{number}").metadata.id, page_size=100
                ),
            ).versions
        }
    assert blobs_of(own) == referred


def _versions(client: Api, skill_id: str) -> Any:  # Any: a repeated field
    request = skills_pb2.ListSkillVersionsRequest(skill_id=skill_id, page_size=100)
    return client.call(f"{EXTENSION}.SkillController.listVersions", request).versions
