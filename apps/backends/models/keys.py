"""Where the API key of a provider comes from: a variable, else what `stigmer model login` keeps."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from apps.backends.errors import BackendError
from apps.backends.local.paths import DataPaths
from apps.backends.models.http import Unanswered, ask
from apps.shared.model_providers import ANTHROPIC, OPENAI, Provider

if TYPE_CHECKING:
    from collections.abc import Mapping

ANTHROPIC_VERSION = "2023-06-01"
TRY_SECONDS = 15.0
REFUSED = (401, 403)


class KeyRefused(BackendError):
    """The provider does not know the key."""

    reason = "stigmer.model.key_refused"

    def __init__(self, provider: Provider, url: str, status: int) -> None:
        super().__init__(
            f"{provider.title} at {url} refuses the key (it answers {status}); nothing was kept",
            hint=f"Give it as {provider.title} shows it: `stigmer model login {provider.name}`",
        )


class KeyNotTried(BackendError):
    """The provider could not be asked."""

    reason = "stigmer.model.key_not_tried"

    def __init__(self, provider: Provider, url: str, why: str) -> None:
        super().__init__(
            f"the key could not be tried, {provider.title} at {url} does not answer: {why}; nothing was kept",
            hint=f"Check the network, or keep it untried: `stigmer model login {provider.name} --untried`",
        )


class KeyPlace(NamedTuple):
    """`origin` is `environment`, `login`, or "" where there is no key; `variable` is what it is called."""

    origin: str
    variable: str


def kept_providers(data_dir: str) -> frozenset[str]:
    """Names of the providers whose keys are kept; no names where the file cannot be read, which the server logs."""
    try:
        with open(DataPaths(data_dir).model_keys, encoding="utf-8") as file:
            found = json.load(file)
    except (OSError, ValueError):
        return frozenset()
    return frozenset(found) if isinstance(found, dict) else frozenset()


def place_of_key(provider: Provider, environ: Mapping[str, str], data_dir: str) -> KeyPlace:
    """Where a run started now finds the key, as far as this shell and the data directory tell."""
    if environ.get(provider.key, "").strip():
        return KeyPlace("environment", provider.key)
    return KeyPlace("login" if provider.name in kept_providers(data_dir) else "", provider.key)


def try_key(provider: Provider, url: str, key: str) -> None:
    """Ask the provider for its models with this key. Raises KeyRefused or KeyNotTried."""
    root = url.rstrip("/").removesuffix("/v1")
    headers = {
        ANTHROPIC.name: {"x-api-key": key, "anthropic-version": ANTHROPIC_VERSION},
        OPENAI.name: {"authorization": f"Bearer {key}"},
    }[provider.name]
    try:
        ask(f"{root}/v1/models", seconds=TRY_SECONDS, headers=headers).close()
    except Unanswered as error:
        if error.status in REFUSED:
            raise KeyRefused(provider, url, error.status) from None
        raise KeyNotTried(provider, url, error.why) from None
