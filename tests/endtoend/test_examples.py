"""The examples, deployed and run as their READMEs say."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.endtoend.kit import Whole
from tests.support.daemon import Done
from tests.support.llm import Reply
from tests.support.ports import free_port

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PULL = {
    "title": "fix: count from zero",
    "body": "The first one was left out.",
    "draft": False,
    "changed_files": 1,
    "user": {"login": "ada"},
}
FILES = [{"filename": "count.py", "patch": "-for i in range(1, n):\n+for i in range(n):"}]


@pytest.fixture
def example(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A copy of the example that the test names, for nothing to be left in the original."""
    return Path(shutil.copytree(EXAMPLES / request.param, tmp_path / request.param))


def of(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("example", [name], indirect=True)


@of("support-agent")
def test_the_support_agent_looks_an_order_up(whole: Whole, example: Path) -> None:
    script = f"scripted:{example / 'answers.yaml'}"
    message = "Where is my order 1002?"
    done = whole.installation.run(
        *("run", "-C", str(example), "-m", message, "--model", script, "--runtime-env", "secret:SHOP_API_KEY=demo")
    )
    assert done.code == 0, done.stderr
    assert "order 1002 left us and is marked as shipped" in done.stdout
    assert 'tool find_order number="1002": completed' in done.stderr


@of("support-agent")
def test_without_its_key_the_support_agent_says_what_is_missing(whole: Whole, example: Path) -> None:
    script = f"scripted:{example / 'answers.yaml'}"
    done = whole.installation.run("run", "-C", str(example), "-m", "Where is my order 1002?", "--model", script)
    assert done.code == 1
    assert "SHOP_API_KEY" in done.stderr


def review(whole: Whole, example: Path, number: int, pull: dict[str, Any]) -> Done:
    """Run the review of a pull request that looks like this."""
    path = f"/repos/ada/counter/pulls/{number}"
    whole.service.on(f"GET {path}", body=pull)
    whole.service.on(f"GET {path}/files", body=FILES)
    whole.service.on(f"POST {path}/reviews", body={"id": 7})
    return whole.installation.run(
        *("run", "pr-review", "--apply", "-C", str(example)),
        *("--input", "repo=ada/counter", "--input", f"number={number}"),
        *("--runtime-env", f"GITHUB_API={whole.service.url}", "--runtime-env", "secret:GITHUB_TOKEN=gh-token"),
    )


def posted(whole: Whole, path: str) -> list[Any]:
    """The bodies that were posted there."""
    return [asked.body for asked in whole.service.asked if (asked.method, asked.path) == ("POST", path)]


@of("pr-review")
def test_a_pull_request_is_reviewed_by_an_agent_and_the_review_is_posted(whole: Whole, example: Path) -> None:
    whole.host.replies.append(Reply("It counts from zero now. Nothing needs fixing.", when="count from zero"))
    done = review(whole, example, 1, PULL)
    assert done.code == 0, done.stderr
    assert posted(whole, "/repos/ada/counter/pulls/1/reviews") == [
        {"event": "COMMENT", "body": "It counts from zero now. Nothing needs fixing."}
    ]
    (asked,) = [asked for asked in whole.host.requests if "count from zero" in asked.texts[-1]]
    assert "by ada" in asked.texts[-1]
    assert "+for i in range(n):" in asked.texts[-1]
    first = next(asked for asked in whole.service.asked if asked.path == "/repos/ada/counter/pulls/1")
    assert first.headers["authorization"] == "Bearer gh-token"


@of("pr-review")
def test_a_pull_request_that_is_too_large_is_sent_back_without_asking_the_agent(whole: Whole, example: Path) -> None:
    asked_before = len(whole.host.requests)
    done = review(whole, example, 2, PULL | {"changed_files": 90})
    assert done.code == 0, done.stderr
    (body,) = posted(whole, "/repos/ada/counter/pulls/2/reviews")
    assert body["body"] == "90 files are too many to review well. Could you split this up?"
    assert len(whole.host.requests) == asked_before


@of("data-pipeline")
def test_a_day_of_orders_is_loaded_and_the_bad_ones_are_left_out(whole: Whole, example: Path) -> None:
    main = example / "main.py"
    main.write_text(main.read_text().replace("POLL_SECONDS = 5", "POLL_SECONDS = 1"))
    orders = [
        {"id": 1, "total": 10, "currency": "USD"},
        {"id": 2, "total": 0, "currency": "USD"},
        {"id": 3, "total": 5, "currency": None},
        {"id": 4, "total": 20, "currency": "GBP"},
        {"id": 5, "total": 30, "currency": "GBP"},
    ]
    service = whole.service
    service.on("GET /shop/orders", body={"orders": orders})
    service.on("GET /shop/rates", body={"EUR": {"USD": 0.5, "GBP": 2}})
    service.on("POST /warehouse/orders", body={"ok": True})
    service.on("POST /warehouse/orders", body={"reason": "the warehouse has it already"}, status=409)
    service.on("POST /warehouse/orders", body={"ok": True})
    service.on("POST /warehouse/orders/publish", body={"id": "job-1"})
    service.on("GET /warehouse/orders/jobs/job-1", body={"state": "running"})
    service.on("GET /warehouse/orders/jobs/job-1", body={"state": "done"})
    done = whole.installation.run(
        *("run", "-C", str(example), "--input", "day=2026-11-23", "--output", "json"),
        *("--runtime-env", f"SHOP_URL={service.url}/shop", "--runtime-env", f"WAREHOUSE_URL={service.url}/warehouse"),
        *("--runtime-env", "secret:WAREHOUSE_TOKEN=wh-token"),
    )
    assert done.code == 0, done.stderr
    assert json.loads(done.stdout)["status"]["output"] == {"summary": "2 orders loaded, 3 left out"}
    stored = [(body["id"], body["euros"], body["day"]) for body in posted(whole, "/warehouse/orders")]
    assert stored == [(1, 5, "2026-11-23"), (4, 40, "2026-11-23"), (5, 60, "2026-11-23")]
    assert service.count("GET /warehouse/orders/jobs/job-1") == 2


@of("restock")
def test_what_runs_out_is_ordered_from_the_service_that_comes_with_it(whole: Whole, example: Path) -> None:
    port = free_port()
    with subprocess.Popen([sys.executable, str(example / "service.py"), str(port)], stderr=subprocess.PIPE) as service:
        try:
            assert service.stderr is not None
            assert b"open" in service.stderr.readline()
            done = whole.installation.run(
                *("run", "-C", str(example), "--runtime-env", f"SHOP_URL=http://127.0.0.1:{port}", "-o", "json")
            )
        finally:
            service.terminate()
    assert done.code == 0, done.stderr
    output = json.loads(done.stdout)["status"]["output"]
    assert output == {"summary": "2 ordered, 1 refused"}


@of("notes-agent")
def test_notes_are_found_and_kept_in_files(whole: Whole, example: Path) -> None:
    asked = whole.installation.run("run", "-C", str(example), "-m", "What about the roof?")
    assert asked.code == 0, asked.stderr
    assert "house.md: - The roof was mended in May" in asked.stdout
    told = whole.installation.run("run", "notes-agent", "-m", "Remember the key.")
    assert told.code == 0, told.stderr
    assert "Done: added to house.md" in told.stdout
    assert "\n- Remember the key.\n" in (example / "notes" / "house.md").read_text()
