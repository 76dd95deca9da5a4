"""What the settings say about all runs of agents, for whoever runs them."""

from __future__ import annotations

import os

from django.conf import settings

from apps.agents.runtime.limits import Limits
from apps.agents.runtime.plan import Options
from stigmer_site.model_keys import ModelKeys
from stigmer_site.model_settings import CurrentModels


def run_options() -> Options:
    return Options(
        models=CurrentModels(settings.CONFIGURED, os.environ, ModelKeys(settings.MODEL_KEYS_FILE)),
        limits=Limits(**settings.RUN_LIMITS),
        workspaces=settings.DATA_DIR / "workspaces",
        register=settings.RUN_DIR / "tools",
        tool_start_seconds=settings.TOOL_START_SECONDS,
        tool_seconds=settings.TOOL_SECONDS,
        is_shared=settings.CLOUD,
        reach=settings.REACH,
    )
