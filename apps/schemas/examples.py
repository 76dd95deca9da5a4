"""Examples of fields, for `stigmer explain`: the tests run each through the engine's and the contract's own checks."""

from __future__ import annotations

from typing import Any, Final

Json = Any  # plain data

_SET: Final[Json] = {"name": "note", "kind": "SET", "task_config": {"variables": {"done": "yes"}}}
TASKS: Final[dict[str, dict[str, Json]]] = {
    "SET": {"variables": {"total": "${ .price * .count }"}},
    "HTTP_CALL": {
        "method": "PUT",
        "endpoint": {"uri": "https://api.example.com/orders/7"},
        "headers": {"Authorization": "Bearer ${.secrets.API_KEY}"},
        "body": {"item": "${ .item }", "count": 2},
        "timeout_seconds": 30,
        "retry": {"limit": 3, "delay": "PT2S", "backoff": "exponential"},
    },
    "GRPC_CALL": {"service": "shop.Orders", "method": "Get", "request": {"id": "7"}},
    "CALL_ACTIVITY": {"activity": "resize", "input": {"width": 20}},
    "SWITCH": {"cases": [{"name": "big", "when": "${ .n > 5 }", "then": "end"}]},
    "FOR": {"each": "item", "in": "${ .items }", "do": [_SET], "concurrency": 4},
    "FORK": {"branches": [{"name": "a", "do": [_SET]}, {"name": "b", "do": [_SET]}], "compete": True},
    "TRY": {"try": [_SET], "catch": {"errors": ["timeout"], "as": "error", "do": [_SET]}},
    "LISTEN": {"to": {"mode": "one", "signals": [{"id": "approved", "type": "signal"}]}},
    "WAIT": {"seconds": 5},
    "RAISE": {"error": "OutOfStock", "message": "${ .item } is sold out"},
    "RUN": {"workflow": "invoice", "input": {"order": 7}},
    "AGENT_CALL": {"agent": "support", "message": "${ .question }", "config": {"model": "small"}},
}
"""By kind of task: its config."""


def example_of(path: str) -> Json:
    """What may stand at `path` (`workflow.tasks.http_call.endpoint`), of lists the first item; None for none."""
    parts = path.split(".")
    if parts[:2] != ["workflow", "tasks"] or parts[2:] == []:
        return None
    value: Json = TASKS.get(parts[2].upper())
    for name in parts[3:]:
        here = value[0] if isinstance(value, list) else value
        value = here.get(name) if isinstance(here, dict) else None
    return value
