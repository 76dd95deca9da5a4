"""Fields of task configs that the engine takes and the contract's messages do not have, by message.

`task_config` is free-form on the wire, so they cross. The readers in `apps/workflows/steps` define them; a test holds
this table against them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

Json = dict[str, Any]

_TASKS: Final = "ai.stigmer.agentic.workflow.v1.tasks."
_TEXT: Final[Json] = {"type": "string"}
_NAMES: Final[Json] = {"type": "array", "items": _TEXT}
_DURATION: Final[Json] = {
    "anyOf": [
        {"type": "number", "minimum": 0},
        _TEXT,
        {
            "type": "object",
            "properties": {unit: {} for unit in ("weeks", "days", "hours", "minutes", "seconds", "milliseconds")},
            "additionalProperties": False,
        },
    ]
}
_RETRY: Final[Json] = {
    "type": "object",
    "properties": {
        "limit": {"type": "integer", "minimum": 1, "maximum": 100},
        "delay": _DURATION,
        "backoff": {"enum": ["constant", "linear", "exponential"]},
        "errors": _NAMES,
    },
    "additionalProperties": False,
}


def _seconds(most: int) -> Json:
    return {"type": "integer", "minimum": 1, "maximum": most}


@dataclass(frozen=True)
class Beyond:
    """One of them: what `stigmer explain` says of it, and its JSON Schema."""

    name: str
    type: str
    meaning: str
    schema: Json


RETRY: Final = Beyond(
    "retry",
    "object",
    "How often to try again: `limit` times in all (5), `delay` (1 second) in between, `backoff` constant, linear or "
    "exponential, `errors` the types it is for. Optional.",
    _RETRY,
)
FIELDS: Final[dict[str, tuple[Beyond, ...]]] = {
    f"{_TASKS}ForTaskConfig": (
        Beyond(
            "concurrency",
            "integer",
            "So many items at once, each with data of its own; 1 unless given, at most 1,000.",
            {"type": "integer", "minimum": 1, "maximum": 1000},
        ),
    ),
    f"{_TASKS}HttpCallTaskConfig": (RETRY,),
    f"{_TASKS}GrpcCallTaskConfig": (
        Beyond(
            "metadata",
            "map of string to string",
            "Metadata of the call. Values may hold expressions.",
            {"type": "object", "additionalProperties": _TEXT},
        ),
        Beyond("timeout_seconds", "integer", "How long to wait for the answer; 30 unless given.", _seconds(300)),
        RETRY,
    ),
    f"{_TASKS}CallActivityTaskConfig": (
        Beyond("task_queue", "string", "The queue on which a worker of yours offers the activity.", _TEXT),
        Beyond("timeout_seconds", "integer", "From being asked to its answer; 300 unless given.", _seconds(2_592_000)),
        RETRY,
    ),
    f"{_TASKS}RunTaskConfig": (
        Beyond("await", "boolean", "Whether to wait for what it comes to; true unless given.", {"type": "boolean"}),
        RETRY,
    ),
    f"{_TASKS}AgentCallTaskConfig": (RETRY,),
    f"{_TASKS}CatchBlock": (
        Beyond("errors", "list of strings", "The types of errors that are caught; without it, all.", _NAMES),
        Beyond("when", "string", "A condition that sees the error; where it does not hold, nothing is caught.", _TEXT),
        Beyond("retry", "object", f"{RETRY.meaning} The tasks of the try are done again.", _RETRY),
    ),
    f"{_TASKS}WaitTaskConfig": (
        Beyond("duration", "string", "A length in place of seconds: `PT1M30S`, or {minutes: 1}.", _DURATION),
        Beyond("until", "string", "A moment in place of seconds: `2026-12-24T18:00:00Z`.", _TEXT),
    ),
}
"""In the order in which they are shown, after those of the contract."""
NOT_REQUIRED: Final = frozenset({f"{_TASKS}WaitTaskConfig.seconds", f"{_TASKS}CatchBlock.do"})
"""Fields that the contract demands and the engine does without, where something else stands in their place."""
MAY_BE_EXPRESSIONS: Final = frozenset({f"{_TASKS}WaitTaskConfig.seconds"})
"""Fields that are numbers in the contract."""
