"""A real server tells a real web hook of a run that failed."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

from tests.factories import make_agent
from tests.suites.client import Api
from tests.support.daemon import wait_until
from tests.support.http import StandIn

if TYPE_CHECKING:
    from tests.suites.api_unit import ApiUnit, StartUnit


def is_looking(unit: ApiUnit) -> bool:
    """What fails from now on is told."""
    with closing(sqlite3.connect(unit.data_dir / "stigmer.db")) as database:
        return bool(database.execute("SELECT count(*) FROM resources_noticebook").fetchone()[0])


def test_a_web_hook_is_told_of_a_run_that_failed(start_unit: StartUnit) -> None:
    with StandIn() as service:
        service.on("POST /hook", status=503)
        unit = start_unit(env={"STIGMER_NOTIFY_WEBHOOK": f"{service.url}/hook", "STIGMER_NOTIFY_TOKEN": "t0k"})
        wait_until(lambda: is_looking(unit), "the server looks for runs that failed")
        api = Api(unit.endpoint)
        kinds, agent = api.of("AgentExecution"), make_agent(api)
        run: Any = kinds.create(kinds.envelope({"agent_id": agent.metadata.id, "message": "hello"}, owner_scope=0))
        status = {"phase": "EXECUTION_FAILED", "error": "the model does not answer"}
        kinds.command(
            "updateStatus", kinds.request("Command", "updateStatus", execution_id=run.metadata.id, status=status)
        )
        wait_until(lambda: service.has("POST /hook"), "the web hook is told")
        trouble = unit.data_dir / "run" / "notify-trouble"
        wait_until(trouble.exists, "it is noted that it was not taken")
    (group,) = service.asked[0].body["failed"]
    assert service.asked[0].headers["authorization"] == "Bearer t0k"
    assert (group["names"], group["runs"]) == ([agent.metadata.slug], [run.metadata.id])
    assert group["error"] == "the model does not answer"
    assert "answers 503" in trouble.read_text()
