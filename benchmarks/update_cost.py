"""Prints how much more an update of a run with 10,000 messages costs than one with 10. A process of its own."""

from __future__ import annotations

import os
import statistics
from dataclasses import replace

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stigmer_site.settings")

import django

django.setup()

from django.conf import settings
from django.core.management import call_command

from apps.resources.caller import LOCAL
from apps.resources.executions import actions as runs
from apps.resources.executions.events import MessageAdded, Speaker
from apps.resources.executions.model import Execution
from apps.resources.json_value import Json
from apps.resources.kinds.agent_execution.actions import create_agent_execution
from apps.resources.ports import install, machine
from apps.resources.registry import AGENT_EXECUTION, BY_NAME
from apps.resources.wire.codec import draft_from_json
from apps.resources.writes import actions
from benchmarks.measuring import milliseconds

OWNER = "benchmark"
FEW, MANY = 10, 10_000


class NoLauncher:
    """Starts nothing: this process plays the runner itself."""

    def prepare(self, execution: Execution, asked: dict[str, Json]) -> None: ...

    def launch(self, execution_id: str) -> None: ...

    def cancel(self, execution_id: str) -> None: ...


def main() -> None:
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    call_command("migrate", verbosity=0)
    actions.ensure_organization("local", "")
    install(replace(machine(), launchers={AGENT_EXECUTION.name: NoLauncher()}))
    few, many = _run_with(FEW), _run_with(MANY)
    ratios = []
    for index in range(300):  # in turn, so that whatever slows the machine slows both
        of_few = milliseconds(lambda i=index: _append(few, FEW + i))  # type: ignore[misc]  # the default binds the loop's value
        of_many = milliseconds(lambda i=index: _append(many, MANY + i))  # type: ignore[misc]  # as above
        ratios.append(of_many / of_few)
    print(statistics.median(ratios))


def _run_with(messages: int) -> str:
    agent = {"metadata": {"name": f"agent-{messages}", "owner_scope": "organization"}}
    agent["spec"] = {"instructions": "Answer in one sentence."}
    agent_id = actions.apply([draft_from_json(BY_NAME["Agent"], agent, LOCAL)], LOCAL)[0].row.pk
    wanted = {"metadata": {}, "spec": {"agent_id": agent_id, "message": "Go."}}
    execution_id = create_agent_execution(draft_from_json(AGENT_EXECUTION, wanted, LOCAL), LOCAL).row.pk
    runs.claim(AGENT_EXECUTION, execution_id, OWNER, seconds=3600)
    events = [MessageAdded(i, Speaker.AI, "some words") for i in range(messages)]
    runs.append(AGENT_EXECUTION, execution_id, OWNER, events)
    return execution_id


def _append(execution_id: str, index: int) -> None:
    event = MessageAdded(index, Speaker.AI, "some words")
    runs.append(AGENT_EXECUTION, execution_id, OWNER, [event])


if __name__ == "__main__":
    main()
