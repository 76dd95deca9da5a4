"""The loop of an agent without a model or a runner: what is noted of a call, and when."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from apps.agents.runtime.bridge import Bridge
from apps.agents.runtime.errors import Interrupted
from apps.agents.runtime.limits import Budget, Limits
from apps.agents.runtime.loop import AgentLoop
from apps.agents.runtime.models.base import Tool
from apps.agents.runtime.models.scripted import ScriptedModel
from apps.agents.runtime.recorder import CallRecord, Recorder
from apps.agents.runtime.tools.base import BoundTool, Outcome
from apps.resources.executions.event_base import Event
from apps.resources.executions.events import ToolCalled
from apps.resources.json_value import Json
from apps.shared.masking import NOTHING_SECRET


@pytest.mark.parametrize("gently", [True, False])
def test_a_call_is_not_noted_as_begun_when_the_stop_was_asked_for_before_it(gently: bool) -> None:
    made: list[dict[str, Json]] = []
    states: list[str] = []

    async def note(arguments: dict[str, Json]) -> Outcome:
        made.append(arguments)
        return Outcome("noted")

    with Bridge() as bridge:

        def write(events: Sequence[Event]) -> None:
            states.extend(event.status for event in events if isinstance(event, ToolCalled))
            bridge.interrupt(gently=gently)

        call = CallRecord("call-1", "note", {}, 1)
        loop = AgentLoop(
            model=ScriptedModel(Path("never-read.yaml")),
            tools=[BoundTool(Tool("note", ""), note)],
            recorder=Recorder(write, NOTHING_SECRET),
            budget=Budget(Limits()),
            bridge=bridge,
            instructions="",
            messages=[],
            open_calls=[call],
        )
        with pytest.raises(Interrupted):
            loop.run()
    assert made == []
    assert states == ["RUNNING", "PENDING"]
    assert loop.open_calls == [call], "it is still to be made"
