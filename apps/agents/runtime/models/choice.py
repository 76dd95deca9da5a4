"""Which model a run uses, and how: what the run says, else the instance, else the agent, else the settings."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from apps.agents.runtime.errors import RunFailed
from apps.shared.annotations import TEMPERATURE
from apps.shared.http_headers import complaint_of_value
from apps.shared.model_providers import PROVIDERS

KEYS = {each.name: each.key for each in PROVIDERS.values() if each.key}
FINE_TUNED = "ft"
"""How OpenAI's names of models begin that have a colon."""
ELSEWHERE = frozenset(
    {
        "aws",
        "azure",
        "bedrock",
        "cerebras",
        "cloudflare",
        "fireworks",
        "gemini",
        "google",
        "google-gla",
        "google-vertex",
    }
    | {"groq", "grok", "huggingface", "litellm", "lmstudio", "mistralai", "moonshotai", "nebius", "openrouter", "x-ai"}
    | {"perplexity", "replicate", "together", "vertex", "vertexai", "vllm", "xai"}
)
"""What others call providers, and nobody a family of models."""
MISSPELT = 0.8
"""So much alike, `opnai` is `openai`; `openchat`, a model, is not. (`llama3` is too much like `ollama` to tell.)"""
MAX_TEMPERATURE = 2.0
SHOWN_OF_WISH = 40


@dataclass(frozen=True)
class ModelDefaults:
    """What the settings say. `api_keys` is by the names of the variables that usually hold them."""

    provider: str
    model: str
    base_url: str = ""
    api_keys: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class ModelChoice:
    """`api_key` and `base_url` are empty where the provider's own are meant."""

    provider: str
    model: str
    base_url: str = ""
    api_key: str = field(default="", repr=False)


def choose(wishes: Iterable[str], environment: Mapping[str, str], defaults: ModelDefaults) -> ModelChoice:
    """The first wish that is not empty decides, else the defaults. The run's own API key wins.

    Raises RunFailed when no model is named, or a key is needed and there is none.
    """
    wish = next((wish for wish in wishes if wish), "")
    provider, model = split(wish, defaults.provider)
    unknown = provider if provider not in PROVIDERS else ""
    if wish and model == wish:
        unknown = unknown or unknown_provider(wish, provider, defaults.base_url)
    if unknown:
        raise RunFailed(f"the model provider {unknown!r} is unknown", hint=f"Use one of {', '.join(PROVIDERS)}")
    if not wish:
        model = defaults.model
    if not model:
        raise RunFailed(f"no model is named for the provider {provider}", hint=f"Name one: `{provider}:MODEL`")
    base_url = defaults.base_url if provider == defaults.provider else ""
    variable = KEYS.get(provider, "")
    api_key = (environment.get(variable, "") or defaults.api_keys.get(variable, "")).strip()
    if variable and not api_key and not (provider == "openai" and base_url):
        raise RunFailed(
            f"{provider} needs an API key and {variable} is not set",
            hint=f"Have it kept for all runs: `stigmer model login {provider}`; or give it to this one: "
            f"`--runtime-env secret:{variable}`, which asks for it",
        )
    if complaint_of_value(variable, api_key):
        raise RunFailed(
            f"the value of {variable} has a line break or a control character in it", hint="Give it without"
        )
    return ModelChoice(provider, model, base_url, api_key)


def split(wish: str, default_provider: str) -> tuple[str, str]:
    """`provider:model`, where the part before the colon is a provider: names of models have colons, too."""
    provider, colon, model = wish.partition(":")
    return (provider, model) if colon and provider in PROVIDERS else (default_provider, wish)


def unknown_provider(model: str, provider: str, base_url: str) -> str:
    """What stands before the colon and is meant as a provider that we do not have; "" where it is part of the name.

    Hosts of one's own call models as they like, Ollama `family:size`: there it is what nobody calls a model.
    """
    named, colon, _ = model.partition(":")
    if not colon or provider == "scripted":
        return ""
    if provider == "anthropic" or (provider == "openai" and not base_url):
        return "" if named == FINE_TUNED else named
    is_meant = named.lower() in ELSEWHERE or named.lower() in PROVIDERS
    return named if is_meant or get_close_matches(named, KEYS, n=1, cutoff=MISSPELT) else ""


def choose_temperature(wishes: Iterable[tuple[str, str]]) -> float | None:
    """The first wish that is not empty; None leaves it to the provider. Each comes with whose it is.

    Raises RunFailed for one that is no number from 0 to 2.
    """
    whose, wish = next((each for each in wishes if each[1]), ("", ""))
    if not wish:
        return None
    try:
        temperature = float(wish)
    except ValueError:
        temperature = math.nan
    if not 0.0 <= temperature <= MAX_TEMPERATURE:  # which holds of no NaN
        raise RunFailed(
            f"the temperature of {whose} is {wish[:SHOWN_OF_WISH]!r}, not a number from 0 to {MAX_TEMPERATURE:g}",
            hint=f"Mend or remove the annotation {TEMPERATURE}",
        )
    return temperature
