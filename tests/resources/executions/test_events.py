"""Events of runs: what was stored stays readable, and nothing that can happen is known to some of us only."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import pytest
from google.protobuf import json_format
from stigmer_proto.agentic.agentexecution.v1 import enum_pb2 as agent_enums
from stigmer_proto.controlplane.v1 import executions_pb2

import apps.backends.runs
from apps.agents.runtime import history
from apps.backends.grpc_runs import DECODERS, decode
from apps.resources.admin.live.changes import MAKERS, changes_of
from apps.resources.api.extension.executions import ENCODERS, encode_event
from apps.resources.executions import events
from apps.resources.executions.event_base import BareEvent, Event, UnknownEvent
from apps.resources.executions.events import EVENTS, MessageAdded, Speaker, StatusReplaced, event_of
from apps.resources.executions.fold import FOLDS, fold, fold_all
from apps.resources.executions.model import ExecutionEvent
from apps.resources.executions.spending import SAID, tokens_by_model, tokens_so_far
from apps.resources.wire.codec import message_class
from apps.resources.wire.json_form import to_json
from tests.resources.executions.stored import StoredRun, stored_runs

RUNS = stored_runs()
ROWS = [row for run in RUNS for row in run.rows]
CLASSES = set(EVENTS.values())
SCRIPT = Path(__file__).parents[3] / "apps/resources/static/resources/run/view.js"
NO_ERROR = ("phase", "error", "")
every_run = pytest.mark.parametrize("run", RUNS, ids=lambda run: run.name)


@every_run
class TestStoredRuns:
    def test_are_folded_to_the_status_they_had(self, run: StoredRun) -> None:
        at_once, one_by_one = run.new_status(), run.new_status()
        fold_all(at_once, run.rows)
        for row in run.rows:
            fold(one_by_one, row)
        assert to_json(at_once) == to_json(one_by_one) == run.status

    def test_have_asked_models_at_every_moment_what_their_status_tells(self, run: StoredRun) -> None:
        envelope: Any = message_class(run.kind)()
        for number, row in enumerate(run.rows, start=1):
            fold(envelope.status, row)
            said = [each for each in run.rows[:number] if each.type in SAID]
            assert tokens_so_far(said) == tokens_by_model(envelope)

    def test_are_on_the_wire_what_they_were(self, run: StoredRun) -> None:
        sent = [json_format.MessageToDict(encode_event(row), preserving_proto_field_name=True) for row in run.rows]
        assert sent == run.wire

    def test_are_on_the_page_what_they_were(self, run: StoredRun) -> None:
        assert [changes_of(row) for row in run.rows] == run.page

    def test_are_the_conversation_they_were(self, run: StoredRun) -> None:
        if run.said is not None:
            # Nothing was kept of a model's response then.
            was = [{**said, "response": None} for said in run.said]
            assert [asdict(said) for said in history.said_in(run.rows)] == was

    def test_are_stored_as_they_were(self, run: StoredRun) -> None:
        """What rows hold beyond that is empty: a phase's error."""
        for row in run.rows:
            again = json.loads(json.dumps(event_of(row).as_data()))
            assert again == {name: value for name, value in row.data.items() if (row.type, name, value) != NO_ERROR}


def test_a_type_that_is_not_known_is_an_error_wherever_it_is_read() -> None:
    row = ExecutionEvent(number=7, execution_id="aex-1", type="weather", data={"rain": True}, at=datetime.now(UTC))
    for read in (event_of, encode_event, changes_of, lambda row: history.said_in([row]), lambda row: fold(None, row)):
        with pytest.raises(UnknownEvent, match="event 7 of aex-1 is of the type 'weather'"):
            read(row)


def test_an_event_shows_nothing_of_what_it_holds_in_a_log() -> None:
    assert repr(MessageAdded(0, Speaker.HUMAN, "my password is hunter2")) == "<MessageAdded>"


class TestNothingIsAddedByHalf:
    """CONTRIBUTING.md, "Add an event", lists what these compare."""

    def test_every_class_is_registered(self) -> None:
        defined = {value for value in vars(events).values() if isinstance(value, type) and issubclass(value, Event)}
        assert defined - {Event, BareEvent} == CLASSES

    def test_every_event_says_where_a_secret_may_stand_in_it(self) -> None:
        """All that it holds is from elsewhere, or ours, as is listed here."""
        ours = {
            "MessageAdded": {"index", "speaker"},
            "MessageEnded": {"index"},
            "MessagesDropped": {"index"},
            "OutputSet": set(),
            "PhaseChanged": {"phase"},
            "StatusReplaced": set(),
            "TaskChanged": {"id", "name", "task_type", "status", "started_at", "completed_at"},
            "TextAppended": {"index"},
            "WaitingChanged": {"waiting"},
            "SignalChanged": {"number", "state", "sender", "count"},
            "ToolCalled": {"status", "message_index", "started_at", "completed_at"},
        }
        found = {each.__name__: {*each.__slots__} - {*each.foreign, *each.noted} for each in CLASSES}
        assert found == ours

    def test_every_event_is_among_the_stored_runs(self) -> None:
        assert {row.type for row in ROWS} == set(EVENTS)

    def test_every_event_is_folded(self) -> None:
        assert set(FOLDS) == CLASSES

    def test_every_event_is_read_in_a_conversation_or_says_nothing_there(self) -> None:
        assert set(history.READERS) | set(history.SILENT) == CLASSES
        assert not set(history.READERS) & set(history.SILENT)

    def test_every_event_has_a_field_on_the_wire_that_its_encoder_fills(self) -> None:
        change = executions_pb2.ExecutionEvent.DESCRIPTOR.oneofs_by_name["change"]
        assert {field.name for field in change.fields} == set(EVENTS)
        assert set(ENCODERS) == CLASSES
        assert {(row.type, encode_event(row).WhichOneof("change")) for row in ROWS} == {(each, each) for each in EVENTS}

    def test_clients_decode_every_event_to_a_class_of_the_same_name(self) -> None:
        assert set(DECODERS) == set(EVENTS)
        names = {each.__name__ for each in get_args(apps.backends.runs.Change)}
        assert names == {each.__name__ for each in CLASSES - {StatusReplaced}}
        for row in ROWS:
            decoded = {change.__class__.__name__ for change in decode(encode_event(row)).changes}
            event = event_of(row)
            told = {part.__class__.__name__ for part, _ in event.parts()} if isinstance(event, StatusReplaced) else None
            assert decoded == (told or {event.__class__.__name__})

    def test_pages_make_of_every_event_what_their_script_shows(self) -> None:
        assert set(MAKERS) == CLASSES
        assert {change["type"] for row in ROWS for change in changes_of(row)} == shown_by_the_script()

    def test_every_speaker_of_the_contract_is_known(self) -> None:
        contract: Any = agent_enums.DESCRIPTOR.enum_types_by_name["MessageType"]
        said = {f"MESSAGE_{speaker or 'TYPE_UNSPECIFIED'}": speaker.number for speaker in Speaker}
        assert said == {value.name: value.number for value in contract.values}


def shown_by_the_script() -> set[str]:
    """The keys of the table in it."""
    table = re.search(r"static #SHOW = \{\n(.*?)\n {4}\};", SCRIPT.read_text(encoding="utf-8"), re.DOTALL)
    assert table, f"{SCRIPT} has no table of what it shows"
    return {line.partition(":")[0].strip() for line in table[1].splitlines()}
