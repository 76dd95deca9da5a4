"""The model that runs use when nothing else names one, looked up when each of them begins."""

from __future__ import annotations

from pathlib import Path

from stigmer_site.model_keys import ModelKeys
from stigmer_site.model_settings import CurrentModels

HANDED = {"backend.local.llm.provider": "ollama", "backend.local.llm.model": "small"}


def current(home: Path) -> CurrentModels:
    return CurrentModels(HANDED, {"STIGMER_HOME": str(home)}, ModelKeys(home / "models.json"))


def write(home: Path, text: str) -> None:
    (home / "config.yaml").write_text(text)


def named(models: CurrentModels) -> tuple[str, str]:
    found = models()
    return found.provider, found.model


def test_what_was_changed_before_the_runner_was_up_counts(tmp_path: Path) -> None:
    write(tmp_path, "backend: {local: {llm: {provider: anthropic, model: changed}}}")
    assert named(current(tmp_path)) == ("anthropic", "changed")


def test_a_file_that_cannot_be_read_changes_nothing(tmp_path: Path) -> None:
    write(tmp_path, "backend: [")
    models = current(tmp_path)
    assert named(models) == ("ollama", "small")
    write(tmp_path, "backend: {local: {llm: {provider: anthropic, model: changed}}}")
    assert named(models) == ("anthropic", "changed")
    write(tmp_path, "backend: [")
    assert named(models) == ("anthropic", "changed")
