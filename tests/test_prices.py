"""Prices: the list of the package, behind those of the user's own."""

from __future__ import annotations

import os
import sys
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from apps.prices.own import BadPrices, read_own
from apps.prices.price_list import PriceList
from apps.shared.prices import Tariff, UnitPrice

DAY = date(2026, 11, 1)
KNOWN = Tariff("openai:gpt-4o", 0, DAY)
OURS = Tariff("ollama:qwen2.5-coder:7b", 0, DAY)
MILLION = 1_000_000


def test_what_the_package_knows_is_known_and_nothing_else(tmp_path: Path) -> None:
    prices = PriceList(tmp_path / "prices.yaml").look_up([KNOWN, OURS, Tariff("", 0, DAY)])
    known = prices.prices[KNOWN]
    assert known is not None
    assert 0 < known.read < known.written
    assert (prices.prices[OURS], prices.prices[Tariff("", 0, DAY)], prices.problem) == (None, None, "")
    assert prices.source.startswith("genai-prices ")


def test_the_list_is_asked_once_for_some_days(tmp_path: Path) -> None:
    prices = PriceList(tmp_path / "prices.yaml")
    today = prices.look_up([KNOWN]).prices[KNOWN]
    prices.command = (str(tmp_path / "nothing"),)
    tomorrow = KNOWN._replace(day=KNOWN.day + timedelta(days=1))
    assert prices.look_up([tomorrow]) == prices.look_up([tomorrow, KNOWN])._replace(prices={tomorrow: today})
    assert prices.look_up([tomorrow]).problem == ""


def test_ones_own_prices_go_first_and_are_read_again(tmp_path: Path) -> None:
    file = tmp_path / "prices.yaml"
    prices = PriceList(file, command=(sys.executable, "-c", "raise SystemExit('not asked')"))
    file.write_text('# a comment\n"ollama:*": {input: 0, output: 0}\nopenai:gpt-4o: {input: 1.5, output: 4}\n')
    assert prices.look_up([KNOWN, OURS]).prices == {
        KNOWN: UnitPrice(Decimal("1.5") / MILLION, Decimal(4) / MILLION),
        OURS: UnitPrice(Decimal(0), Decimal(0)),
    }
    file.write_text('"*": {input: 10, output: 20}\n')
    os.utime(file, ns=(1, 1))
    assert prices.look_up([KNOWN]).prices[KNOWN] == UnitPrice(Decimal(10) / MILLION, Decimal(20) / MILLION)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("- a", "line 1, column 1: write NAME: {input: 1.10"),
        ("m: 7", "line 1, column 4: m: write"),
        ("m: {input: 1}", "line 1, column 4: m: write"),
        ("m: {input: 1, output: -2}", "line 1, column 23: m: write"),
        ("m: {input: 1, output: .inf}", "m: write"),
        ("m: [", "line 1"),
        ("m: {input: 1, output: 2}\nm: {input: 1, output: 2}", "line 2"),
    ],
)
def test_a_file_that_is_none_is_told_and_stops_nothing(tmp_path: Path, content: str, complaint: str) -> None:
    file = tmp_path / "prices.yaml"
    file.write_text(content)
    with pytest.raises(BadPrices, match=r"prices\.yaml: "):
        read_own(file)
    prices = PriceList(file, command=(sys.executable, "-c", "raise SystemExit(1)")).look_up([KNOWN])
    assert complaint in prices.problem
    assert prices.prices == {KNOWN: None}


def test_a_list_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    prices = PriceList(tmp_path / "prices.yaml", command=(str(tmp_path / "nothing"),)).look_up([KNOWN])
    assert (prices.prices, "cannot be read now" in prices.problem) == ({KNOWN: None}, True)
