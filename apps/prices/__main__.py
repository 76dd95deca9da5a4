"""Looks prices up: `[[model, prompt over, day], ...]` on standard input, `{"source": ..., "prices": [...]}` on standard
output, a pair of texts (US dollars for one token read, for one written) or null for each.

A program of its own: the list of the package takes a second to load and 70 MB, which it gives back.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, date, datetime, time
from decimal import Decimal
from importlib.metadata import version

from genai_prices import Usage, calc_price

PACKAGE = "genai-prices"
SO_MANY = 1000
"""Tokens that are priced to learn what one costs."""


def main() -> None:
    wanted = json.load(sys.stdin)
    found = [unit_prices(model, over, date.fromisoformat(day)) for model, over, day in wanted]
    json.dump({"source": f"{PACKAGE} {version(PACKAGE)}", "prices": found}, sys.stdout)


def unit_prices(model: str, prompt_over: int, day: date) -> tuple[str, str] | None:
    """Of a token read and a token written on a day, in prompts longer than `prompt_over`; None where nobody knows."""
    provider, colon, name = model.partition(":")
    at = datetime.combine(day, time(12), UTC)
    read = max(SO_MANY, prompt_over + 1)
    try:
        price = calc_price(
            Usage(input_tokens=read, output_tokens=SO_MANY),
            name if colon else model,
            provider_id=provider if colon else None,
            genai_request_timestamp=at,
        )
    except (LookupError, ValueError):
        return None
    return text(price.input_price / read), text(price.output_price / SO_MANY)


def text(amount: Decimal) -> str:
    return format(amount.normalize(), "f")


if __name__ == "__main__":
    main()
