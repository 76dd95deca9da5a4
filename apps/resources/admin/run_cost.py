"""What a run has cost, as `stigmer executions show` says it."""

from __future__ import annotations

from apps.resources.caller import Caller
from apps.resources.executions.price_wait import prices_within
from apps.resources.executions.usage import parts_in, spent_in
from apps.shared.money import cost_said


def run_cost(execution_id: str, caller: Caller, patience_seconds: float) -> dict[str, str]:
    """`said` in short and `why` in a sentence, with the runs of agents that it has started.

    Of a run under way, of the answers that have come to their end so far. Empty where there is none, and where prices
    are not looked up within that time.
    """
    parts = parts_in(execution_id, caller)
    if not parts or not prices_within({part.tariff for part in parts}, patience_seconds):
        return {}
    sums = spent_in(parts)
    total, models = sums.total, ", ".join(name or "a model without a name" for name in sums.unpriced_models)
    unknown = f"No price is known of {models}: {total.unpriced:,} tokens." if models else ""
    if total.cost is None:
        return {"said": f"no price is known of {models}", "why": f"Prices of your own go into {sums.prices.file}."}
    by = f"US dollars by {sums.prices.source}, without discounts and cached tokens." if sums.prices.source else ""
    return {"said": cost_said(str(total.cost), total.unpriced), "why": " ".join(filter(None, [by, unknown]))}
