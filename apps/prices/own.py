"""Prices of the user's own, which go before those of the package.

    openai:our-model: {input: 1.10, output: 4.40}    # US dollars for a million tokens
    "ollama:*": {input: 0, output: 0}

The first line that fits a model counts.
"""

from __future__ import annotations

import re
from decimal import Decimal
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

from apps.yaml_text.errors import BadYaml, Position
from apps.yaml_text.tree import Mapping, Node, Scalar, read_documents

MILLION = 1_000_000
MOST_BYTES = 1024 * 1024
AMOUNT = re.compile(r"[0-9]+(\.[0-9]+)?")
FORM = "write NAME: {input: 1.10, output: 4.40}, US dollars for a million tokens"


class OwnPrice(NamedTuple):
    """US dollars for one token read and for one written, of the models that `pattern` fits."""

    pattern: str
    read: Decimal
    written: Decimal


class BadPrices(Exception):
    """The file cannot be used; the message says where and why."""


def read_own(path: Path) -> list[OwnPrice]:
    """The prices of a file, none where there is no file. Raises BadPrices."""
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise BadPrices(f"{path}: {(error.strerror or str(error)).lower()}") from None
    if len(content) > MOST_BYTES:
        raise BadPrices(f"{path}: is larger than 1 MiB")
    try:
        return [price for document in read_documents(content, refuse) for price in prices_of(document)]
    except BadYaml as error:
        raise BadPrices(f"{path}: {error}") from None


def refuse(position: Position, why: str) -> None:
    raise BadYaml(position, why)


def prices_of(document: Node) -> list[OwnPrice]:
    """Raises BadYaml with the place of what is no price."""
    if not isinstance(document, Mapping):
        raise BadYaml(document.position, FORM)
    found = []
    for model, (_, amounts) in document.entries.items():
        if not isinstance(amounts, Mapping) or set(amounts.entries) != {"input", "output"}:
            raise BadYaml(amounts.position, f"{model}: {FORM}")
        read, written = (amount_of(model, amounts.entries[name][1]) for name in ("input", "output"))
        found.append(OwnPrice(model, read, written))
    return found


def amount_of(model: str, node: Node) -> Decimal:
    """For one token."""
    if not isinstance(node, Scalar) or not AMOUNT.fullmatch(node.text):
        raise BadYaml(node.position, f"{model}: {FORM}")
    return Decimal(node.text) / MILLION


def own_price_of(prices: list[OwnPrice], model: str) -> OwnPrice | None:
    return next((each for each in prices if each.pattern == model or fnmatchcase(model, each.pattern)), None)
