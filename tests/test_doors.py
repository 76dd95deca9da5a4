"""The check that nobody goes around the door of reads: it catches who does, and lets pass where rows are kept."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

CHECK = Path(__file__).resolve().parent.parent / "scripts" / "check_doors.py"
AROUND = {
    "manager": "from apps.resources.models import Agent\n\nrows = Agent.objects.all()\n",
    "manager of any kind": "def rows(kind: object) -> object:\n\n    return kind.model._default_manager.all()\n",
    "statement": "import sys\n\nfrom apps.resources.storage.statements import fetch_row, insert_rows\n",
}


def checked(root: Path | None = None) -> subprocess.CompletedProcess[str]:
    arguments = [str(root)] if root else []
    return subprocess.run([sys.executable, CHECK, *arguments], capture_output=True, text=True, check=False)


def test_nothing_of_ours_goes_around_the_door() -> None:
    result = checked()
    assert (result.stdout, result.stderr, result.returncode) == ("", "", 0)


@pytest.mark.parametrize("text", AROUND.values(), ids=AROUND)
@pytest.mark.parametrize(
    "place",
    [
        "apps/agents/runtime/run.py",
        "apps/resources/admin/lists.py",
        "apps/resources/kinds/agent/rpc.py",
        "apps/resources/writes/storage/actions.py",
        "cli/main.py",
        "stigmer_site/overview.py",
    ],
)
def test_who_goes_around_the_door_is_named(tmp_path: Path, place: str, text: str) -> None:
    write(tmp_path / place, text)
    result = checked(tmp_path)
    assert result.returncode == 1
    assert result.stdout.startswith(f"{place}:3: `")


@pytest.mark.parametrize("text", AROUND.values(), ids=AROUND)
@pytest.mark.parametrize(
    "place",
    [
        "apps/resources/storage/lookup.py",
        "apps/resources/executions/queries.py",
        "apps/resources/maintenance/key_rotation.py",
        "apps/resources/kinds/agent/model.py",
        "apps/agents/models.py",
        "apps/resources/migrations/0001_initial.py",
        "stigmer_site/models.py",
        "tests/test_anything.py",
    ],
)
def test_where_rows_are_kept_they_are_read(tmp_path: Path, place: str, text: str) -> None:
    write(tmp_path / place, text)
    assert (checked(tmp_path).stdout, checked(tmp_path).returncode) == ("", 0)


def test_an_attribute_of_another_name_is_nobodys_business(tmp_path: Path) -> None:
    write(tmp_path / "cli/main.py", 'objects = {"objects": 1}\nprint(objects)\n')
    assert checked(tmp_path).returncode == 0


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True)
    path.write_text(text)
