"""The definitions in proto/ are the published contract, rule for rule."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CHECK = ROOT.parent / "shared" / "contract" / "check.py"


def run(script: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(script), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_the_definitions_are_the_published_contract(tmp_path: Path) -> None:
    descriptors = str(tmp_path / "all.binpb")
    compiled = run(ROOT / "scripts" / "generate.py", "--descriptor-set", descriptors)
    assert compiled.returncode == 0, compiled.stderr
    checked = run(CHECK, descriptors, "--rules")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert " 0 differences" in checked.stdout
