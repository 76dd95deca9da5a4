"""Recorded output of real Go SDK programs is read as it stands."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from google.protobuf.json_format import MessageToDict

from cli.project.manifests import DEPLOYABLE, read_manifests
from cli.project.yaml_files import load_files

RECORDED = Path(__file__).resolve().parents[3] / "shared" / "fixtures" / "manifests"
PROGRAMS = sorted(path.name for path in RECORDED.iterdir())


def test_there_are_recorded_programs() -> None:
    assert len(PROGRAMS) >= 9


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_manifest_is_read_without_a_complaint(program: str) -> None:
    directory = RECORDED / program
    found = read_manifests(directory)
    assert found.warnings == ()
    assert {str(resource.source) for resource in found.resources} == {path.name for path in directory.glob("*.pb")}


@pytest.mark.parametrize("program", PROGRAMS)
def test_only_organization_and_scope_are_filled_in(program: str) -> None:
    for resource in read_manifests(RECORDED / program).resources:
        written = (
            DEPLOYABLE[resource.noun]
            .message_class()
            .FromString((RECORDED / program / str(resource.source)).read_bytes())
        )
        assert resource.message.metadata.org == "local"
        assert resource.message.metadata.owner_scope == written.metadata.owner_scope == 2
        assert resource.slug == written.metadata.slug
        written.metadata.org = "local"
        assert resource.message == written


@pytest.mark.parametrize("snake_case", [False, True])
@pytest.mark.parametrize("program", PROGRAMS)
def test_written_as_yaml_they_are_the_same_resources(tmp_path: Path, program: str, snake_case: bool) -> None:
    """The whole contract as people write it, in both casings."""
    messages = [resource.message for resource in read_manifests(RECORDED / program).resources]
    documents = [MessageToDict(message, preserving_proto_field_name=snake_case) for message in messages]
    (tmp_path / "all.yaml").write_text(yaml.safe_dump_all(documents))
    found = load_files([str(tmp_path)])
    assert found.warnings == ()
    assert [resource.message for resource in found.resources] == messages
