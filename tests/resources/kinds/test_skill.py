"""Skills: what every kind promises; pushing, versions, tags, artifacts; and references to them."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterable, Iterator
from typing import Any

import grpc
import pytest
from google.protobuf.message import Message
from hypothesis import given, settings
from hypothesis import strategies as st
from stigmer_proto.agentic.skill.v1 import command_pb2, io_pb2, query_pb2  # noqa: F401  # declare the services
from stigmer_proto.commons.apiresource import io_pb2 as reference_pb2
from stigmer_proto.controlplane.v1 import batch_pb2, skills_pb2

from apps.archives.packing import pack_text
from apps.archives.skill import read_skill
from tests.factories import AGENT_SPEC
from tests.suites.api_unit import ApiUnit, StartUnit
from tests.suites.applied import AppliedKindApi
from tests.suites.asking import AT_ONCE, at_once, copied, refusal
from tests.suites.client import EXTENSION, Api, Envelope, KindApi, Refused, opened, unique
from tests.suites.kind_suite import KindSuite
from tests.support.archives import SKILL_MD, archive, entry, with_skill
from tests.support.databases import both_databases
from tests.support.prelude import limit_files

OTHER_MD = SKILL_MD + "And goodbye.\n"
MIB = 1024 * 1024


def push(api: Api, name: str, content: bytes | None = None, **fields: Any) -> Envelope:  # Any: of the request
    request = io_pb2.PushSkillRequest(name=name, artifact=archive() if content is None else content, **fields)
    return api.of("Skill").command("push", request)


def find(api: Api, slug: str, version: str = "", **fields: Any) -> Envelope:  # Any: of the reference
    return api.of("Skill").query(
        "getByReference", reference_pb2.ApiResourceReference(slug=slug, version=version, **fields)
    )


def get_artifact(api: Api, key: str) -> bytes:
    answer = api.of("Skill").query("getArtifact", io_pb2.GetArtifactRequest(artifact_storage_key=key))
    return bytes(answer.artifact)


def call(api: Api, method: str, request: Message) -> Any:  # Any: each its own answer
    return api.call(f"{EXTENSION}.SkillController.{method}", request)


def upload(api: Api, content: bytes) -> skills_pb2.SkillArtifact:
    parts = (skills_pb2.UploadArtifactRequest(part=content[at : at + MIB]) for at in range(0, len(content), MIB))
    answer: skills_pb2.SkillArtifact = api.send(f"{EXTENSION}.SkillController.upload", parts)
    return answer


def blobs_of(unit: ApiUnit) -> set[str]:
    """Every file below the directory of contents, half-written ones included."""
    return {file.name for file in (unit.data_dir / "content").rglob("*") if file.is_file()}


class TestSkill(KindSuite):
    kind = "Skill"
    good_spec = {"skill_md": SKILL_MD, "tag": "stable"}
    bad_specs = {
        "spec.skill_md": {"skill_md": ""},
        "spec.tag": {"tag": "not a tag"},
    }
    verbs = ("apply",)
    text_field = "skill_md"

    @pytest.fixture
    def kinds(self, api: Api) -> KindApi:
        return AppliedKindApi.of(api, "Skill")

    def test_a_reference_of_another_kind_is_invalid(self, kinds: KindApi, stored: Envelope) -> None:
        with pytest.raises(Refused) as caught:
            self.find(kinds, stored.metadata.slug, kind="agent")
        assert (caught.value.code, set(caught.value.violations)) == (grpc.StatusCode.INVALID_ARGUMENT, {"kind"})

    def test_a_manifest_is_an_archive_of_its_skill_md(self, kinds: KindApi, stored: Envelope) -> None:
        content = get_artifact(kinds.api, stored.status.artifact_storage_key)
        assert content == pack_text(SKILL_MD)
        assert [file.path for file in read_skill(io.BytesIO(content)).files] == ["SKILL.md"]
        assert stored.status.version_hash == hashlib.sha256(content).hexdigest()

    def test_a_manifest_with_the_stored_skill_md_keeps_the_files_beside_it(self, kinds: KindApi) -> None:
        name = unique("pushed")
        pushed = push(kinds.api, name, with_skill(("run.sh", "#!/bin/sh")), tag="stable")
        assert kinds.apply(self.envelope(kinds, name=name)) == pushed
        (result,) = kinds.api.batch([kinds.envelope({"skill_md": OTHER_MD}, name=name)])
        assert [warning.partition(":")[0] for warning in result.warnings] == ["this version is its SKILL.md alone"]
        other = opened(result.resource)
        assert get_artifact(kinds.api, other.status.artifact_storage_key) == pack_text(OTHER_MD)
        assert find(kinds.api, name, pushed.status.version_hash) == pushed

    def test_applying_the_same_again_changes_nothing(self, kinds: KindApi, stored: Envelope) -> None:
        (again,) = kinds.api.batch([stored])
        assert again.action == batch_pb2.APPLY_ACTION_UNCHANGED
        assert opened(again.resource) == stored

    def test_a_dry_run_stores_no_skill(self, kinds: KindApi) -> None:
        envelope = self.envelope(kinds)
        (planned,) = kinds.api.batch([envelope], dry_run=True)
        assert planned.action == batch_pb2.APPLY_ACTION_CREATED
        with pytest.raises(Refused, match="not found"):
            find(kinds.api, envelope.metadata.name)

    @pytest.mark.parametrize(
        ("spec", "path"),
        [
            ({"skill_md": "---\nname: Not Good\n---\n"}, "spec.skill_md"),
            ({"skill_md": "a\0b"}, "spec.skill_md"),
            ({"skill_md": "x" * (MIB + 1)}, "spec.skill_md"),
            ({"skill_md": "x", "tag": "latest"}, "spec.tag"),
            ({"skill_md": "x", "tag": "0" * 64}, "spec.tag"),
            ({"skill_md": "x", "tag": "t" * 256}, "spec.tag"),
        ],
    )
    def test_rules_beyond_the_contracts_are_named_by_path(
        self, kinds: KindApi, spec: dict[str, str], path: str
    ) -> None:
        refused = refusal(kinds, "apply", kinds.envelope(spec, name=unique("bad")))
        assert (refused.code, set(refused.violations)) == (grpc.StatusCode.INVALID_ARGUMENT, {path})

    def test_an_artifact_that_was_uploaded_makes_a_skill(self, kinds: KindApi) -> None:
        uploaded = upload(kinds.api, with_skill(("run.sh", "#!/bin/sh")))
        envelope = kinds.envelope({"skill_md": SKILL_MD}, name=unique("uploaded"))
        envelope.status.version_hash = uploaded.version_hash
        made = kinds.apply(envelope)
        assert made.status.artifact_storage_key == uploaded.artifact_storage_key
        changed = copied(made)
        changed.status.version_hash = upload(kinds.api, with_skill(("run.sh", "#!/bin/bash"))).version_hash
        (result,) = kinds.api.batch([changed])
        assert [change.path for change in result.changes] == ["status.version_hash"]

    def test_an_artifact_that_is_not_here_or_has_another_skill_md_makes_none(self, kinds: KindApi) -> None:
        envelope = kinds.envelope({"skill_md": SKILL_MD}, name=unique("missing"))
        envelope.status.version_hash = "0" * 64
        refused = refusal(kinds, "apply", envelope)
        assert (refused.code, refused.reason) == (
            grpc.StatusCode.FAILED_PRECONDITION,
            "stigmer.skill.artifact_missing",
        )
        envelope.status.version_hash = upload(kinds.api, archive({"SKILL.md": OTHER_MD})).version_hash
        assert set(refusal(kinds, "apply", envelope).violations) == {"spec.skill_md"}


@both_databases
class TestPush:
    def test_the_hash_is_that_of_the_archive_as_it_came(self, api: Api) -> None:
        name, content = unique("Pushed Skill"), with_skill(("run.sh", "#!/bin/sh"))
        made = push(api, name, content, tag="v1.0", scope="organization", org="local")
        digest = hashlib.sha256(content).hexdigest()
        assert (made.metadata.name, made.metadata.slug) == (name, name.lower().replace(" ", "-"))
        assert (made.metadata.org, made.metadata.owner_scope) == ("local", 2)
        assert (made.spec.skill_md, made.spec.tag) == (SKILL_MD, "v1.0")
        assert (made.status.version_hash, made.status.state) == (digest, 2)
        assert made.status.artifact_storage_key == f"skills/{digest}.zip"
        assert get_artifact(api, made.status.artifact_storage_key) == content
        assert api.of("Skill").get(made.metadata.id) == made

    def test_an_identical_push_changes_nothing(self, api: Api) -> None:
        name = unique("again")
        made = push(api, name, tag="v1")
        assert push(api, name, tag="v1") == made
        assert push(api, name) == made
        assert push(api, made.metadata.slug.upper()) == made

    def test_a_push_keeps_labels_and_annotations(self, api: Api) -> None:
        kinds, name = AppliedKindApi.of(api, "Skill"), unique("labelled")
        kinds.apply(kinds.envelope({"skill_md": SKILL_MD}, name=name, labels={"a": "b"}, tags=["c"]))
        after = push(api, name, archive({"SKILL.md": OTHER_MD}))
        assert (dict(after.metadata.labels), list(after.metadata.tags)) == ({"a": "b"}, ["c"])

    def test_references_find_versions_by_hash_and_tag(self, api: Api) -> None:
        name = unique("versions")
        first = push(api, name, archive({"SKILL.md": "one"}), tag="stable")
        second = push(api, name, archive({"SKILL.md": "two"}))
        assert second.metadata.id == first.metadata.id
        for version, expected in {
            "": second,
            "latest": second,
            "stable": first,
            first.status.version_hash: first,
            second.status.version_hash: second,
        }.items():
            assert find(api, name, version) == expected
        for version in ("unknown", "0" * 64):
            with pytest.raises(Refused) as caught:
                find(api, name, version)
            assert caught.value.code is grpc.StatusCode.NOT_FOUND

    def test_a_tag_moves_to_what_has_it_last(self, api: Api) -> None:
        name = unique("moving")
        one, two = archive({"SKILL.md": "one"}), archive({"SKILL.md": "two"})
        push(api, name, one, tag="stable")
        push(api, name, two, tag="stable")
        assert find(api, name, "stable").spec.skill_md == "two"
        push(api, name, one, tag="stable")
        assert find(api, name, "stable").spec.skill_md == "one"
        push(api, name, one, tag="other")
        assert find(api, name, "stable").status.version_hash == find(api, name, "other").status.version_hash
        versions = call(
            api, "listVersions", skills_pb2.ListSkillVersionsRequest(skill_id=find(api, name).metadata.id)
        ).versions
        assert [(version.number, version.tag) for version in versions] == [
            (4, "other"),
            (3, "stable"),
            (2, "stable"),
            (1, "stable"),
        ]

    def test_scopes_and_organizations_are_apart_also_those_that_are_not_here(self, api: Api) -> None:
        name = unique("everywhere")
        own = push(api, name)
        shared = push(api, name, scope="platform", org="local")
        foreign = push(api, name, org="acme")
        assert len({own.metadata.id, shared.metadata.id, foreign.metadata.id}) == 3
        assert (shared.metadata.org, shared.metadata.owner_scope) == ("", 1)
        assert find(api, name, org="acme", scope="organization") == foreign
        assert find(api, name, scope="platform") == shared
        assert find(api, name) == own

    @pytest.mark.parametrize(
        ("fields", "path"),
        [
            ({"name": ""}, "name"),
            ({"name": "!!!"}, "name"),
            ({"name": "x" * 64}, "name"),
            ({"tag": "a b"}, "tag"),
            ({"tag": "latest"}, "tag"),
            ({"org": "Not A Slug"}, "org"),
            ({"scope": 9}, "scope"),
            ({"artifact": b""}, "artifact"),
            ({"artifact": b"nothing"}, "artifact"),
            ({"artifact": with_skill((entry("../evil"), "x"))}, "artifact"),
        ],
    )
    def test_what_is_wrong_with_a_push_is_named_by_its_field(self, api: Api, fields: Any, path: str) -> None:
        request = io_pb2.PushSkillRequest(**{"name": unique("bad"), "artifact": archive(), **fields})
        refused = refusal(api.of("Skill"), "push", request)
        assert (refused.code, set(refused.violations)) == (grpc.StatusCode.INVALID_ARGUMENT, {path})

    def test_pushes_at_once_all_leave_a_version_that_can_be_read(self, api: Api) -> None:
        name = unique("crowded")
        texts = [f"text {number}" for number in range(AT_ONCE)]

        def pushed(text: str) -> Envelope:
            return push(api, name, archive({"SKILL.md": text}))

        made = at_once(pushed, texts)
        assert len({envelope.metadata.id for envelope in made}) == 1
        for envelope in made:
            assert find(api, name, envelope.status.version_hash) == envelope
            assert get_artifact(api, envelope.status.artifact_storage_key)

    def test_a_refused_archive_leaves_nothing(self, api: Api, unit: ApiUnit) -> None:
        push(api, unique("there"))
        before = blobs_of(unit)
        for content in (b"no zip", with_skill((entry("../evil"), "x")), with_skill(("zeros", bytes(2 * MIB)))):
            refusal(api.of("Skill"), "push", io_pb2.PushSkillRequest(name="evil", artifact=content))
        assert blobs_of(unit) == before


@both_databases
class TestArtifacts:
    @pytest.mark.parametrize(
        "key",
        [
            *("../../keys/secrets", "skills/../../keys/secrets", "/etc/passwd", "skills/x.zip"),
            *(f"skills/{'A' * 64}.zip", f"skills/{'0' * 64}.zip/", f"skills/{'0' * 64}", f"Skills/{'0' * 64}.zip"),
            *("skills//.zip", "skills/.zip\n"),
        ],
    )
    def test_what_is_none_of_our_keys_is_refused(self, api: Api, key: str) -> None:
        refused = refusal(api.of("Skill"), "getArtifact", io_pb2.GetArtifactRequest(artifact_storage_key=key))
        assert (refused.code, set(refused.violations)) == (
            grpc.StatusCode.INVALID_ARGUMENT,
            {"artifact_storage_key"},
        )

    def test_a_key_of_nothing_is_not_found(self, api: Api) -> None:
        request = io_pb2.GetArtifactRequest(artifact_storage_key=f"skills/{'0' * 64}.zip")
        assert refusal(api.of("Skill"), "getArtifact", request).code is grpc.StatusCode.NOT_FOUND

    def test_what_is_larger_than_a_message_is_uploaded_and_downloaded_in_parts(self, api: Api) -> None:
        content = archive({"SKILL.md": SKILL_MD, "large.bin": os.urandom(12 * MIB)})
        uploaded = upload(api, content)
        assert (uploaded.size, uploaded.unpacked) == (len(content), len(SKILL_MD) + 12 * MIB)
        assert [(file.path, file.size) for file in uploaded.files] == [
            ("SKILL.md", len(SKILL_MD)),
            ("large.bin", 12 * MIB),
        ]
        assert (uploaded.name, uploaded.description) == ("greeting", "Greets people.")
        request = skills_pb2.PushUploadedRequest(name=unique("large"), version_hash=uploaded.version_hash, tag="v1")
        pushed = call(api, "push", request)
        assert (pushed.action, pushed.skill.spec.tag) == (batch_pb2.APPLY_ACTION_CREATED, "v1")
        assert call(api, "push", request).action == batch_pb2.APPLY_ACTION_UNCHANGED
        key = pushed.skill.status.artifact_storage_key
        assert b"".join(downloaded(api, key)) == content
        refused = refusal(api.of("Skill"), "getArtifact", io_pb2.GetArtifactRequest(artifact_storage_key=key))
        assert (refused.code, refused.reason) == (
            grpc.StatusCode.FAILED_PRECONDITION,
            "stigmer.skill.artifact_too_large",
        )

    def test_an_upload_ends_where_it_becomes_too_large(self, api: Api) -> None:
        sent = 0

        def parts() -> Iterator[skills_pb2.UploadArtifactRequest]:
            nonlocal sent
            for _ in range(300):
                sent += 1
                yield skills_pb2.UploadArtifactRequest(part=bytes(MIB))

        with pytest.raises(Refused) as caught:
            api.send(f"{EXTENSION}.SkillController.upload", parts())
        assert (caught.value.code, set(caught.value.violations)) == (grpc.StatusCode.INVALID_ARGUMENT, {"part"})
        assert sent < 300

    @pytest.mark.parametrize("parts", [[], [b""], [b"no zip"]])
    def test_an_upload_of_no_archive_is_refused(self, api: Api, parts: Iterable[bytes]) -> None:
        requests = (skills_pb2.UploadArtifactRequest(part=part) for part in parts)
        with pytest.raises(Refused) as caught:
            api.send(f"{EXTENSION}.SkillController.upload", requests)
        assert caught.value.code is grpc.StatusCode.INVALID_ARGUMENT

    def test_what_cannot_be_stored_is_refused_and_leaves_nothing(self, start_unit: StartUnit) -> None:
        own = start_unit(before_start=limit_files(16 * MIB))
        content = archive({"SKILL.md": SKILL_MD, "large.bin": os.urandom(17 * MIB)})
        with Api(own.endpoint) as api:
            with pytest.raises(Refused) as caught:
                upload(api, content)
            assert caught.value.code is grpc.StatusCode.RESOURCE_EXHAUSTED
            assert blobs_of(own) == set()
            assert push(api, unique("smaller")).status.state == 2

    def test_mutated_archives_are_stored_or_refused_and_nothing_else(self, api: Api, unit: ApiUnit) -> None:
        before, stored = blobs_of(unit), set()

        @given(st.integers(0, 400), st.binary(min_size=1, max_size=4), st.booleans())
        @settings(max_examples=150)
        def mutated(at: int, change: bytes, replaces: bool) -> None:
            good = archive({"SKILL.md": "x" * 30, "b": "y"})
            place = at % len(good)
            content = good[:place] + change + good[place + len(change) * replaces :]
            try:
                stored.add(push(api, "mutated", content).status.version_hash)
            except Refused as refused:
                if refused.code is not grpc.StatusCode.INVALID_ARGUMENT:
                    raise

        mutated()
        assert blobs_of(unit) == before | stored

    def test_what_is_not_here_is_neither_described_nor_pushed(self, api: Api) -> None:
        with pytest.raises(Refused) as caught:
            call(api, "describe", skills_pb2.DescribeArtifactRequest(version_hash="0" * 64))
        assert caught.value.code is grpc.StatusCode.NOT_FOUND
        with pytest.raises(Refused) as caught:
            call(api, "push", skills_pb2.PushUploadedRequest(name="nothing", version_hash="0" * 64))
        assert caught.value.reason == "stigmer.skill.artifact_missing"
        with pytest.raises(Refused) as caught:
            call(api, "listVersions", skills_pb2.ListSkillVersionsRequest(skill_id="skl-nothing"))
        assert caught.value.code is grpc.StatusCode.NOT_FOUND


def downloaded(api: Api, key: str) -> Iterator[bytes]:
    request = skills_pb2.DownloadArtifactRequest(artifact_storage_key=key)
    for answer in api.stream(f"{EXTENSION}.SkillController.download", request):
        yield answer.part


@both_databases
class TestDeleting:
    def test_a_deleted_skill_is_returned_and_gone_and_its_name_is_free(self, api: Api) -> None:
        name = unique("gone")
        made = push(api, name, tag="v1")
        assert api.of("Skill").delete(made.metadata.id) == made
        for version in ("", "v1", made.status.version_hash):
            with pytest.raises(Refused) as caught:
                find(api, name, version)
            assert caught.value.code is grpc.StatusCode.NOT_FOUND
        again = push(api, name, archive({"SKILL.md": OTHER_MD}))
        assert again.metadata.id != made.metadata.id
        with pytest.raises(Refused):
            find(api, name, "v1")


@both_databases
class TestReferences:
    """Of agents to skills: those of the own organization must be there, those of others are hoped for."""

    def agent(self, api: Api, *references: dict[str, str]) -> Envelope:
        spec = {**AGENT_SPEC, "skill_refs": [{"kind": "skill", **reference} for reference in references]}
        return api.of("Agent").envelope(spec, name=unique("skilled"))

    @pytest.mark.parametrize("reference", [{"scope": "organization", "org": "local"}, {"org": "local"}, {}])
    def test_one_of_the_own_organization_that_leads_nowhere_is_refused(
        self, api: Api, reference: dict[str, str]
    ) -> None:
        wanted = self.agent(api, {"slug": "no-such-skill", **reference})
        for verb in ("create", "apply"):
            refused = refusal(api.of("Agent"), verb, wanted)
            assert (refused.code, set(refused.violations)) == (
                grpc.StatusCode.INVALID_ARGUMENT,
                {"spec.skill_refs[0]"},
            )
            assert "no-such-skill" in refused.message

    def test_one_of_a_sub_agent_is_refused_too(self, api: Api) -> None:
        helper = {**AGENT_SPEC, "name": "helper", "skill_refs": [{"slug": "no-such-skill", "kind": "skill"}]}
        wanted = api.of("Agent").envelope({**AGENT_SPEC, "sub_agents": [helper]}, name=unique("skilled"))
        assert set(refusal(api.of("Agent"), "apply", wanted).violations) == {"spec.sub_agents[0].skill_refs[0]"}

    @pytest.mark.parametrize("reference", [{"scope": "platform"}, {"scope": "organization", "org": "my-org"}])
    def test_one_to_others_that_is_not_here_is_a_warning_until_it_is(self, api: Api, reference: dict[str, str]) -> None:
        slug = unique("elsewhere")
        wanted = self.agent(api, {"slug": slug, **reference})
        (result,) = api.batch([wanted])
        (warning,) = result.warnings
        assert warning.startswith(f"spec.skill_refs[0]: there is no Skill '{slug}'")
        push(api, slug, None, **reference)
        (result,) = api.batch([wanted])
        assert list(result.warnings) == []

    def test_an_agent_whose_skill_is_not_here_is_not_run(self, idle_api: Api) -> None:
        slug = unique("elsewhere")
        agents, runs = idle_api.of("Agent"), idle_api.of("AgentExecution")
        agent = agents.create(self.agent(idle_api, {"slug": slug, "org": "my-org", "version": "v1"}))
        run = runs.envelope({"agent_id": agent.metadata.id, "message": "go"}, owner_scope=0)
        refused = refusal(runs, "create", run)
        assert (refused.code, refused.reason) == (
            grpc.StatusCode.FAILED_PRECONDITION,
            "stigmer.execution.skill_missing",
        )
        assert refused.facts["hint"] == f"Push it: `stigmer skill push DIR --name {slug} --for my-org`"
        push(idle_api, slug, org="my-org")
        assert refusal(runs, "create", run).reason == refused.reason
        push(idle_api, slug, org="my-org", tag="v1")
        assert runs.create(run).status.phase == 1

    def test_a_version_must_be_there_too(self, api: Api) -> None:
        name = unique("versioned")
        made = push(api, name, tag="v1")
        for version in ("v1", "latest", made.status.version_hash):
            api.batch([self.agent(api, {"slug": name, "version": version})])
        refused = refusal(api.of("Agent"), "apply", self.agent(api, {"slug": name, "version": "v2"}))
        assert "v2" in refused.violations["spec.skill_refs[0]"]

    def test_skills_and_agents_of_one_apply_come_in_any_order(self, api: Api) -> None:
        slug = unique("together")
        skill = api.of("Skill").envelope({"skill_md": SKILL_MD}, name=slug)
        results = api.batch([self.agent(api, {"slug": slug, "scope": "organization", "org": "local"}), skill])
        assert [(result.kind, list(result.warnings)) for result in results] == [("Agent", []), ("Skill", [])]
