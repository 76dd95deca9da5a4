"""Tokens and money, as people read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.shared.money import cost_said, dollars

if TYPE_CHECKING:
    from apps.backends.usage import UsageEntry

__all__ = ["cost_of", "dollars"]


def cost_of(entry: UsageEntry) -> str:
    """As `cost_said`."""
    return cost_said(entry.cost, entry.unpriced_tokens)
