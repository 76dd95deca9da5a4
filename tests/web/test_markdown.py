"""Answers in Markdown: shown as such, and nothing that a model says becomes a script, a request or a page of ours."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from apps.resources.admin.live.markdown import LONGEST, rendered
from tests.suites.client import unique
from tests.web.browsing import Visit
from tests.web.conftest import Site
from tests.web.run_writer import RunWriter

HOSTILE = [
    "<script>window.broken=1</script>",
    '<img src=x onerror="window.broken=1">',
    "<svg/onload=window.broken=1>",
    "<iframe src=javascript:window.broken=1></iframe>",
    '<a href="javascript:window.broken=1">x</a>',
    "[x](javascript:window.broken=1)",
    "[x](JaVaScRiPt:window.broken=1)",
    "[x](&#106;avascript:window.broken=1)",
    "[x](java\tscript:window.broken=1)",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:window.broken=1)",
    "[x](//elsewhere.example/x)",
    "[x](/logout/)",
    '[x](https://e.example "onmouseover=window.broken=1")',
    '[x](<https://e.example/" onclick="window.broken=1>)',
    "![x](https://elsewhere.example/pixel.png)",
    "![x](javascript:window.broken=1)",
    '![" onerror="window.broken=1](https://elsewhere.example/y.png)',
    '<style>@import "https://elsewhere.example/a.css"</style>',
    "<link rel=stylesheet href=https://elsewhere.example/a.css>",
    "<form action=https://elsewhere.example><input name=a></form>",
    "<math><mtext><table><mglyph><style><img src=x onerror=window.broken=1>",
    "`<img src=x onerror=window.broken=1>`",
    "```html\n<script>window.broken=1</script>\n```",
    '```"><img src=x onerror=window.broken=1>\nx\n```',
    "| <img src=x onerror=window.broken=1> |\n|---|\n| {{ 7*7 }} |",
    "<https://e.example/<script>>",
    '<div x-data x-init="window.broken=1">x</div>',
    "[a]: javascript:window.broken=1\n\n[a]",
    "&lt;script&gt;window.broken=1&lt;/script&gt;",
]
ALLOWED = re.compile(
    r"</?(?:p|hr|em|strong|s|code|pre|blockquote|ul|ol|li|table|thead|tbody|tr|th|td|h4|h5|h6)>|<br>|</a>"
    r'|<ol start="\d+">|<a href="(?:https?|mailto):[^"<>]*"(?: title="[^"<>]*")? rel="noopener noreferrer nofollow">'
    r'|<a(?: title="[^"<>]*")? rel="noopener noreferrer nofollow">'
)


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_hostile_becomes_harmless(text: str) -> None:
    markup = rendered(text)
    rest = ALLOWED.sub("", markup)
    assert "<" not in rest, markup


def test_markdown_is_markup() -> None:
    text = "# Title\n\nA *word*, a **strong** one and `code`.\n\n1. one\n2. two\n\n> said\n\n"
    text += "```py\nx = 1\n```\n\n|a|b|\n|-|-|\n|1|2|"
    markup = rendered(text)
    for part in (
        "<h4>Title</h4>",
        "<em>word</em>",
        "<strong>strong</strong>",
        "<ol>",
        "<blockquote>",
        "<pre><code>x = 1",
        "<th>a</th>",
    ):
        assert part in markup
    link = '<a href="https://e.example/?a=1&amp;b=2" rel="noopener noreferrer nofollow">here</a>'
    assert link in rendered("[here](https://e.example/?a=1&b=2)")
    assert "<a" not in rendered("https://e.example is not made a link")


def test_a_picture_is_a_link_to_it() -> None:
    assert "<img" not in rendered("![a cat](https://e.example/cat.png)")
    assert ">a cat</a>" in rendered("![a cat](https://e.example/cat.png)")


def test_what_is_too_long_or_nothing_stays_text() -> None:
    assert rendered("a" * (LONGEST + 1)) == rendered(" \n") == ""


@pytest.mark.parametrize("text", ["*" * 9000, "[" * 9000, "> " * 9000, "`" * 9001, "![" * 6000, "|" * 9000 + "\n|-|"])
def test_what_is_made_to_take_long_is_answered(text: str) -> None:
    assert rendered(text)


def test_an_answer_becomes_markdown_when_it_is_whole_and_text_when_it_goes_on(
    visit: Callable[..., Visit], site: Site
) -> None:
    started = visit()
    started.sign_in()
    with RunWriter(site.web.data_dir) as writer:
        run = writer.store("AgentExecution", unique("told"))
        writer.claim(run)
        begun = {"index": 0, "type": "AI", "content": "", "metadata": {}}
        writer.append(run, ("message", begun), ("text", {"index": 0, "text": "Some **stro"}))
        page = started.open(f"/resources/agentexecution/{run}/change/")
        answer = page.locator(".run-ai .run-text")
        expect(answer).to_have_text("Some **stro")
        writer.append(run, ("text", {"index": 0, "text": "ng** words"}), ("ended", {"index": 0, "metadata": {}}))
        expect(answer.locator("strong")).to_have_text("strong")
        writer.append(run, ("text", {"index": 0, "text": " and *more*"}))
        expect(answer).to_have_text("Some **strong** words and *more*")
        writer.append(run, ("ended", {"index": 0, "metadata": {}}))
        expect(answer.locator("em")).to_have_text("more")
        page.reload()
        expect(answer.locator("strong")).to_have_text("strong")
        expect(answer).to_have_text("Some strong words and more")
        writer.finish(run, "COMPLETED")
    assert started.complaints == []


def test_hostile_answers_do_nothing_in_a_browser(visit: Callable[..., Visit], site: Site) -> None:
    """Requests to elsewhere and refusals of the content policy are complaints, too."""
    started = visit()
    started.sign_in()
    with RunWriter(site.web.data_dir) as writer:
        run = writer.store("AgentExecution", unique("hostile"))
        writer.claim(run)
        for index, text in enumerate(HOSTILE):
            writer.append(run, ("message", {"index": index, "type": "AI", "content": text, "metadata": {}}))
        writer.finish(run, "COMPLETED")
    page = started.open(f"/resources/agentexecution/{run}/change/")
    expect(page.locator(".run-message")).to_have_count(len(HOSTILE))
    expect(page.locator(".run-message .is-markdown").last).to_be_attached()
    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.broken") is None
    assert page.locator(".run-messages :is(img, script, style, iframe, form, svg, link)").count() == 0
    assert started.complaints == []
