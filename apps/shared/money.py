"""Money as people read it."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
SMALL = Decimal("0.000001")


def dollars(amount: str) -> str:
    """`$12.30`; of less than a cent what there is of it, `$0.000432`; "-" where nobody knows."""
    if not amount:
        return "-"
    value = Decimal(amount)
    if 0 < value < CENT:
        return f"${value.quantize(SMALL, ROUND_HALF_UP).normalize():f}"
    return f"${value.quantize(CENT, ROUND_HALF_UP):,}"


def cost_said(amount: str, unpriced_tokens: int) -> str:
    """`$0.42`, `$0.42+` where there are tokens without a price besides, `-` where there are only such."""
    return dollars(amount) + ("+" if amount and unpriced_tokens else "")
