"""The admin by keyboard, for screen readers and for weak eyes."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.factories import make_agent
from tests.suites.client import unique
from tests.web.browsing import NARROW, WIDE, Visit
from tests.web.conftest import Site
from tests.web.run_writer import RunWriter

LOOKING = (Path(__file__).parent / "accessibility.js").read_text()
LOOKS = pytest.mark.parametrize(
    ("size", "theme"),
    [(WIDE, "light"), (WIDE, "dark"), (NARROW, "light")],
    ids=["wide light", "wide dark", "narrow light"],
)


@pytest.fixture(scope="module")
def paths(site: Site) -> list[str]:
    """A page of each sort, with a run that has a conversation, a tool call and an error."""
    agent = make_agent(site.api, unique("seen"), tags=["support"]).metadata.id
    with RunWriter(site.web.data_dir) as writer:
        run = writer.store("AgentExecution", unique("run"))
        session = writer.parent("AgentExecution", run, "session_id")
        writer.claim(run)
        said = {"index": 0, "type": "HUMAN", "content": "Where is my order?", "metadata": {}}
        called = {"message_index": 0, "id": "1", "name": "find", "args": {"order": 7}, "status": "TOOL_CALL_FAILED"}
        writer.append(run, ("message", said), ("tool_call", {**called, "error": "There is none."}))
        writer.finish(run, "FAILED", "It broke.")
    pages = [f"agent/{agent}/{page}" for page in ("change", "edit", "history", "delete")]
    pages += ["agent", "agent/add", "agentexecution", "project", "revision", "workflowexecution"]
    pages += [f"agentexecution/{run}/change", f"session/{session}/change"]
    return ["/", "/login/", "/nothing", *(f"/resources/{page}/" for page in pages)]


@LOOKS
def test_everything_has_a_name_a_label_and_contrast(
    visit: Callable[..., Visit], paths: list[str], size: dict[str, int], theme: str
) -> None:
    started = visit(size, theme)
    started.sign_in()
    missing = {}
    for path in paths:
        page = started.open(path)
        page.wait_for_load_state("networkidle")
        if found := page.evaluate(LOOKING):
            missing[path] = found
    assert missing == {}


def test_filters_open_and_close_by_keyboard(visit: Callable[..., Visit]) -> None:
    started = visit()
    started.sign_in()
    page = started.open("/resources/revision/")
    page.get_by_role("button", name="Filters", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Deleted")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Deleted")).to_be_hidden()
    assert started.complaints == []


def test_somebody_signs_out_by_keyboard(visit: Callable[..., Visit]) -> None:
    page = visit().sign_in()
    page.get_by_role("button", name="Account").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Log out").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()


def test_the_focus_can_be_seen_wherever_it_is(visit: Callable[..., Visit], paths: list[str]) -> None:
    started = visit()
    started.sign_in()
    page = started.open(next(path for path in paths if "agentexecution/" in path and "change" in path))
    expect(page.locator(".run-call")).to_be_visible()
    for name in ("summary", "a.stigmer-link", "a.stigmer-button", ".stigmer-search"):
        target = page.locator(f"#page {name}").first
        page.keyboard.press("Tab")  # what follows is the focus of a keyboard
        target.focus()
        outline = target.evaluate("element => getComputedStyle(element).outlineStyle")
        assert re.match("solid|auto", outline), name


@pytest.mark.parametrize("path", ["/", "/resources/agent/", "/nothing"])
def test_the_first_tab_leads_past_the_navigation(visit: Callable[..., Visit], path: str) -> None:
    started = visit()
    started.sign_in()
    page = started.open(path)
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).not_to_be_in_viewport()
    page.keyboard.press("Tab")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('#content').contains(document.activeElement)")
