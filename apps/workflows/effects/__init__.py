"""One file per effect, one row each here: what the steps ask for, what crosses, what the worker performs."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

from apps.workflows.effects import activity_call, agent_call, grpc_call, http_call, listen, workflow_run
from apps.workflows.effects.base import Act, Answer, Call, Errand, Foreign, Wait
from apps.workflows.values import Json

AnyEffect: TypeAlias = Act[Any, Any] | Errand[Any, Any] | Wait[Any, Any] | Foreign[Any, Any]

EFFECTS: Final[tuple[AnyEffect, ...]] = (
    http_call.EFFECT,
    agent_call.EFFECT,
    grpc_call.EFFECT,
    workflow_run.EFFECT,
    listen.EFFECT,
    activity_call.EFFECT,
)
_BY_CALL: Final = {effect.call: effect for effect in EFFECTS}


def is_done(result: dict[str, Json]) -> bool:
    """Whether a reply that is kept in the ledger says that what was asked for has been done, whatever that was."""
    for effect in EFFECTS:
        try:
            return bool(effect.reply(**result).is_done)
        except TypeError:  # a reply of another effect
            continue
    return False


def effect_of(call: Call[Answer]) -> AnyEffect:
    return _BY_CALL[type(call)]
