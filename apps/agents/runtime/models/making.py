"""From the choice of a model to the model."""

from __future__ import annotations

from pathlib import Path

from apps.agents.runtime.models.base import Model
from apps.agents.runtime.models.choice import ModelChoice
from apps.agents.runtime.models.scripted import ScriptedModel


def make_model(choice: ModelChoice) -> Model:
    if choice.provider == "scripted":
        return ScriptedModel(Path(choice.model).expanduser())
    from apps.agents.runtime.models.providers import make_provider_model  # takes two seconds

    return make_provider_model(choice)
