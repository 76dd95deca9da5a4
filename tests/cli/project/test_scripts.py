"""Where the answers of agents stand that no model answers for."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.project.yaml_files import load_files

MODEL = "stigmer.ai/model"
AGENT = """\
apiVersion: agentic.stigmer.ai/v1
kind: Agent
metadata:
  name: Bot
  annotations: {{stigmer.ai/model: "{model}"}}
spec: {{instructions: You are a helpful bot.}}
"""


def located(directory: Path, model: str) -> tuple[str, tuple[str, ...]]:
    """The model as it is deployed, and the warnings."""
    file = directory / "bot.yaml"
    file.write_text(AGENT.format(model=model))
    found = load_files([str(file)])
    return found.resources[0].message.metadata.annotations[MODEL], found.warnings


def test_a_script_counts_from_the_file_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "answers.yaml").touch()
    assert located(tmp_path, "scripted:./answers.yaml") == (f"scripted:{tmp_path / 'answers.yaml'}", ())


def test_one_that_is_not_there_is_warned_of(tmp_path: Path) -> None:
    model, (warning,) = located(tmp_path, "scripted:answers.yaml")
    assert model == f"scripted:{tmp_path / 'answers.yaml'}"
    assert warning == f"agent 'Bot': there is no file {tmp_path / 'answers.yaml'} for its model to answer from"


@pytest.mark.parametrize("model", ["ollama:qwen2.5-coder:7b", "gpt-5-mini"])
def test_other_models_stay_as_they_are(tmp_path: Path, model: str) -> None:
    assert located(tmp_path, model) == (model, ())
