"""The model that runs use when nothing else names one, looked up when each of them begins."""

from __future__ import annotations

from pathlib import Path

import pytest

from apps.backends import config
from stigmer_site import model_settings
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


def test_a_file_is_read_again_when_it_was_changed_and_not_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_settings, "JUST_NOW_SECONDS", 0.0)
    write(tmp_path, "backend: {local: {llm: {provider: anthropic, model: first}}}")
    models = current(tmp_path)
    assert named(models) == ("anthropic", "first")
    write(tmp_path, "backend: {local: {llm: {provider: anthropic, model: another}}}")
    assert named(models) == ("anthropic", "another")
    load = config.load
    monkeypatch.setattr(config, "load", _must_not_be_read)
    assert named(models) == ("anthropic", "another")
    monkeypatch.setattr(config, "load", load)
    (tmp_path / "config.yaml").unlink()
    assert named(models)[0] == "ollama"


def _must_not_be_read(**_: object) -> None:
    raise AssertionError("it was read although nobody changed it")
