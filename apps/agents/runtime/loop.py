"""The loop of an agent: the model takes a turn, its tool calls are made, until it answers without any."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from apps.agents.runtime import context_window
from apps.agents.runtime.arguments import read_arguments
from apps.agents.runtime.bridge import Bridge
from apps.agents.runtime.errors import NotBegun, RunFailed
from apps.agents.runtime.limits import WARN_AT, Budget
from apps.agents.runtime.masked import masked_answer
from apps.agents.runtime.models.base import (
    Answer,
    CallRequest,
    Finished,
    Human,
    Message,
    Model,
    ModelRequest,
    Stop,
    ToolResult,
)
from apps.agents.runtime.recorder import CallRecord, Recorder
from apps.agents.runtime.tools.base import BoundTool, Outcome, ToolFailed
from apps.agents.runtime.turn import Turn, take_turn
from apps.resources.executions.events import Speaker

MAX_UNUSABLE_CALLS = 5
"""Calls in a row of tools that do not exist, with arguments that cannot be read, or in a turn that was cut off."""
GO_ON = "Go on, or say what came of it."
"""Said to a model that ends its turn without a word after a result. Asked in the same words it would do so again."""
SHOWN_OF_RESULT = 2000
"""Characters of a result in its TOOL message; the tool call has all of it."""
CIRCLES = f"\n\n[You have made exactly this call {WARN_AT} times. Do something else, or answer.]"


@dataclass
class AgentLoop:
    """One run's conversation. `messages` grows; everything that happens goes through `recorder` as well."""

    model: Model
    tools: Sequence[BoundTool]
    recorder: Recorder
    budget: Budget
    bridge: Bridge
    instructions: str
    messages: list[Message]
    temperature: float | None = None
    open_calls: list[CallRecord] = field(default_factory=list)
    """What the last turn asked for and has no result yet, the call under way included."""
    call_ids: set[str] = field(default_factory=set)
    """Ids that calls of this run have already."""
    has_answered: bool = False
    """The model took a turn."""
    _unusable: int = 0

    def run(self) -> None:
        """Until the model answers without a call. Raises RunFailed, Interrupted, LeaseLost."""
        while True:
            while self.open_calls:
                self._make(self.open_calls[0])
                del self.open_calls[0]
            if not self._turn():
                return

    def _turn(self) -> list[CallRecord]:
        """Let the model speak. Answers the calls it wants. Raises RunFailed for an answer that is not whole."""
        self.budget.check_time()
        self.budget.use_turn()
        turn = self._asked_for_answer()
        if turn is None:
            return []
        self.has_answered = True
        finished = turn.finished
        answer = self._with_own_ids(finished.answer)
        shown = masked_answer(answer, self.recorder.masker)
        self.messages.append(shown)
        self.recorder.ended(turn.index, turn.usage, shown.kept.data if shown.kept else None)
        cut = f"not made: {finished.stop.value}" if finished.stop is not Stop.DONE else ""
        records = [self._asked(call, turn.index, cut) for call in answer.calls]
        if records:
            self.recorder.flush()  # the last turn is written together with the verdict
        self.open_calls = records
        self.budget.use_tokens(turn.tokens)
        if finished.stop in (Stop.FILTERED, Stop.REFUSED) or (finished.stop is Stop.CUT and not records):
            raise _not_whole(finished)
        return records

    def _asked_for_answer(self) -> Turn | None:
        """A turn with text or calls, or one that was stopped.

        A model that says nothing is asked once more. Raises RunFailed when it says nothing then either, unless its
        last call succeeded: None, for what it was asked to do may be done by that.
        """
        request = ModelRequest(
            instructions=self.instructions,
            messages=context_window.fit(
                self.messages, characters=context_window.room(self.budget.limits.readable_tokens)
            ),
            tools=[bound.tool for bound in self.tools],
            temperature=self.temperature,
        )
        last = self.messages[-1] if self.messages else None
        urged = request
        if isinstance(last, ToolResult):
            urged = replace(request, messages=[*request.messages, Human(GO_ON)])
        for asked in (request, urged):
            turn = take_turn(self.bridge, self.model, asked, self.recorder, self.budget)
            if not turn.finished.is_empty or turn.finished.stop is not Stop.DONE:
                return turn
            self.recorder.dropped(turn.index)
            self.budget.use_tokens(turn.tokens)
        if isinstance(last, ToolResult) and not last.is_error:
            return None
        raise RunFailed(f"{self.model.name} gave no answer: neither a text nor a call, although it was asked twice")

    def _with_own_ids(self, answer: Answer) -> Answer:
        """Providers may use an id again in a later turn; within a run each is one call's."""
        calls = []
        for call in answer.calls:
            name = call.id or "call"
            unique = name
            number = 1
            while unique in self.call_ids:
                number += 1
                unique = f"{name}-{number}"
            self.call_ids.add(unique)
            calls.append(replace(call, id=unique))
        return replace(answer, calls=tuple(calls))

    def _asked(self, call: CallRequest, index: int, complaint: str) -> CallRecord:
        bound = self._tool(call.name)
        record = CallRecord(call.id, call.name, {}, index)
        if bound is not None:
            record.server, record.metadata = bound.server, bound.metadata
        try:
            record.arguments = read_arguments(call.arguments)
        except ValueError as error:
            record.complaint = f"the arguments cannot be read: {error}"
        if bound is None:
            record.complaint = self._unknown(call.name)
        record.complaint = complaint or record.complaint
        self.recorder.tool_call(record)
        return record

    def _make(self, call: CallRecord) -> None:
        """Make one call and give its result to the model."""
        self.bridge.check()
        times = self.budget.use_tool_call(call.name, json.dumps(call.arguments, sort_keys=True))
        bound = self._tool(call.name)
        if call.complaint or bound is None:
            self._refuse(call)
            return
        self._unusable = 0
        call.begin()
        self.recorder.tool_call(call)
        self.recorder.flush()  # before anything happens: should we die, the record says that it may have
        try:
            outcome = self.bridge.run(bound.call(call.arguments), seconds=self.budget.seconds_left, is_effect=True)
        except NotBegun:
            # Asked to stop while the begin was noted: whoever takes the run up may make the call.
            call.take_back_begin()
            self.recorder.tool_call(call)
            self.recorder.flush()
            raise
        except ToolFailed as error:
            outcome = Outcome(str(error), is_error=True)
        except TimeoutError:
            call.end(error="not finished: the run was out of time")
            self.recorder.tool_call(call)
            raise self.budget.out_of_time() from None
        self._answered(call, outcome, CIRCLES if times == WARN_AT else "")
        self.recorder.flush()

    def _refuse(self, call: CallRecord) -> None:
        self._unusable += 1
        complaint = call.complaint or self._unknown(call.name)
        self._answered(call, Outcome(complaint, is_error=True), "")
        if self._unusable >= MAX_UNUSABLE_CALLS:
            self.recorder.flush()
            raise RunFailed(
                f"the model made {self._unusable} calls in a row that cannot be made; the last: {complaint}"
            )

    def _answered(self, call: CallRecord, outcome: Outcome, remark: str) -> None:
        masker = self.recorder.masker
        text = masker.cut(outcome.text) if outcome.is_error else masker.text(outcome.text)
        if outcome.is_error:
            call.end(error=text or "it failed without saying why")
        else:
            call.end(result=text)
        self.recorder.tool_call(call)
        shown = text if len(text) <= SHOWN_OF_RESULT else f"{text[:SHOWN_OF_RESULT]}… (the whole is in the tool call)"
        self.recorder.message(Speaker.TOOL, shown, {"tool_call_id": call.id, "name": call.name})
        self.messages.append(ToolResult(call.id, call.name, text + remark, is_error=outcome.is_error))

    def _tool(self, name: str) -> BoundTool | None:
        return next((bound for bound in self.tools if bound.tool.name == name), None)

    def _unknown(self, name: str) -> str:
        known = ", ".join(bound.tool.name for bound in self.tools)
        return f"there is no tool {name!r}; " + (f"the tools are: {known}" if known else "there are no tools")


def _not_whole(finished: Finished) -> RunFailed:
    if finished.stop is Stop.CUT:
        hint = "Ask for less at once, or raise the limit where the model is served"
        return RunFailed(finished.stop.value, hint=hint)
    return RunFailed(f"{finished.stop.value}{f': {finished.explanation}' if finished.explanation else ''}")
