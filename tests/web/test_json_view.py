"""JSON on the pages of runs, in a real browser: folded, searched, copied, and quick however large or deep it is."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from apps.resources.json_value import Json
from tests.suites.client import unique
from tests.web.browsing import NARROW, Visit
from tests.web.conftest import Site
from tests.web.run_writer import RunWriter
from tests.web.test_run_pages import EVIL, flow_page, task

HUGE: dict[str, Json] = {"rows": [{"id": number, "text": f"article {number} " + "x" * 60} for number in range(2_000)]}
OUTPUT: dict[str, Json] = {
    "10": 1,
    "9": {"city": "Bonn", "first name": ["Ada", None, True]},
    "exact": 12345678901234567,
    "turned \u202e": EVIL,
    EVIL: "two\nlines",
}
MANY_ROWS = 5_000


@pytest.fixture(scope="module")
def writer(site: Site) -> Iterator[RunWriter]:
    with RunWriter(site.web.data_dir) as started:
        yield started


def rows(page: Page, label: str) -> Any:  # Any: playwright's Locator
    return page.get_by_role("tree", name=label).get_by_role("treeitem")


def test_documents_fold_are_searched_and_copied(visit: Callable[..., Visit], writer: RunWriter) -> None:
    flow = writer.store("WorkflowExecution", unique("json"))
    writer.claim(flow)
    writer.append(flow, task("/fetch", "COMPLETED", output=HUGE), ("output", OUTPUT))
    started = visit()
    started.sign_in()
    started.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = started.open(flow_page(flow))

    # In the order in which it was written, digit for digit, and what steers text is told by its code.
    shown = rows(page, "Output")
    expect(shown.nth(1)).to_have_text("10: 1")
    expect(shown.nth(2)).to_contain_text("9:")
    expect(page.get_by_role("tree", name="Output")).to_contain_text("exact: 12345678901234567")
    expect(page.get_by_role("tree", name="Output")).to_contain_text("turned \\u202e: ")

    # By keyboard: fold, unfold, go in, and copy where one stands.
    before = shown.count()
    shown.nth(0).focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowLeft"):
        page.keyboard.press(key)
    expect(shown).to_have_count(before - 5)
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
    expect(shown.and_(page.locator("[aria-selected]"))).to_have_text('0: "Ada"')
    page.get_by_role("button", name="Copy the path in Output").click()
    expect(page.get_by_text("Copied the path.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == '."9"."first name"[0]'
    shown.nth(0).click()  # the whole, folded by that
    expect(shown).to_have_count(1)
    page.get_by_role("button", name="Copy the value in Output").click()
    expect(page.get_by_text("Copied.")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert list(json.loads(copied).items()) == list(OUTPUT.items())

    # Of a large one the page has the beginning; the rest comes when it is asked for, and only what is open is shown.
    page.locator(".run-task summary").click()
    page.get_by_role("button", name="Open all of it").click()
    expect(rows(page, "Output").filter(has_text="2,000 items")).to_be_visible()
    search = page.locator(".run-task").get_by_label("Search in Output")
    search.fill("ARTICLE 1777 ")
    expect(page.get_by_text("1 of 1", exact=True)).to_be_visible()
    expect(page.locator(".run-task [aria-selected]")).to_contain_text('text: "article 1777 x')
    expect(page.locator(".run-task .json-path")).to_have_text(".rows[1777].text")
    assert page.get_by_role("treeitem").count() < MANY_ROWS
    search.fill("article")
    expect(page.get_by_text("1 of 1,000+", exact=True)).to_be_visible()
    search.press("Shift+Enter")
    expect(page.get_by_text("1001 of 1,000+", exact=True)).to_be_visible()
    assert page.evaluate("window.broken") is None
    assert started.complaints == []


BROKEN = ["", "{", '{"a" 1}', "[1,]", "[1 2]", "nul", '"a', '{"a":1}}', "[1", "01x", r'["\u12"]']
MAKE: dict[str, str] = {
    "10 MB": """JSON.stringify({rows: Array.from({length: 120000}, (_, id) =>
        ({id, name: `article number ${id}`, tags: ["one", "two"], more: {left: id % 7, isOld: false}}))})""",
    "1,000 levels": '"[".repeat(500) + \'{"a":\'.repeat(500) + \'"the bottom"\' + "}".repeat(500) + "]".repeat(500)',
    "a list of 1,000,000": "'[' + '1,'.repeat(999998) + '\"the bottom\",2]'",
}


def test_documents_of_any_size_and_depth_are_read_whole(visit: Callable[..., Visit]) -> None:
    """What is on the page stays little, and what is copied is what was read."""
    started = visit(NARROW)
    page = started.sign_in()
    for name, made in MAKE.items():
        found = page.evaluate(
            """async (made) => {
                const {parse, write} = await import("/static/resources/json/parse.js");
                const {find} = await import("/static/resources/json/find.js");
                const {Tree} = await import("/static/resources/json/tree.js");
                const text = new Function(`return ${made}`)();
                const value = parse(text);
                const tree = new Tree(value, "made", () => {});
                document.body.replaceChildren(tree.element);
                const begin = tree.element.children.length;
                const matches = find(value, text.includes("the bottom") ? "THE BOTTOM" : "number 119999");
                tree.reveal(matches[0]);
                return {
                    begin, matches: matches.length, rows: tree.element.children.length, path: tree.path(),
                    shown: tree.current.element.textContent, isSame: write(parse(write(value))) === write(value),
                };
            }""",
            made,
        )
        assert found["begin"] <= 200, name
        assert found["matches"] == 1, name
        assert found["rows"] <= MANY_ROWS, name
        assert "number 119999" in found["shown"] or "the bottom" in found["shown"], name
        assert found["isSame"], name
        too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert too_wide <= 0, name
    read = """async (texts) => {
        const {parse} = await import("/static/resources/json/parse.js");
        return texts.filter((text) => { try { parse(text); return true } catch { return false } });
    }"""
    assert page.evaluate(read, BROKEN) == [], "what is no JSON is told apart"
    assert started.complaints == []
