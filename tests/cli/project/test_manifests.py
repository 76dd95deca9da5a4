"""Manifests as an entry point leaves them: read in order, and nothing odd is passed over in silence."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest
from stigmer_proto.agentic.agent.v1.api_pb2 import Agent
from stigmer_proto.agentic.skill.v1.api_pb2 import Skill
from stigmer_proto.agentic.workflow.v1.api_pb2 import Workflow

from cli.project.errors import BadManifest, DependencyCycle, DuplicateSlug, NoResources
from cli.project.manifests import DEPLOYABLE, MAX_BYTES, read_manifests
from tests.cli.project.projects import complaint

if TYPE_CHECKING:
    from pathlib import Path

API_VERSION = "agentic.stigmer.ai/v1"
KNOWN = (
    "skill-<i>.pb, environment-<i>.pb, mcp-server-<i>.pb, agent-<i>.pb, agent-instance-<i>.pb, workflow-<i>.pb, "
    "workflow-instance-<i>.pb"
)
SDK_HINT = "\n\nhint: Let the Stigmer SDK write the manifests, and check that its version fits this one"
ORGANIZATION_SCOPE = 2
PLATFORM_SCOPE = 1


def agent(name: str, **metadata: Any) -> Agent:
    """A small agent. Any: metadata fields have different types."""
    spec = {"instructions": "You are a helpful bot."}
    return Agent(api_version=API_VERSION, kind="Agent", metadata={"name": name, **metadata}, spec=spec)


def workflow(name: str) -> Workflow:
    return Workflow(api_version=API_VERSION, kind="Workflow", metadata={"name": name})


def write(directory: Path, **messages: Agent | Workflow) -> None:
    """`agent_0=...` into `agent-0.pb`."""
    for name, message in messages.items():
        (directory / f"{name.replace('_', '-')}.pb").write_bytes(message.SerializeToString())


def test_resources_come_in_numeric_order_agents_first(tmp_path: Path) -> None:
    write(tmp_path, workflow_0=workflow("w"), agent_10=agent("ten"), agent_2=agent("two"), agent_0=agent("zero"))
    found = read_manifests(tmp_path)
    assert [resource.name for resource in found.resources] == ["zero", "two", "ten", "w"]
    assert [str(resource.source) for resource in found.resources][:2] == ["agent-0.pb", "agent-2.pb"]
    assert found.counts() == {"agent": 3, "workflow": 1}


def test_organization_is_always_filled_and_scope_when_unset(tmp_path: Path) -> None:
    written = agent("b", org="acme", owner_scope="platform")
    write(tmp_path, agent_0=agent("a"), agent_1=written)
    found = read_manifests(tmp_path, org="local")
    placed = [(one.message.metadata.org, one.message.metadata.owner_scope) for one in found.resources]
    assert placed == [("local", ORGANIZATION_SCOPE), ("local", PLATFORM_SCOPE)]
    assert found.warnings == ("agent-1.pb: agent 'b' goes to organization 'local', not 'acme'",)


def test_nothing_else_is_touched(tmp_path: Path) -> None:
    write(tmp_path, agent_0=agent("Support Bot", labels={"a": "b"}))
    (found,) = read_manifests(tmp_path).resources
    expected = agent("Support Bot", labels={"a": "b"}, org="local", owner_scope="organization")
    assert Agent.FromString(found.data) == expected
    assert (found.slug, found.noun, found.envelope().kind) == ("support-bot", "agent", "Agent")


def test_skills_come_before_the_agents_that_refer_to_them(tmp_path: Path) -> None:
    skill = Skill(api_version="agentic.stigmer.ai/v1", kind="Skill", metadata={"name": "Reading"})
    write(tmp_path, agent_0=agent("a"))
    (tmp_path / "skill-0.pb").write_bytes(skill.SerializeToString())
    found = read_manifests(tmp_path)
    assert [(resource.noun, resource.slug) for resource in found.resources] == [("skill", "reading"), ("agent", "a")]
    assert found.warnings == ()


def test_other_files_are_passed_over_with_a_warning_and_hidden_ones_in_silence(tmp_path: Path) -> None:
    write(tmp_path, agent_0=agent("a"))
    (tmp_path / "notes.txt").touch()
    (tmp_path / ".DS_Store").touch()
    assert read_manifests(tmp_path).warnings == ("notes.txt in STIGMER_OUT_DIR is not a manifest and was passed over",)


def test_an_empty_directory_is_no_success(tmp_path: Path) -> None:
    said = complaint(lambda: read_manifests(tmp_path), tmp_path, NoResources)
    assert said.startswith("error: the entry point ended well but declared no resource to deploy\n")


WHOLE = agent("a" * 40).SerializeToString()
BAD_FILES: dict[str, tuple[str, bytes, str]] = {
    "empty": ("agent-0.pb", b"", "manifest agent-0.pb is empty" + SDK_HINT),
    "truncated": (
        "agent-0.pb",
        WHOLE[:-5],
        f"manifest agent-0.pb is damaged: its {len(WHOLE) - 5} bytes "
        "cannot be read as ai.stigmer.agentic.agent.v1.Agent" + SDK_HINT,
    ),
    "noise": (
        "agent-0.pb",
        b"\x00\xff\x13 no protobuf",
        "manifest agent-0.pb is damaged: its 15 bytes cannot be read as ai.stigmer.agentic.agent.v1.Agent" + SDK_HINT,
    ),
    "another kind": (
        "workflow-0.pb",
        Agent(kind="Agent").SerializeToString(),
        "manifest workflow-0.pb holds kind 'Agent'; a file of this name must hold 'Workflow'" + SDK_HINT,
    ),
    "no kind": (
        "agent-0.pb",
        Agent(metadata={"name": "a"}).SerializeToString(),
        "manifest agent-0.pb does not say its kind; a file of this name must hold 'Agent'" + SDK_HINT,
    ),
    "unknown name": (
        "tool-0.pb",
        WHOLE,
        "manifest tool-0.pb has a name that stands for no kind; known are " + KNOWN + SDK_HINT,
    ),
    "no number": (
        "agent.pb",
        WHOLE,
        "manifest agent.pb has a name that stands for no kind; known are " + KNOWN + SDK_HINT,
    ),
    "too large": (
        "agent-0.pb",
        bytes(MAX_BYTES + 1),
        (
            "manifest agent-0.pb has 10,485,761 bytes; the limit is 10,485,760 (10 MiB)\n\n"
            "hint: Split the resource, or move large texts out of it"
        ),
    ),
    "dependencies not JSON": (
        "dependencies.json",
        b'{"workflow:w": [}',
        "manifest dependencies.json is not JSON: line 1, column 17: Expecting value" + SDK_HINT,
    ),
    "dependencies not text": (
        "dependencies.json",
        b"\xff\xfe\x00",
        "manifest dependencies.json is not JSON text" + SDK_HINT,
    ),
    "dependencies no object": (
        "dependencies.json",
        b"[]",
        "manifest dependencies.json must be an object of lists" + SDK_HINT,
    ),
    "dependencies no lists": (
        "dependencies.json",
        b'{"workflow:w": "agent:a"}',
        "manifest dependencies.json must hold a list of texts like \"agent:<slug>\" under 'workflow:w'" + SDK_HINT,
    ),
    "dependencies too deep": (
        "dependencies.json",
        b"[" * 100_000,
        "manifest dependencies.json is not JSON text" + SDK_HINT,
    ),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_bad_file_is_named(tmp_path: Path, case: str) -> None:
    write(tmp_path, agent_1=agent("good"))
    name, data, expected = BAD_FILES[case]
    (tmp_path / name).write_bytes(data)
    assert complaint(lambda: read_manifests(tmp_path), tmp_path, BadManifest) == f"error: {expected}"


def test_two_files_of_one_number_are_refused(tmp_path: Path) -> None:
    write(tmp_path, agent_1=agent("a"), agent_01=agent("b"))
    assert complaint(lambda: read_manifests(tmp_path), tmp_path, BadManifest) == (
        "error: manifest agent-1.pb has the same number as agent-01.pb\n\nhint: Number them 0, 1, 2, ..."
    )


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo])
def test_what_is_no_plain_file_is_not_opened(tmp_path: Path, make: Any) -> None:
    """Reading a named pipe would wait for ever. Any: the two functions differ in their options."""
    make(tmp_path / "agent-0.pb")
    assert complaint(lambda: read_manifests(tmp_path), tmp_path, BadManifest) == (
        "error: manifest agent-0.pb is not a plain file" + SDK_HINT
    )


def test_two_agents_with_one_slug_are_both_named(tmp_path: Path) -> None:
    write(tmp_path, agent_0=agent("Support Bot"), agent_1=agent("other"), agent_2=agent("support-bot"))
    assert complaint(lambda: read_manifests(tmp_path), tmp_path, DuplicateSlug) == (
        "error: two agents have the slug 'support-bot': 'Support Bot' in agent-0.pb and 'support-bot' in agent-2.pb\n\n"
        "hint: A slug is made from the name: give one of them another name"
    )


def test_one_slug_in_two_kinds_or_scopes_is_no_conflict(tmp_path: Path) -> None:
    write(tmp_path, agent_0=agent("x"), agent_1=agent("x", owner_scope="platform"), workflow_0=workflow("x"))
    assert read_manifests(tmp_path).counts() == {"agent": 2, "workflow": 1}


def test_names_without_a_slug_are_left_for_the_server_to_refuse(tmp_path: Path) -> None:
    write(tmp_path, agent_0=agent("!!!"), agent_1=agent("???"))
    assert [resource.slug for resource in read_manifests(tmp_path).resources] == ["", ""]


def dependencies(directory: Path, **needs: list[str]) -> None:
    text = json.dumps({key.replace("__", ":"): value for key, value in needs.items()})
    (directory / "dependencies.json").write_text(text)


def test_what_is_needed_comes_first(tmp_path: Path) -> None:
    write(tmp_path, workflow_0=workflow("a"), workflow_1=workflow("b"), workflow_2=workflow("c"), agent_0=agent("z"))
    dependencies(tmp_path, workflow__a=["workflow:c", "agent:elsewhere"], workflow__c=["workflow:b", "agent:z"])
    assert [resource.name for resource in read_manifests(tmp_path).resources] == ["z", "b", "c", "a"]


def test_a_circle_is_spelled_out(tmp_path: Path) -> None:
    write(tmp_path, workflow_0=workflow("a"), workflow_1=workflow("b"), workflow_2=workflow("c"))
    dependencies(tmp_path, workflow__a=["workflow:b"], workflow__b=["workflow:c"], workflow__c=["workflow:b"])
    assert complaint(lambda: read_manifests(tmp_path), tmp_path, DependencyCycle) == (
        "error: the resources depend on each other in a circle: workflow:b -> workflow:c -> workflow:b\n\n"
        "hint: Break the circle: one of them has to exist before the other"
    )


def test_something_that_needs_itself_is_a_circle(tmp_path: Path) -> None:
    write(tmp_path, workflow_0=workflow("a"))
    dependencies(tmp_path, workflow__a=["workflow:a"])
    said = complaint(lambda: read_manifests(tmp_path), tmp_path, DependencyCycle)
    assert "workflow:a -> workflow:a" in said


def test_a_long_chain_is_no_problem(tmp_path: Path) -> None:
    write(tmp_path, **{f"workflow_{n}": workflow(f"w{n}") for n in range(1500)})
    dependencies(tmp_path, **{f"workflow__w{n}": [f"workflow:w{n + 1}"] for n in range(1500)})
    names = [resource.name for resource in read_manifests(tmp_path).resources]
    assert names == [f"w{n}" for n in reversed(range(1500))]


@pytest.mark.parametrize("prefix", DEPLOYABLE)
def test_every_row_of_the_table_has_a_message(prefix: str) -> None:
    kind = DEPLOYABLE[prefix]
    assert kind.message_class().DESCRIPTOR.full_name == kind.message_name
