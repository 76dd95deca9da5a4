"""A list of runs as a person meets it: it changes under their eyes and leaves them where they are."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.suites.client import unique
from tests.web.browsing import NARROW, WIDE, Visit
from tests.web.conftest import Site
from tests.web.run_writer import RunWriter

LOOKING = (Path(__file__).parent / "accessibility.js").read_text()
AGENTS = "/resources/agentexecution/"


@pytest.fixture(scope="module")
def writer(site: Site) -> Iterator[RunWriter]:
    with RunWriter(site.web.data_dir) as started:
        yield started


@pytest.fixture
def word(writer: RunWriter) -> str:
    """Two runs that nobody else has, found by this word: one works, one has failed."""
    found = unique("only").replace("-", "")
    for name in ("works", "failed"):
        begin(writer, f"{found} {name}")
    failed = begin(writer, f"{found} broken")
    writer.finish(failed, "FAILED", "The host is down.")
    return found


def begin(writer: RunWriter, name: str) -> str:
    run = writer.store("AgentExecution", name)
    writer.claim(run)
    return run


def row(page: Page, run: str) -> Locator:
    return page.locator(f'tr[data-run="{run}"]')


def test_rows_change_and_new_runs_are_announced_while_what_was_ticked_stays(
    visit: Callable[..., Visit], writer: RunWriter
) -> None:
    found = unique("only").replace("-", "")
    first, second = (begin(writer, f"{found} {name}") for name in ("one", "two"))
    started = visit()
    started.sign_in()
    page = started.open(f"{AGENTS}?q={found}")
    expect(page).to_have_title("2 under way · Agent executions · Stigmer")
    row(page, second).get_by_role("checkbox").check()
    expect(page.get_by_text("1 chosen")).to_be_visible()
    writer.finish(first, "FAILED", "The host is down.")
    expect(row(page, first)).to_contain_text("The host is down.")
    expect(row(page, first)).to_contain_text("failed")
    expect(page.get_by_text("2 runs · 1 failed · 1 under way")).to_be_visible()
    expect(page).to_have_title("1 under way · Agent executions · Stigmer")
    third = begin(writer, f"{found} three")
    news = page.get_by_role("link", name="1 new run")
    expect(news).to_be_visible()
    expect(row(page, third)).to_have_count(0)
    assert row(page, second).get_by_role("checkbox").is_checked()
    news.click()
    expect(row(page, third)).to_be_visible()
    assert started.complaints == []


def test_many_runs_are_deleted_by_keyboard_after_a_question(visit: Callable[..., Visit], word: str) -> None:
    started = visit(NARROW, "dark")
    started.sign_in()
    page = started.open(f"{AGENTS}?q={word}")
    expect(page.get_by_role("button", name="Delete…")).to_be_hidden()
    page.get_by_label("All that match").check()
    page.get_by_text("More", exact=True).press("Enter")
    page.get_by_role("button", name="Delete…").press("Enter")
    expect(page.get_by_role("heading", name="Delete 1 run?")).to_be_visible()
    expect(page.get_by_text("2 more that you chose are under way")).to_be_visible()
    page.get_by_role("button", name="Delete 1 run").press("Enter")
    expect(page.get_by_text("1 run is deleted.")).to_be_visible()
    expect(page.locator("tr[data-run]")).to_have_count(2)
    assert started.complaints == []


def test_a_list_is_taken_away_as_a_file(visit: Callable[..., Visit], word: str) -> None:
    started = visit()
    started.sign_in()
    page = started.open(f"{AGENTS}?q={word}")
    page.get_by_text("More", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Export as JSON").click()
    assert download.value.suggested_filename.endswith(".json")
    found = json.loads(Path(download.value.path()).read_text())
    assert sorted(each["phase"] for each in found) == ["failed", "in progress", "in progress"]


def test_filters_are_set_by_keyboard_and_kept_as_a_view(visit: Callable[..., Visit], word: str) -> None:
    started = visit()
    started.sign_in()
    page = started.open(AGENTS)
    page.get_by_label("Words", exact=True).fill(word)
    page.get_by_label("Phase").select_option("failed")
    page.get_by_label("Words", exact=True).press("Enter")
    expect(page.locator("tr[data-run]")).to_have_count(1)
    page.get_by_text("Save this view").press("Enter")
    page.get_by_label("Name", exact=True).fill(word)
    page.get_by_label("Name", exact=True).press("Enter")
    view = page.get_by_role("link", name=word, exact=True)
    expect(view).to_be_visible()
    started.open(AGENTS)
    view.click()
    expect(page.locator("tr[data-run]")).to_have_count(1)
    expect(view).to_have_attribute("aria-current", "page")


def test_a_menu_closes_by_escape(visit: Callable[..., Visit], word: str) -> None:
    started = visit()
    started.sign_in()
    page = started.open(f"{AGENTS}?q={word}")
    page.get_by_text("More", exact=True).press("Enter")
    expect(page.get_by_role("button", name="Export as CSV")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Export as CSV")).to_be_hidden()
    expect(page.get_by_text("More", exact=True)).to_be_focused()


@pytest.mark.parametrize(("size", "theme"), [(WIDE, "light"), (WIDE, "dark"), (NARROW, "dark")])
def test_everything_has_a_name_a_label_and_contrast_and_fits(
    visit: Callable[..., Visit], word: str, size: dict[str, int], theme: str
) -> None:
    started = visit(size, theme)
    started.sign_in()
    page = started.open(f"{AGENTS}?q={word}&error=&until=")
    page.get_by_text("More filters").click()
    page.get_by_text("More", exact=True).click()
    assert page.evaluate(LOOKING) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Run again…").click()
    page.get_by_label("All that match").check()
    page.get_by_role("button", name="Run again…").click()
    expect(page.get_by_role("heading", name="Run again 3 runs?")).to_be_visible()
    assert page.evaluate(LOOKING) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_list_can_be_read_and_used_without_scripts(browser: Browser, site: Site, word: str) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(site.web.sign_in_url())
    page.goto(f"{site.web.named_url}{AGENTS}?q={word}")
    expect(page.locator("tr[data-run]")).to_have_count(3)
    # The theme hides pages until its scripts have run, and leaves what they would open above the page.
    expect(page.get_by_text("The host is down.")).to_be_visible()
    expect(page.get_by_placeholder("Type to search")).to_be_hidden()
    page.goto(page.locator("tr[data-run] a").first.evaluate("link => link.href"))
    expect(page.get_by_text("As it was asked for")).to_be_visible()
    expect(page.get_by_text("Loading…")).to_be_hidden()
    context.close()
