"""The editor of a definition: numbered lines, and complaints that lead to theirs."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.factories import make_agent, make_workflow
from tests.suites.client import unique
from tests.web.browsing import NARROW, WIDE, Visit
from tests.web.conftest import Site

SPEC = "description: 5\ninstructions: Answer with care.\n\nnonsense: 1\n"


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_complaints_are_marked_at_their_lines_and_lead_there(
    visit: Callable[..., Visit], site: Site, size: dict[str, int]
) -> None:
    agent = make_agent(site.api, unique("edited"))
    started = visit(size)
    started.sign_in()
    page = started.open(f"/resources/agent/{agent.metadata.id}/edit/")
    area, frame = page.locator("textarea[name=spec]"), page.locator(".editor").first
    area.fill(SPEC)
    expect(frame.locator(".editor-lines span")).to_have_text(["1", "2", "3", "4", "5"])
    expect(frame.locator(".is-wrong")).to_have_count(0)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(frame.locator(".is-wrong")).to_have_text(["1", "4"])
    page.get_by_role("button", name="line 4: spec.nonsense").click()
    expect(area).to_be_focused()
    marked = "area => area.value.slice(area.selectionStart, area.selectionEnd)"
    assert area.evaluate(marked) == "nonsense: 1"
    page.keyboard.press("Tab")
    expect(area).not_to_be_focused()
    expect(area).to_have_value(SPEC)
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    assert started.complaints == []


def test_numbers_follow_the_text_while_it_scrolls(visit: Callable[..., Visit], site: Site) -> None:
    agent = make_agent(site.api, unique("long"))
    started = visit()
    started.sign_in()
    page = started.open(f"/resources/agent/{agent.metadata.id}/edit/")
    area = page.locator("textarea[name=spec]")
    area.fill("instructions: |\n" + "  more\n" * 300)
    area.evaluate("area => (area.scrollTop = area.scrollHeight)")
    page.wait_for_function("document.querySelector('.editor-lines').scrollTop > 1000")
    last = page.locator(".editor").first.locator(".editor-lines span").last
    expect(last).to_have_text("302")
    expect(last).to_be_in_viewport()


def test_what_can_stand_somewhere_is_offered_and_taken_by_keyboard(visit: Callable[..., Visit], site: Site) -> None:
    agent = make_agent(site.api, unique("asked")).metadata
    workflow = make_workflow(site.api, unique("offered")).metadata
    started = visit()
    started.sign_in()
    page = started.open(f"/resources/workflow/{workflow.id}/edit/")
    area, options = page.locator("textarea[name=spec]"), page.get_by_role("option")
    area.fill("tasks:\n- name: ask\n  kind: ")
    area.press("Control+End")
    area.press("Control+Space")
    expect(options.first).to_have_text("SET")
    expect(options.first).to_have_attribute("aria-selected", "true")
    page.keyboard.type("AGE")
    expect(options).to_have_text(["AGENT_CALL"])
    expect(page.locator("[role=option][aria-selected]")).to_have_count(0)  # Enter would begin a line
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(area).to_have_value("tasks:\n- name: ask\n  kind: AGENT_CALL")
    # By what kind it is, inside a task; and slugs of what is stored.
    page.keyboard.type("\n  task_config:\n    age")
    expect(options.first).to_contain_text("Slug of the agent")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.type(agent.slug[:-1])
    expect(options).to_have_text([f"{agent.slug}agent"])
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(area).to_have_value(f"tasks:\n- name: ask\n  kind: AGENT_CALL\n  task_config:\n    agent: {agent.slug}")
    page.keyboard.type("\nde")
    expect(options.first).to_contain_text("description")
    # In braces and brackets, too, over several lines; what is taken there opens some.
    begin = "tasks: [\n  {name: '}', kind: AGENT_CALL, # {\n   "
    area.fill(f"{begin} task_c, flow: {{then: end}}}}]\nof: 1")
    area.evaluate("(area, at) => area.setSelectionRange(at, at)", len(f"{begin} task_c"))
    area.press("Control+Space")
    page.keyboard.press("Enter")
    page.keyboard.type("age")
    expect(options.first).to_contain_text("Slug of the agent")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.type(agent.slug[:-1])
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(area).to_have_value(f"{begin} task_config: {{agent: {agent.slug}}}, flow: {{then: end}}}}]\nof: 1")
    area.fill("ta")
    area.press("Control+Space")
    page.keyboard.press("Escape")
    expect(options).to_have_count(0)
    expect(area).to_be_focused()
    assert started.complaints == []
