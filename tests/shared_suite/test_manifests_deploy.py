"""What programs written with the Go SDK produce deploys as it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from stigmer_proto.agentic.agent.v1.api_pb2 import Agent
from stigmer_proto.agentic.workflow.v1.api_pb2 import Workflow
from stigmer_proto.controlplane.v1 import batch_pb2

from tests.suites.api_unit import StartUnit
from tests.suites.client import Api, opened

MANIFESTS = Path(__file__).resolve().parents[2].parent / "shared" / "fixtures" / "manifests"
CLASSES = {"agent": Agent, "workflow": Workflow}
projects = pytest.mark.parametrize("project", sorted(MANIFESTS.iterdir()), ids=lambda path: path.name)


def envelopes(project: Path) -> list[Any]:  # Any: agents and workflows
    return [
        CLASSES[path.name.rpartition("-")[0]].FromString(path.read_bytes()) for path in sorted(project.glob("*.pb"))
    ]


def test_there_are_manifests() -> None:
    assert len(list(MANIFESTS.iterdir())) >= 9
    assert all(envelopes(project) for project in MANIFESTS.iterdir())


@projects
def test_each_project_deploys_unchanged_and_reads_back_equal(start_unit: StartUnit, project: Path) -> None:
    wanted = envelopes(project)
    with Api(start_unit().endpoint) as api:
        first = api.batch(wanted)
        assert {result.action for result in first} == {batch_pb2.APPLY_ACTION_CREATED}
        for envelope, result in zip(wanted, first, strict=True):
            stored = opened(result.resource)
            assert api.of(result.kind).get(result.id) == stored
            assert as_wanted(stored) == with_organization(envelope)
            assert len(result.warnings) == skill_references(envelope)
            assert all("skill" in warning for warning in result.warnings)
        second = api.batch(wanted)
        assert {result.action for result in second} == {batch_pb2.APPLY_ACTION_UNCHANGED}
        assert [result.resource for result in second] == [result.resource for result in first]


def test_all_of_them_deploy_one_by_one_through_the_services_of_their_kinds(start_unit: StartUnit) -> None:
    with Api(start_unit().endpoint) as api:
        for project in sorted(MANIFESTS.iterdir()):
            for envelope in envelopes(project):
                stored = api.of(envelope.kind).apply(envelope)
                assert as_wanted(stored) == with_organization(envelope)


def as_wanted(stored: Any) -> Any:
    """The parts of a stored envelope that its author wrote."""
    wanted = type(stored)()
    wanted.CopyFrom(stored)
    wanted.ClearField("status")
    wanted.metadata.ClearField("id")
    wanted.metadata.ClearField("version")
    return wanted


def with_organization(envelope: Any) -> Any:
    filled = type(envelope)()
    filled.CopyFrom(envelope)
    filled.metadata.org = filled.metadata.org or "local"
    return filled


def skill_references(envelope: Any) -> int:
    if envelope.kind != "Agent":
        return 0
    return len(envelope.spec.skill_refs) + sum(len(each.skill_refs) for each in envelope.spec.sub_agents)
