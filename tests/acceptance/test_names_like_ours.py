"""A project may call its folders and files as ours and our libraries' are called."""

from __future__ import annotations

from pathlib import Path

from tests.acceptance.projects import AGENT_PROGRAM, make_project
from tests.support.daemon import Installation

FOLDERS = ("apps", "cli", "proto", "tests", "sdk", "gen", "stigmer_site", "stigmer_proto")
FILES = ("stigmer.py", "django.py", "grpc.py", "google.py", "click.py", "yaml.py")
TRAP = "raise SystemExit('the file of a user was loaded instead of ours')\n"


def test_a_project_with_names_like_ours_deploys_and_serves(installation: Installation, tmp_path: Path) -> None:
    uses_its_own = "from cli.words import WORD\n" + AGENT_PROGRAM.format(name="own").replace(
        '"Answer', 'WORD + "Answer'
    )
    project = make_project(tmp_path / "own", uses_its_own)
    for folder in FOLDERS:
        (project / folder).mkdir()
        (project / folder / "__init__.py").write_text("" if folder == "cli" else TRAP)
    for file in FILES:
        (project / file).write_text(TRAP)
    (project / "cli" / "words.py").write_text("WORD = 'Be kind. '\n")

    # Each command runs in the project, so that the daemon and its units are started from there, too.
    first = installation.run("apply", cwd=project)
    assert first.code == 0, first.stderr
    assert "✓ Created" in first.stdout
    assert installation.run("server", "restart", cwd=project).code == 0
    second = installation.run("apply", cwd=project)
    assert second.code == 0, second.stderr
    assert "unchanged" in second.stdout
    shown = installation.run("get", "agent", "own", "-o", "json", cwd=project)
    assert "Be kind. Answer" in shown.stdout
