"""A secret of a run stands in no file, no log and no answer; large values stand outside Temporal's database."""

from __future__ import annotations

import random
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agents.agents import Agents
from tests.support.http import Answer, Asked, StandIn
from tests.support.temporal import running_temporal
from tests.workflows.worker.kit import COMPLETED, FAILED, Engine, http, running_engine, set_, task

CANARY = "c4nary-Val\"ue'&<%-ü-31415926"
BULK = "bulky-part-" * 20_000


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Engine]:
    (tmp_path / "temporal").mkdir()
    with running_temporal(tmp_path / "temporal") as temporal, running_engine(tmp_path / "home", temporal) as engine:
        yield engine


def echo(asked: Asked) -> None:
    """Answers what it was asked, the secret included."""
    ECHO.body = {"echo": asked.headers.get("authorization"), "body": asked.body}


ECHO = Answer(before=echo)


def traces(engine: Engine, word: str) -> list[str]:
    """Files of the installation and of Temporal that hold `word`, in any of the forms that text is stored in."""
    forms = {word.encode(), word.encode("unicode_escape"), word.replace('"', '\\"').encode(), word.encode("utf-16-le")}
    folders = (engine.home, engine.temporal.directory)
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    assert len(files) > 5
    return [str(path) for path in files if any(form in path.read_bytes() for form in forms)]


def test_a_secret_leaves_no_trace(own: Engine, tmp_path: Path) -> None:
    agent = Agents(own.api, tmp_path).agent()
    with StandIn() as service:
        service._routes["POST /echo"] = [ECHO]
        call = {
            "agent": agent.metadata.slug,
            "message": "Go.",
            "env": {"KEY": "${ .secrets.TOKEN }"},
            "config": {"timeout": 1},
        }
        workflow = own.apply(
            [
                http(
                    "send",
                    f"{service.url}/echo",
                    "POST",
                    headers={"Authorization": "Bearer ${ .secrets.TOKEN }"},
                    body={"nested": {"token": "${ .secrets.TOKEN }"}, "bulk": BULK},
                ),
                set_("keep", all="${ .send }"),
                set_("join", joined='${ "x-" + .secrets.TOKEN }'),
                task(
                    "guard",
                    "TRY",
                    {"try": [task("ask", "AGENT_CALL", call)], "catch": {"as": "e", "do": [set_("n", x="1")]}},
                ),
                task("fail", "RAISE", {"error": "Leak", "message": "it was ${ .send.echo }"}),
            ],
            env_spec={"data": {"TOKEN": {"is_secret": True}}},
        )
        run = own.end(own.start(workflow, runtime_env={"TOKEN": {"value": CANARY, "is_secret": True}}))
        (asked,) = [each for each in service.asked if each.path == "/echo"]
    assert asked.body["nested"]["token"] == CANARY
    assert run.phase == FAILED
    assert "it was Bearer ********" in run.error
    assert CANARY not in str(run.envelope)
    assert run.tasks["/join"]["output"]["joined"] == "x-********"
    for unit in (own.worker, own.unit):
        unit.signal(15)
        unit.wait()
    own.temporal.stop()
    assert traces(own, CANARY) == []
    assert traces(own, "31415926") == []
    database = [path for path in traces(own, "bulky-part-bulky-part") if own.temporal.directory in Path(path).parents]
    assert database == []


def test_large_values_stand_in_files_until_the_run_is_over(own: Engine) -> None:
    blobs = own.home / "data" / "blobs"
    with StandIn() as service:
        noise = random.Random(4).randbytes(150_000).hex()
        service.on("GET /large", body={"text": noise})
        run_id = own.start(
            own.apply(
                [
                    http("get", f"{service.url}/large"),
                    task("rest", "WAIT", {"seconds": 2}),
                    set_("z", n="${ .get.text | length }"),
                ]
            )
        )
        own.until_task(run_id, "/rest")
        own.wait(lambda: any(blobs.rglob("*/*")), "the answer stands in a file")
        files = [path for path in blobs.rglob("*") if path.is_file()]
        assert {path.parent.name for path in files} == {run_id}
        assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in files)
        kept = [path for path in traces(own, noise[:200]) if own.temporal.directory in Path(path).parents]
        assert kept == []
        own.kill_worker()
        own.worker.restart()
        run = own.end(run_id)
    assert (run.phase, run.output) == (COMPLETED, {"n": 300_000.0})
