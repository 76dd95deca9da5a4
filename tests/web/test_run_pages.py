"""Pages of runs while they grow: a real web unit, a real Chromium, a writer in a process of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, Request, expect

from apps.resources.json_value import Json
from apps.resources.ports import Sleeper
from stigmer_site.machine.datagrams import DatagramBell
from tests.suites.client import unique
from tests.web.browsing import NARROW, WIDE, Visit
from tests.web.conftest import Site
from tests.web.run_writer import RunWriter

EVIL = '<img src=x onerror="window.broken=1"><script>window.broken=1</script>{{ 7*7 }}" x-init="window.broken=1'
STARTED, COMPLETED = "2026-01-02T03:04:05.000Z", "2026-01-02T03:04:05.250Z"
SIZES = pytest.mark.parametrize(
    ("size", "theme"),
    [(WIDE, "light"), (WIDE, "dark"), (NARROW, "light"), (NARROW, "dark")],
    ids=["wide light", "wide dark", "narrow light", "narrow dark"],
)


@pytest.fixture(scope="module")
def writer(site: Site) -> Iterator[RunWriter]:
    with RunWriter(site.web.data_dir) as started:
        yield started


@pytest.fixture
def visitor(visit: Callable[..., Visit]) -> Visit:
    started = visit()
    started.sign_in()
    return started


def message(index: int, text: str = "", who: str = "AI", **metadata: Json) -> tuple[str, dict[str, Json]]:
    return "message", {"index": index, "type": who, "content": text, "metadata": metadata}


def call(state: str, **more: Json) -> tuple[str, dict[str, Json]]:
    data = {"message_index": 1, "id": "call-1", "name": "lookup_order", "args": {"order": 1042}, "started_at": STARTED}
    return "tool_call", {**data, "status": f"TOOL_CALL_{state}", **more}


HTTP = {"kind": "HTTP_CALL"}


def task(path: str, state: str, kind: str = "HTTP_CALL", **more: Json) -> tuple[str, dict[str, Json]]:
    name = path.rpartition("/")[2]
    metadata = {"kind": kind, "path": path, "attempt": 1}
    data = {"task_id": path, "task_name": name, "status": f"WORKFLOW_TASK_{state}", "started_at": STARTED}
    return "task", {**data, "metadata": metadata, **more}


def agent_run(writer: RunWriter) -> str:
    execution_id = writer.store("AgentExecution", unique("run"))
    writer.claim(execution_id)
    return execution_id


def agent_page(execution_id: str) -> str:
    return f"/resources/agentexecution/{execution_id}/change/"


def flow_page(execution_id: str) -> str:
    return f"/resources/workflowexecution/{execution_id}/change/"


def asked_by(page: Page) -> list[str]:
    """What it asks for from now on; fonts, which may come late, are not meant."""
    asked: list[str] = []

    def note(request: Request) -> None:
        if "/static/" not in request.url:
            asked.append(request.url)

    page.on("request", note)
    return asked


def phase(page: Page) -> Any:  # Any: playwright's Locator
    return page.locator("[data-phase]")


def test_a_run_grows_on_the_open_page_ends_and_is_asked_no_more(visitor: Visit, writer: RunWriter) -> None:
    run = agent_run(writer)
    writer.append(run, message(0, "Where is my order?", "HUMAN"))
    page = visitor.open(agent_page(run))
    page.evaluate("window.sameDocument = true")
    expect(phase(page)).to_have_text("in progress")
    expect(page.locator(".run-human")).to_contain_text("Where is my order?")
    writer.append(run, message(1, model="scripted"), ("text", {"index": 1, "text": "Let me"}))
    expect(page.locator(".run-ai .run-text")).to_have_text("Let me")
    writer.append(run, ("text", {"index": 1, "text": " look."}), call("RUNNING"))
    expect(page.locator(".run-ai .run-text")).to_have_text("Let me look.")
    expect(page.locator(".run-call .stigmer-state")).to_have_text("running")
    usage = {"input_tokens": 1200, "output_tokens": 34, "seconds": 1.5}
    writer.append(
        run, call("COMPLETED", result="On its way.", completed_at=COMPLETED), ("ended", {"index": 1, "metadata": usage})
    )
    expect(page.locator(".run-call .stigmer-state")).to_have_text("completed")
    expect(page.locator(".run-call .run-took")).to_have_text("250 ms")
    expect(page.locator(".run-usage").nth(1)).to_have_text("1,200 tokens in, 34 out · 1.5 s")
    expect(page.locator("[data-cost]")).to_have_text("no price is known of scripted")
    page.locator(".run-call summary").click()
    expect(page.locator(".run-inside")).to_contain_text("order: 1042")
    expect(page.locator(".run-inside")).to_contain_text("On its way.")
    expect(page).to_have_title(re.compile("^in progress: .* · Stigmer$"))
    writer.finish(run, "COMPLETED")
    expect(phase(page)).to_have_text("completed")
    expect(page).to_have_title(re.compile("^completed: .* · Stigmer$"))
    expect(page.get_by_role("button", name="Cancel this run")).to_have_count(0)
    assert page.evaluate("window.sameDocument"), "it was loaded anew"
    asked = asked_by(page)
    page.wait_for_timeout(2500)  # the absence of requests has no event to wait for
    assert asked == []
    assert visitor.complaints == []


def test_a_hidden_page_asks_nothing_until_it_is_looked_at_again(visitor: Visit, writer: RunWriter) -> None:
    run = agent_run(writer)
    page = visitor.open(agent_page(run))
    expect(phase(page)).to_have_text("in progress")
    page.evaluate(
        "Object.defineProperty(document, 'hidden', {value: true, configurable: true});"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )
    page.wait_for_load_state("networkidle")
    asked = asked_by(page)
    writer.append(run, message(0, "Hello.", "HUMAN"))
    page.wait_for_timeout(2500)  # as above
    assert asked == []
    page.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator(".run-human")).to_contain_text("Hello.")


def test_messages_that_a_dead_runner_began_are_taken_back(visitor: Visit, writer: RunWriter) -> None:
    run = agent_run(writer)
    writer.append(run, message(0, "Hello.", "HUMAN"), message(1, "Half an ans"), call("RUNNING"))
    page = visitor.open(agent_page(run))
    expect(page.locator(".run-message")).to_have_count(2)
    writer.append(run, ("dropped", {"index": 1}), message(1, "The whole answer."))
    expect(page.locator(".run-ai .run-text")).to_have_text("The whole answer.")
    expect(page.locator(".run-call")).to_have_count(0)
    assert visitor.complaints == []


def test_the_cancel_button_asks_the_runner_to_end_the_run(visitor: Visit, writer: RunWriter, site: Site) -> None:
    run = agent_run(writer)
    page = visitor.open(agent_page(run))
    listener = DatagramBell(site.web.data_dir / "run").listen(Sleeper.RUNNER)
    page.get_by_role("button", name="Cancel this run").click()
    expect(page.get_by_text("The run is being cancelled.")).to_be_visible()
    expect(phase(page)).to_have_text("cancelling")
    expect(page.get_by_role("button", name="Cancel this run")).to_be_disabled()
    assert writer.cancel_reason(run) == "in the admin"
    assert listener.wait(60), "nobody woke the runner"
    listener.close()
    writer.finish(run, "CANCELLED", "cancelled: in the admin")
    expect(phase(page)).to_have_text("cancelled")
    expect(page.locator("[data-error]")).to_have_text("cancelled: in the admin")
    assert visitor.complaints == []


def test_whatever_a_run_says_stays_text(visitor: Visit, writer: RunWriter) -> None:
    run = agent_run(writer)
    writer.append(
        run,
        message(0, EVIL, "HUMAN"),
        message(1, EVIL, model=EVIL),
        call("FAILED", name=EVIL, args={EVIL: EVIL}, result=EVIL, error=EVIL),
    )
    page = visitor.open(agent_page(run))
    expect(page.locator(".run-ai .run-text")).to_have_text(EVIL)
    page.locator(".run-call summary").click()
    expect(page.locator(".run-inside pre").first).to_have_text(EVIL)
    writer.finish(run, "FAILED", EVIL)
    expect(page.locator("[data-error]")).to_have_text(EVIL)
    flow = writer.store("WorkflowExecution", unique("evil"))
    writer.claim(flow)
    writer.append(
        flow, task("/evil", "FAILED", EVIL, task_name=EVIL, input={"a": EVIL}, error=EVIL), ("output", {"a": EVIL})
    )
    for path in (flow_page(flow), "/", "/resources/agentexecution/", agent_page(run)):
        opened = visitor.open(path)
        opened.wait_for_load_state("networkidle")
        for summary in opened.locator(".run-task summary").all():
            summary.click()
        assert opened.evaluate("window.broken") is None, path
        assert opened.locator('img[src="x"]').count() == 0, path
    assert visitor.complaints == []


def test_long_texts_are_folded_and_open_by_keyboard(visitor: Visit, writer: RunWriter) -> None:
    run = agent_run(writer)
    writer.append(run, message(0, "\n".join(f"line {number}" for number in range(500)), "HUMAN"))
    page = visitor.open(agent_page(run))
    more = page.get_by_role("button", name="Show all of it")
    expect(more).to_have_attribute("aria-expanded", "false")
    assert page.locator(".run-text").bounding_box()["height"] < 400  # type: ignore[index]  # it is visible
    more.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Show less")).to_have_attribute("aria-expanded", "true")
    assert page.locator(".run-text").bounding_box()["height"] > 4000  # type: ignore[index]  # as above


def test_a_workflows_tasks_appear_move_and_end(visitor: Visit, writer: RunWriter) -> None:
    flow = writer.store("WorkflowExecution", unique("flow"))
    writer.claim(flow)
    page = visitor.open(flow_page(flow))
    writer.append(flow, task("/fetch", "IN_PROGRESS"), task("/each[0]/ask", "PENDING", "AGENT_CALL"))
    expect(page.locator(".run-task .stigmer-state")).to_have_text(["in progress", "pending"])
    session = writer.store("Session", unique("session"))
    agent = writer.store(
        "AgentExecution",
        f"{flow}-0011223344556677",
        {"session_id": session, "message": "Hello."},
        annotations={"stigmer.ai/workflow-task": "/each[0]/ask"},
    )
    expect(page.get_by_role("link", name=agent)).to_have_attribute("href", agent_page(agent))
    done: dict[str, Json] = {"output": {"orders": [1, 2]}, "completed_at": COMPLETED}
    writer.append(
        flow, task("/fetch", "COMPLETED", **done), task("/each[0]/ask", "FAILED", "AGENT_CALL", error="It broke.")
    )
    expect(page.locator(".run-task .stigmer-state")).to_have_text(["completed", "failed"])
    expect(page.locator(".run-task .run-error").nth(1)).to_have_text("It broke.")
    page.locator(".run-task summary").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".run-inside").first).to_contain_text("orders:")
    writer.append(flow, ("output", {"total": 7}))
    writer.finish(flow, "FAILED", "/each[0]/ask: It broke.")
    expect(phase(page)).to_have_text("failed")
    expect(page.locator("[data-error]")).to_have_text("/each[0]/ask: It broke.")
    expect(page.locator("[data-output]")).to_contain_text("total: 7")
    assert visitor.complaints == []


def test_tasks_stand_below_the_task_they_belong_to(visitor: Visit, writer: RunWriter) -> None:
    flow = writer.store("WorkflowExecution", unique("flow"))
    writer.claim(flow)
    paths = ("/each", "/last", "/each[0]/guard", "/each[1]/guard", "/each[0]/guard/try/post", "/eachother", "/each#2")
    writer.append(flow, *(task(path, "COMPLETED") for path in paths))
    page = visitor.open(flow_page(flow))
    expect(page.locator(".run-task")).to_have_count(len(paths))
    shown = page.locator(".run-task").evaluate_all("items => items.map((item) => item.dataset.path)")
    assert shown == [
        "/each",
        "/each[0]/guard",
        "/each[0]/guard/try/post",
        "/each[1]/guard",
        "/last",
        "/eachother",
        "/each#2",
    ]


@pytest.mark.parametrize("sees_them_run", [True, False])
def test_tasks_stand_in_the_order_in_which_they_ran(visitor: Visit, writer: RunWriter, sees_them_run: bool) -> None:
    """A jump backwards has its number; what has not begun stands behind."""
    flow = writer.store("WorkflowExecution", unique("flow"))
    writer.claim(flow)
    writer.append(flow, *(task(f"/{name}", "PENDING") for name in "abcd"))
    if sees_them_run:
        page = visitor.open(flow_page(flow))
        expect(page.locator(".run-task")).to_have_count(4)
    for path in ("/a", "/c", "/a#2", "/b"):
        writer.append(flow, task(path, "COMPLETED", task_name=path[1]))
    if not sees_them_run:
        page = visitor.open(flow_page(flow))
    expect(page.locator(".run-task .run-name")).to_have_text(["a", "c", "a #2", "b", "d"])


def test_attempts_stand_below_each_other_and_count_as_one_task(visitor: Visit, writer: RunWriter) -> None:
    flow = writer.store("WorkflowExecution", unique("flow"))
    writer.claim(flow)
    again = [
        task(
            "/fetch", state, task_id=f"/fetch~attempt{attempt}", metadata={**HTTP, "path": "/fetch", "attempt": attempt}
        )
        for attempt, state in ((2, "FAILED"), (3, "COMPLETED"))
    ]
    writer.append(flow, task("/fetch", "FAILED"), task("/last", "SKIPPED"), *again)
    page = visitor.open(flow_page(flow))
    expect(page.locator(".run-task .stigmer-state")).to_have_text(["failed", "failed", "completed", "skipped"])
    expect(page.locator(".run-task .run-kind").nth(2)).to_have_text("HTTP_CALL · attempt 3")
    expect(page.get_by_text("2 tasks", exact=True)).to_be_visible()


def test_a_session_is_one_conversation_and_new_turns_join_it(visitor: Visit, writer: RunWriter) -> None:
    session = writer.store("Session", unique("session"))
    first, second = (
        writer.store("AgentExecution", unique("turn"), {"session_id": session, "message": "Hello."}) for _ in range(2)
    )
    for run, text in ((first, "One."), (second, "Two.")):
        writer.claim(run)
        writer.append(run, message(0, text, "HUMAN"))
    page = visitor.open(f"/resources/session/{session}/change/")
    expect(page.locator(".run-text")).to_have_text(["One.", "Two."])
    third = writer.store("AgentExecution", unique("turn"), {"session_id": session, "message": "Hello."})
    writer.claim(third)
    writer.append(third, message(0, "Three.", "HUMAN"))
    expect(page.locator(".run-text")).to_have_text(["One.", "Two.", "Three."])
    page.get_by_role("link", name=third).first.click()
    expect(page.locator(".run-text")).to_have_text(["Three."])
    assert visitor.complaints == []


def test_nothing_moves_for_who_wants_no_motion(visitor: Visit, writer: RunWriter) -> None:
    run = agent_run(writer)
    writer.append(run, message(0, "Hello.", "HUMAN"), message(1), ("text", {"index": 1, "text": "Still talk"}))
    visitor.page.emulate_media(reduced_motion="reduce")
    page = visitor.open(agent_page(run))
    expect(page.locator(".is-growing")).to_have_count(1)
    moving = "document.getAnimations().filter((each) => each.animationName?.startsWith('stigmer')).length"
    assert page.evaluate(moving) == 0
    page.emulate_media(reduced_motion="no-preference")
    page.wait_for_function(f"{moving} > 0")


def test_a_server_that_is_gone_and_a_deleted_run_are_told(visitor: Visit, writer: RunWriter) -> None:
    run = agent_run(writer)
    page = visitor.open(agent_page(run))
    expect(phase(page)).to_have_text("in progress")
    page.route("**/news/**", lambda route: route.abort())
    expect(page.get_by_role("alert")).to_have_text("The server does not answer. Trying again…")
    page.unroute("**/news/**")
    writer.append(run, message(0, "Hello.", "HUMAN"))
    expect(page.locator(".run-human")).to_be_visible()
    expect(page.locator("[data-trouble]")).to_be_hidden()
    page.route("**/news/**", lambda route: route.fulfill(status=404))
    expect(page.get_by_role("alert")).to_have_text("This has been deleted.")


@SIZES
def test_the_pages_of_runs_fit(
    visit: Callable[..., Visit], writer: RunWriter, size: dict[str, int], theme: str
) -> None:
    run = agent_run(writer)
    writer.append(
        run,
        message(0, "W" * 3000, "HUMAN"),
        message(1, "x", model="y" * 200),
        call("COMPLETED", name="n" * 150, result="R" * 999),
    )
    writer.finish(run, "FAILED", "E" * 500)
    flow = writer.store("WorkflowExecution", unique("wide"))
    writer.claim(flow)
    deep = "/a[0]/try/b[1]/try/c[2]/try/d[3]/try/e"
    writer.append(flow, task(deep, "FAILED", task_name="t" * 120, error="E" * 500), ("output", {"text": "O" * 999}))
    started = visit(size, theme)
    started.sign_in()
    for path in (agent_page(run), flow_page(flow), "/", "/resources/agentexecution/", "/resources/workflowexecution/"):
        page = started.open(path)
        page.wait_for_load_state("networkidle")
        for summary in page.locator(".run-call > summary, .run-task summary").all():
            summary.click()
        too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert too_wide <= 0, path
        clipped = page.locator(".stigmer-code").evaluate_all(
            "boxes => boxes.filter((box) => box.scrollWidth > box.clientWidth).map((box) => box.textContent)"
        )
        assert size == WIDE or clipped == []
    assert started.complaints == []
