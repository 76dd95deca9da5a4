"""The pages of the docs, followed literally: each in a directory and an installation of its own, from top to bottom."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.docs.given import GIVEN
from tests.docs.page import PAGES, ROOT, Block, blocks_of, count_of_fences
from tests.support.daemon import PROGRAM, Installation, temporary_installation
from tests.support.temporal import built_temporal

LANGUAGES = {"sh", "python", "yaml", "text", "markdown"}
MOST_THAT_NEED_SOMETHING = 5
SECONDS = 300.0
ELSEWHERE = {"docs/sdk.md": "tests/sdk/test_guide.py", "docs/client.md": "tests/endtoend/test_client.py"}
"""Pages whose programs follow from each other, and are run as that there."""
AGENT: dict[str, Any] = {  # Any: YAML
    "apiVersion": "agentic.stigmer.ai/v1",
    "kind": "Agent",
    "metadata": {"name": "one-of-the-docs", "ownerScope": "organization"},
    "spec": {"instructions": "You answer in one word."},
}
WORKFLOW: dict[str, Any] = {  # Any: YAML
    **AGENT,
    "kind": "Workflow",
    "spec": {"document": {"dsl": "1.0.0", "namespace": "docs", "name": "one-of-the-docs", "version": "1.0.0"}},
}
# Whatever asks is told the same. `diff` exits with 1 where something differs, which is no error.
PRELUDE = """
set -eo pipefail
stigmer() {
  local code=0
  command stigmer "$@" <<<"demo" || code=$?
  [[ $1 == diff && $code == 1 ]] || return $code
}
newest_run() { command stigmer executions list -o name -n 1; }
newest_session() { command stigmer sessions -o name | head -n 1; }
"""


def of_language(*languages: str) -> list[Block]:
    return [block for page in PAGES for block in blocks_of(page) if block.language in languages]


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    """One for a page: nothing runs, and its `stigmer` is found by its name."""
    home, programs = tmp_path / "home", tmp_path / "bin"
    home.mkdir()
    programs.mkdir()
    program = programs / "stigmer"
    program.write_text(f'#!/bin/sh\nexec {shlex.join(PROGRAM)} "$@"\n')
    program.chmod(0o755)
    more = {"STIGMER_UNITS": "", "STIGMER_TEMPORAL_PATH": str(built_temporal()), "BROWSER": "true"}
    with temporary_installation(home, **more) as made:
        made.extra["PATH"] = f"{programs}:{made.environment()['PATH']}"
        yield made


def script_of(page: str, program: Path) -> str:
    """All that a reader of the page types, with what the page takes for granted."""
    given = dict(GIVEN.get(page, {}))
    lines = [PRELUDE, f"ROOT={ROOT} PROGRAM={program}", given.pop("", "")]
    for block in (block for block in blocks_of(page) if block.language == "sh" and block.is_run):
        before = [text for start, text in given.items() if block.text.startswith(start)]
        lines += [*before, f"echo '@@ {block}' >&2", with_ids(block.text)]
    return "\n".join(lines)


def with_ids(text: str) -> str:
    """A command that is shown with ID is about what ran last."""
    text = re.sub(r"(\bsessions show) ID\b", r'\1 "$(newest_session)"', text)
    return re.sub(r"(?<= )ID\b", '"$(newest_run)"', text)


@pytest.mark.parametrize("page", PAGES)
def test_every_block_is_of_a_language_that_is_tried(page: str) -> None:
    blocks = blocks_of(page)
    assert 2 * len(blocks) == count_of_fences(page), "a fence is not written as ```LANGUAGE or has no end"
    assert {block.language for block in blocks} <= LANGUAGES


def test_few_blocks_need_what_is_not_here() -> None:
    needing = [str(block) for block in of_language(*LANGUAGES) if not block.is_run]
    assert len(needing) <= MOST_THAT_NEED_SOMETHING, needing


@pytest.mark.parametrize("page", sorted({block.page for block in of_language("sh") if block.is_run}))
def test_the_commands_of_a_page_do_what_it_says(page: str, installation: Installation, tmp_path: Path) -> None:
    directory = tmp_path / "here"
    directory.mkdir()
    done = subprocess.run(
        ["bash", "-c", script_of(page, tmp_path / "bin" / "stigmer")],
        cwd=directory,
        env=installation.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:]


def test_what_the_pages_say_in_yaml_and_python_can_be_deployed(installation: Installation, tmp_path: Path) -> None:
    for block in of_language("yaml"):
        if manifest := manifest_in(block):
            file = tmp_path / "manifest.yaml"
            file.write_text(yaml.safe_dump(manifest))
            done = installation.run("apply", "-f", str(file), "--dry-run")
            assert done.code == 0, f"{block}: {done.stderr}"
    for block in of_language("python"):
        if block.page not in ELSEWHERE:
            project = tmp_path / f"{Path(block.page).stem}-{block.line}"
            project.mkdir()
            (project / "Stigmer.yaml").write_text(f"name: {project.name}\nruntime: python\nmain: main.py\n")
            (project / "main.py").write_text(block.text)
            done = installation.run("preview", "-C", str(project))
            assert done.code == 0, f"{block}: {done.stderr}"


def manifest_in(block: Block) -> dict[str, Any] | None:
    """A manifest to apply, or an agent or a workflow with the part that is shown. None for what stands elsewhere."""
    shown = yaml.safe_load(block.text)
    if isinstance(shown, list):
        return {**WORKFLOW, "spec": {**WORKFLOW["spec"], "tasks": shown}}
    assert isinstance(shown, dict), block
    if "kind" in shown:
        return shown
    if not shown.keys() & {"metadata", "spec"}:
        return None
    parts = {key: {**AGENT.get(key, {}), **value} for key, value in shown.items()}
    return {**AGENT, **parts}


@pytest.mark.parametrize("page", ELSEWHERE)
def test_programs_that_are_run_elsewhere_are_run_there(page: str) -> None:
    test = (ROOT / ELSEWHERE[page]).read_text(encoding="utf-8")
    assert f'"{Path(page).name}"' in test
    assert "```python" in test
