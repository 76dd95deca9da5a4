"""A project that branches, loops, catches and calls an agent, from its first deployment to what it leaves behind."""

from __future__ import annotations

from pathlib import Path

from tests.endtoend.kit import Whole
from tests.support.llm import Reply

PROJECT = "name: triage\nruntime: python\n"
PROGRAM = """\
from stigmer import Agent, EnvVar, Workflow, case, data, env_var, otherwise

judge = Agent("ticket-judge", instructions="Say in one word how urgent a ticket is.")
wf = Workflow("triage", namespace="tests", env=[EnvVar("DESK")])
wf.set("begin", broken=0, urgent=0)
tickets = wf.http_get("tickets", f"{env_var('DESK')}/tickets")
with wf.for_each("each_ticket", tickets["open"], each="ticket") as ticket:
    with wf.try_("handle") as handle:
        wf.http_get("details", f"{env_var('DESK')}/tickets/{ticket}")
        verdict = wf.call_agent("judge", judge, "How urgent is this? " + data.details.text)
        wf.switch(
            "how",
            case("urgent", when=verdict["response"] == "urgent", then="page"),
            otherwise(then="file"),
        )
        wf.http_post("page", f"{env_var('DESK')}/pages", body={"ticket": ticket}).then("count")
        wf.http_post("file", f"{env_var('DESK')}/files", body={"ticket": ticket}).then("exit")
        wf.set("count", urgent=data.urgent + 1)
    with handle.catch() as error:
        wf.set("note", broken=data.broken + 1, problem=error.message)
wf.set("report", urgent=data.urgent, broken=data.broken, problem=data.problem)
"""


def write_project(folder: Path) -> Path:
    (folder / "Stigmer.yaml").write_text(PROJECT)
    (folder / "main.py").write_text(PROGRAM)
    return folder


def test_tickets_are_judged_by_an_agent_and_a_broken_one_stops_nothing(whole: Whole, tmp_path: Path) -> None:
    desk = whole.service
    desk.on("GET /tickets", body={"open": ["t1", "t2", "t3"]})
    desk.on("GET /tickets/t1", body={"text": "The shop is down"})
    desk.on("GET /tickets/t2", status=404, body={"reason": "no such ticket"})
    desk.on("GET /tickets/t3", body={"text": "A typo"})
    desk.on("POST /pages", body={})
    desk.on("POST /files", body={})
    whole.host.replies += [Reply("urgent", when="The shop is down"), Reply("later", when="A typo")]
    project = str(write_project(tmp_path))
    run = ("run", "triage", "--apply", "-C", project, "--runtime-env", f"DESK={desk.url}")
    done = whole.installation.run(*run)
    assert done.code == 0, done.stderr
    assert '"urgent": 1' in done.stdout
    assert '"broken": 1' in done.stdout
    assert "404" in done.stdout
    bodies = [(asked.path, asked.body) for asked in desk.asked if asked.method == "POST" and "t" in str(asked.body)]
    assert ("/pages", {"ticket": "t1"}) in bodies
    assert ("/files", {"ticket": "t3"}) in bodies
    listed = whole.installation.run("executions", "list", "--output", "json")
    assert [each for each in listed.json() if "ticket-judge" in str(each)]
