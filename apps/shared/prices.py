"""Prices of tokens, as those who know them tell them to those who sum up."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal
from typing import NamedTuple, Protocol


class Tariff(NamedTuple):
    """What a price depends on: the model (`provider:name`), how long prompts were at least, the day (UTC)."""

    model: str
    prompt_over: int
    day: date


class UnitPrice(NamedTuple):
    """US dollars for one token read and for one written."""

    read: Decimal
    written: Decimal


class Prices(NamedTuple):
    """None stands for a price that nobody knows. `file` is where the user's own stand, `problem` a sentence."""

    prices: Mapping[Tariff, UnitPrice | None]
    source: str = ""
    file: str = ""
    problem: str = ""


class PriceSource(Protocol):
    """Who knows prices. Nothing is asked of a network."""

    def look_up(self, wanted: Collection[Tariff]) -> Prices:
        """An entry for each that is wanted. May take seconds at first; call it outside of transactions."""


class NoPrices:
    """Where nobody knows any."""

    def look_up(self, wanted: Collection[Tariff]) -> Prices:
        return Prices(dict.fromkeys(wanted))
