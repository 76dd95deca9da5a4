"""One file per effect, one row each here: what the steps ask for, what crosses, what the worker performs."""

from __future__ import annotations

from typing import Any, Final

from apps.workflows.effects import agent_call, http_call
from apps.workflows.effects.base import Act, Answer, Call, Errand

EFFECTS: Final[tuple[Act[Any, Any] | Errand[Any, Any], ...]] = (http_call.EFFECT, agent_call.EFFECT)
_BY_CALL: Final = {effect.call: effect for effect in EFFECTS}


def effect_of(call: Call[Answer]) -> Act[Call[Answer], Answer] | Errand[Call[Answer], Answer]:
    return _BY_CALL[type(call)]
