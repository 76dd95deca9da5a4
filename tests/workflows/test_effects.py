"""What every effect promises: names as in histories, calls of yesterday are read, and loading it loads nothing."""

from __future__ import annotations

import inspect
import subprocess
import sys
from itertools import chain

import pytest
from temporalio.converter import DataConverter

from apps.shared.masking import MASK
from apps.workflows.effects import EFFECTS, effect_of
from apps.workflows.effects.agent_call import AgentCall, AgentReply
from apps.workflows.effects.base import Errand, Foreign, Wait
from apps.workflows.effects.http_call import HttpCall, HttpReply
from apps.workflows.secrets import RunSecrets, mask
from apps.workflows.values import Json
from apps.workflows.worker.contracts import RunPlan
from apps.workflows.worker.payloads import QuickPayloadConverter
from tests.workflows.scripted import NONCE

PLACE = {"execution_id": "wex-1", "path": "/a", "attempt": 1, "timeout_seconds": 30}
IN_HISTORIES: dict[str, tuple[Json, Json]] = {
    "send_http": (
        {**PLACE, "method": "GET", "uri": "http://x", "headers": {"A": "b"}, "body": {"n": 1}},
        {"status": 200, "body": [1], "headers": {}, "reason": "", "detail": ""},
    ),
    "run_agent": (
        {**PLACE, "agent": "a", "scope": "", "message": "m", "env": {}, "model": "", "temperature": None},
        {"answer": {"response": "r"}, "reason": "", "detail": ""},
    ),
    "call_grpc": (
        {
            **PLACE,
            "target": "h:1",
            "service": "a.S",
            "method": "M",
            "request": {"n": 1},
            "metadata": {},
            "is_tls": True,
        },
        {"message": {"n": 1}, "reason": "", "detail": ""},
    ),
    "run_workflow": (
        {**PLACE, "workflow": "w", "input": {"n": 1}, "awaits": False},
        {"workflow_execution_id": "wex-2", "output": {"n": 1}, "reason": "", "detail": ""},
    ),
    "listen": (
        {**PLACE, "signals": ["a"], "waits_for_all": True, "queries": ["q"], "data": {"n": 1}},
        {"output": {"a": 1}, "seen": 3, "reason": "", "detail": ""},
    ),
    "note_activity": (
        {**PLACE, "name": "a", "task_queue": "q", "input": {"n": 1}},
        {"output": {"n": 1}, "reason": "", "detail": ""},
    ),
}
"""Call and reply of each activity as the first version wrote them. Add rows, change none: runs under way hold these."""


def test_activities_are_called_as_in_histories() -> None:
    assert [effect.activity for effect in EFFECTS] == list(IN_HISTORIES)
    cancelled = [effect.cancel_activity for effect in EFFECTS if isinstance(effect, Errand)]
    assert cancelled == ["cancel_agent", "cancel_workflow"]
    assert [effect.give_back_activity for effect in EFFECTS if isinstance(effect, Wait)] == ["give_back_signals"]
    assert [effect.keep_activity for effect in EFFECTS if isinstance(effect, Foreign)] == ["keep_activity"]


@pytest.mark.parametrize("effect", EFFECTS, ids=lambda effect: effect.activity)
def test_what_stands_in_histories_is_read(effect: Json) -> None:
    plain, converter = DataConverter.default.payload_converter, QuickPayloadConverter()
    for kind, stored in zip((effect.call, effect.reply), IN_HISTORIES[effect.activity], strict=True):
        payloads = plain.to_payloads([{**stored, "of_a_later_version": 1}])
        (read,) = converter.from_payloads(payloads, [kind])
        assert {name: getattr(read, name) for name in stored} == stored
        assert [read] == plain.from_payloads(payloads, [kind]), "as Temporal reads it"


def test_a_field_of_another_type_is_refused() -> None:
    plain = DataConverter.default.payload_converter
    stored = {"path": 1, "attempt": 1, "timeout_seconds": 1, "method": "GET", "uri": "", "headers": {}, "body": None}
    for wrong in (stored, {**stored, "path": "/a", "headers": 3}, {"path": "/a"}):
        payloads = plain.to_payloads([wrong])
        for converter in (plain, QuickPayloadConverter()):
            with pytest.raises(TypeError):  # each has words of its own
                converter.from_payloads(payloads, [HttpCall])


@pytest.mark.parametrize("crossing", [RunPlan, *chain(*((effect.call, effect.reply) for effect in EFFECTS))])
def test_the_types_of_what_crosses_are_at_hand_and_no_texts(crossing: type) -> None:
    """Texts are compiled anew for each payload that is read: a third of a millisecond of each step."""
    kinds = [kind for each in crossing.__mro__ for kind in inspect.get_annotations(each).values()]
    assert kinds
    assert [kind for kind in kinds if isinstance(kind, str)] == []


def test_a_call_leads_to_its_effect() -> None:
    http = HttpCall(path="/a", attempt=1, timeout_seconds=1, method="GET", uri="", headers={}, body=None)
    agent = AgentCall(path="/a", attempt=1, timeout_seconds=1, agent="a", scope="", message="", env={})
    assert (effect_of(http).reply, effect_of(agent).reply) == (HttpReply, AgentReply)


def test_what_workflows_import_meets_neither_database_nor_network() -> None:
    program = "import sys, apps.workflows.interpreter.execute, apps.workflows.parsing; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert {"django", "temporalio", "httpcore2", "apps.resources"} & set(loaded) == set()


def test_a_reply_is_closed_whatever_the_secrets_are() -> None:
    secrets = RunSecrets(NONCE, {"A": "lost", "B": "body", "C": "status"})
    reply = HttpReply(reason="lost", detail="the body is lost", body={"status": "body"}).closed(secrets)
    assert reply.reason == "lost"
    assert mask([reply.detail, reply.body], NONCE) == [f"the {MASK} is {MASK}", {MASK: MASK}]
