"""Skills that programs declare, with the files beside their SKILL.md."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.archives import SKILL_MD
from tests.support.daemon import Installation

MAIN = """\
from stigmer import Agent, Skill

notes = Skill("Project Notes", path="skills/notes", tag="stable")
hello = Skill("hello", text="Say hello.")
Agent("writer", instructions="Write release notes.", skills=[notes, hello])
"""


def test_a_program_deploys_its_skills_with_their_files(installation: Installation, tmp_path: Path) -> None:
    skill = tmp_path / "skills" / "notes"
    skill.mkdir(parents=True)
    (skill / "SKILL.md").write_text(SKILL_MD)
    (skill / "log.sh").write_text("git log\n")
    (skill / ".git").mkdir()
    (tmp_path / "Stigmer.yaml").write_text("name: notes\nruntime: python\nmain: main.py\n")
    (tmp_path / "main.py").write_text(MAIN)

    first = installation.run("apply", cwd=tmp_path)
    assert first.code == 0, first.stderr
    assert "Left out of skill Project Notes: .git/" in first.stderr
    assert "warning" not in first.stderr
    record = json.loads(installation.run("skill", "show", "project-notes", "-o", "json").stdout)
    assert [file["path"] for file in record["artifact"]["files"]] == ["SKILL.md", "log.sh"]
    assert "stigmer.ai/skill.directory" not in record["metadata"].get("annotations", {})
    assert [version["tag"] for version in record["versions"]] == ["stable"]

    (skill / "log.sh").write_text("git log -1\n")
    preview = installation.run("preview", cwd=tmp_path)
    assert "status.version_hash" in preview.stdout + preview.stderr
    assert installation.run("apply", cwd=tmp_path).code == 0
    record = json.loads(installation.run("skill", "show", "project-notes", "-o", "json").stdout)
    assert len(record["versions"]) == 2

    (skill / "link").symlink_to("/etc/passwd")
    refused = installation.run("apply", cwd=tmp_path)
    assert refused.code == 1
    assert "error: skill 'Project Notes' cannot be packed from" in refused.stderr
    assert '"link" is a symbolic link' in refused.stderr
