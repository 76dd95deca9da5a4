"""A new project on a machine that has nothing: the first run succeeds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.llm import ModelHost
from tests.support.ports import free_port

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.daemon import Installation


def nowhere() -> dict[str, str]:
    """Variables by which no model is reached, and Go fetches nothing."""
    return {"STIGMER_LLM_BASE_URL": f"http://127.0.0.1:{free_port()}", "GOPROXY": "off", "GOTOOLCHAIN": "local"}


@pytest.mark.parametrize("runtime", ["python", "go"])
def test_the_first_run_succeeds_without_any_model(fresh_runner: Installation, tmp_path: Path, runtime: str) -> None:
    fresh_runner.extra.update(nowhere())
    made = fresh_runner.run("new", "demo", "--runtime", runtime, cwd=tmp_path)
    assert made.code == 0, made.stderr
    assert "No model can be asked now: Ollama does not answer at http://127.0.0.1:" in made.stderr
    assert "answers.yaml" in made.stdout
    applied = fresh_runner.run("apply", cwd=tmp_path / "demo", seconds=180)
    assert applied.code == 0, applied.stderr
    assert "warning" not in applied.stderr
    ran = fresh_runner.run("run", "demo", "-m", "hi", cwd=tmp_path)
    assert ran.code == 0, ran.stderr
    assert ran.stdout == "Hello! You said: hi. No model was asked: this answer stands in answers.yaml.\n"


def test_a_model_that_is_there_is_asked(installation: Installation, tmp_path: Path) -> None:
    with ModelHost() as host:
        env = {"STIGMER_LLM_BASE_URL": host.url, "STIGMER_LLM_MODEL": "stand-in"}
        made = installation.run("new", "demo", "-o", "json", cwd=tmp_path, env=env)
    assert made.code == 0, made.stderr
    assert made.json()["scripted"] is False
    assert "No model" not in made.stderr
    assert "scripted" not in (tmp_path / "demo" / "main.py").read_text()


def test_a_model_that_was_not_pulled_is_named(installation: Installation, tmp_path: Path) -> None:
    with ModelHost() as host:
        env = {"STIGMER_LLM_BASE_URL": host.url, "STIGMER_LLM_MODEL": "other"}
        made = installation.run("new", "demo", "-o", "json", cwd=tmp_path, env=env)
    assert made.json()["scripted"] is True
    assert "No model can be asked now: Ollama has no model other." in made.stderr
