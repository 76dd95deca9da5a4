"""Skills that a program declares."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from stigmer import Agent, DefinitionError, Skill, SubAgent, isolated
from stigmer.skill import DIRECTORY

RULES = "Answer questions about orders."


@pytest.fixture(autouse=True)
def _isolated() -> Any:
    with isolated():
        yield


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "SKILL.md").write_text("# Read this\r\n")
    return tmp_path


def test_a_directory_is_named_for_the_command_line_and_its_skill_md_is_read(directory: Path) -> None:
    made = Skill("Release Notes", path=directory, tag="stable", labels={"team": "docs"}).to_dict()
    assert made["spec"] == {"skill_md": "# Read this\r\n", "tag": "stable"}
    assert made["metadata"]["slug"] == "release-notes"
    assert made["metadata"]["annotations"] == {DIRECTORY: str(directory)}


def test_a_text_is_a_skill_of_its_own() -> None:
    made = Skill(
        "hello",
        text="""
        # Hello
          Say it.
        """,
    ).to_dict()
    assert made["spec"]["skill_md"] == "# Hello\n  Say it."
    assert made["metadata"]["annotations"] == {}


def test_agents_and_sub_agents_refer_to_skills_of_the_program() -> None:
    own, shared = Skill("own", text="x"), Skill("shared", text="x", scope="platform")
    helper = SubAgent("helper", instructions=RULES, skills=[shared])
    spec = Agent("writer", instructions=RULES, skills=[own, "other"], sub_agents=[helper]).to_dict()["spec"]
    assert spec["skill_refs"] == [
        {"kind": "skill", "slug": "own", "scope": "organization"},
        {"kind": "skill", "slug": "other"},
    ]
    assert spec["sub_agents"][0]["skill_refs"] == [{"kind": "skill", "slug": "shared", "scope": "platform"}]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "path or text is needed, one of them"),
        ({"text": "x", "path": "."}, "path or text is needed, one of them"),
        ({"text": ""}, "text has an empty SKILL.md"),
        ({"text": "x", "tag": "a b"}, 'tag "a b" may have letters'),
        ({"text": "x", "tag": "latest"}, 'tag "latest" is what the newest version is called anyway'),
        ({"path": "nowhere"}, "path must be a directory with a SKILL.md in it"),
        ({"path": 7}, "path must be a path, not int"),
    ],
)
def test_what_cannot_be_deployed_is_said_at_once(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        Skill("bad", **arguments)
    assert said in str(caught.value).replace(": ", " ", 1).replace(": ", " ")


def test_a_directory_without_a_skill_md_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match=r"has no SKILL\.md that can be read"):
        Skill("bad", path=tmp_path)
