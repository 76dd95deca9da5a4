"""The model that runs use when nothing else names one, and whether it is to be had."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from apps.backends.models.keys import place_of_key
from apps.shared.model_providers import OLLAMA, OPENAI, PROVIDERS, SCRIPTED, Provider

if TYPE_CHECKING:
    from collections.abc import Mapping

    from apps.backends.config import Config


class Configured(NamedTuple):
    """`trouble` says why no run can use it, "" when nothing is known to be in the way."""

    provider: Provider
    model: str
    url: str
    trouble: str = ""

    @property
    def name(self) -> str:
        """`provider:model`."""
        return f"{self.provider.name}:{self.model}"


def configured_model(config: Config) -> Configured:
    """What the settings say. Nobody is asked."""
    values = config.local.values
    provider = PROVIDERS[config.text("backend.local.llm.provider")]
    model = str(values["backend.local.llm.model"] or "")
    return Configured(provider, model, str(values["backend.local.llm.base_url"] or "") or provider.url)


def seen(config: Config, environ: Mapping[str, str]) -> Configured:
    """As `configured_model`, and whether it is to be had: an Ollama is asked, and given a moment; nobody else is."""
    wanted = configured_model(config)
    return wanted._replace(trouble=trouble_of(wanted, environ, config.local.data_dir))


def trouble_of(wanted: Configured, environ: Mapping[str, str], data_dir: str) -> str:
    """Why runs cannot use it, as a sentence without its stop; "" when nothing is known to be in the way."""
    provider = wanted.provider
    if not wanted.model:
        return f"no model of {provider.title} is named"
    if provider is OLLAMA:
        return _trouble_of_ollama(wanted)
    if provider is SCRIPTED:
        path = os.path.expanduser(wanted.model)
        return "" if os.path.isfile(path) else f"there is no file {path}"
    is_own_host = provider is OPENAI and wanted.url != OPENAI.url
    if is_own_host or place_of_key(provider, environ, data_dir).origin:
        return ""
    return f"{provider.title} needs an API key, and {provider.key} is not set"


def _trouble_of_ollama(wanted: Configured) -> str:
    from apps.backends.models.ollama import NoAnswer, Ollama, full_name

    try:
        there = {full_name(each.name) for each in Ollama(wanted.url).models()}
    except NoAnswer as error:
        return error.message
    return "" if full_name(wanted.model) in there else f"Ollama has no model {wanted.model}"
