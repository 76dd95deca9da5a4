"""What can be used right now: providers, the keys that they need, and the models that are known of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from apps.backends.models.configured import Configured, configured_model, trouble_of
from apps.backends.models.keys import KeyPlace, place_of_key
from apps.backends.models.ollama import NoAnswer, Ollama, OllamaModel, full_name
from apps.shared.model_providers import OLLAMA, PROVIDERS, SCRIPTED, Provider

if TYPE_CHECKING:
    from collections.abc import Mapping

    from apps.backends.config import Config
    from apps.prices.known import ModelPrices, Price


class SeenProvider(NamedTuple):
    """`trouble` says why runs cannot use it, "" when nothing is known to be in the way."""

    provider: Provider
    url: str
    key: KeyPlace
    trouble: str
    is_default: bool


class SeenModel(NamedTuple):
    """`price` is None where nobody pays, or the price is not known; `size` is in bytes, 0 where nobody says."""

    provider: Provider
    name: str
    price: Price | None
    size: int
    is_default: bool

    @property
    def full_name(self) -> str:
        return f"{self.provider.name}:{self.name}"


class Listing(NamedTuple):
    providers: list[SeenProvider]
    models: list[SeenModel]
    price_problem: str = ""
    """Why the user's own prices do not count; "" where nothing is wrong with them."""


def listing(config: Config, environ: Mapping[str, str], *, of: str = "") -> Listing:
    """Every provider, or the one that is named; of that one all models that are known, else those within reach.

    Asks an Ollama, and nobody else.
    """
    from apps.backends.local.paths import DataPaths
    from apps.prices.known import ModelPrices

    default, prices = configured_model(config), ModelPrices(Path(DataPaths(config.local.data_dir).prices))
    providers = [PROVIDERS[of]] if of else list(PROVIDERS.values())
    seen, models = [], []
    for provider in providers:
        url = default.url if provider is default.provider else provider.url
        pulled, trouble = _asked(provider, url, default)
        if provider is default.provider and provider is not OLLAMA:
            trouble = trouble_of(default, environ, config.local.data_dir)
        elif provider.key and not place_of_key(provider, environ, config.local.data_dir).origin:
            trouble = f"{provider.key} is not set"
        place = place_of_key(provider, environ, config.local.data_dir) if provider.key else KeyPlace("", "")
        seen.append(SeenProvider(provider, url, place, trouble, provider is default.provider))
        models += _models(provider, pulled, default, prices, everything=bool(of))
    return Listing(seen, models, prices.problem)


def _asked(provider: Provider, url: str, default: Configured) -> tuple[list[OllamaModel], str]:
    """What an Ollama has, and why runs cannot use it."""
    if provider is not OLLAMA:
        return [], ""
    try:
        pulled = Ollama(url).models()
    except NoAnswer as error:
        return [], f"does not answer: {error.why}"
    lacks = provider is default.provider and not any(_is(each.name, default.model) for each in pulled)
    return pulled, f"has no {default.model}" if lacks else ""


def _models(
    provider: Provider, pulled: list[OllamaModel], default: Configured, prices: ModelPrices, *, everything: bool
) -> list[SeenModel]:
    named = default.model if provider is default.provider else ""
    if provider is OLLAMA:
        return [
            SeenModel(provider, each.name, prices.own(provider.name, each.name), each.size, _is(each.name, named))
            for each in pulled
        ]
    if provider is SCRIPTED:
        return [SeenModel(provider, named, None, 0, True)] if named else []
    known = prices.known_models(provider.name) if everything else {}
    if named and named not in known:
        found = prices.of(provider.name, named)
        return [SeenModel(provider, named, found, 0, True), *_priced(provider, known, named)]
    return _priced(provider, known, named)


def _priced(provider: Provider, known: Mapping[str, Price], named: str) -> list[SeenModel]:
    return [SeenModel(provider, name, price, 0, name == named) for name, price in known.items()]


def _is(name: str, named: str) -> bool:
    return bool(named) and full_name(name) == full_name(named)
