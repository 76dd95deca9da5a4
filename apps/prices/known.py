"""What models cost, for lists of them: the user's own prices, then those of the package `genai-prices`.

No network. The package takes a second to import: only where it is asked for models that it may know.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from apps.prices.own import MILLION, BadPrices, OwnPrice, own_price_of, read_own

if TYPE_CHECKING:
    from pathlib import Path

    from genai_prices.types import ModelInfo, TieredPrices

WILD = frozenset("*?[")


class Price(NamedTuple):
    """US dollars for a million tokens, of the shortest requests; 0 where it is not counted by tokens."""

    tokens_in: Decimal
    tokens_out: Decimal


class ModelPrices:
    """By the user's own file, which need not exist; `problem` says why it cannot be used."""

    def __init__(self, file: Path) -> None:
        self.problem = ""
        self._own: list[OwnPrice] = []
        try:
            self._own = read_own(file)
        except BadPrices as error:
            self.problem = str(error)

    def own(self, provider: str, model: str) -> Price | None:
        """The user's own alone."""
        found = own_price_of(self._own, f"{provider}:{model}")
        return Price(found.read * MILLION, found.written * MILLION) if found else None

    def of(self, provider: str, model: str) -> Price | None:
        """None where it is not known."""
        from genai_prices.data_snapshot import get_snapshot

        if mine := self.own(provider, model):
            return mine
        found = next((each for each in get_snapshot().providers if each.id == provider), None)
        known = found.find_model(model) if found else None
        return _price(known) if known else None

    def known_models(self, provider: str) -> dict[str, Price]:
        """The models of a provider that answer for money by the token, and those the user names, by name."""
        from genai_prices.data_snapshot import get_snapshot

        found = next((each for each in get_snapshot().providers if each.id == provider), None)
        listed = {model.id: _price(model) for model in (found.models if found else ()) if not model.deprecated}
        prices = {name: price for name, price in listed.items() if price.tokens_out}
        named = (each.pattern.partition(":") for each in self._own if not WILD & {*each.pattern})
        mine = [name for whose, _, name in named if whose == provider and name]
        return {name: self.own(provider, name) or prices[name] for name in sorted({*prices, *mine})}


def _price(model: ModelInfo) -> Price:
    prices = model.get_prices(datetime.now(UTC))
    return Price(_base(prices.input_mtok), _base(prices.output_mtok))


def _base(price: Decimal | TieredPrices | None) -> Decimal:
    if price is None:
        return Decimal(0)
    return price if isinstance(price, Decimal) else price.base
