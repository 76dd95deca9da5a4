"""What a person meets: the real units, a real Chromium, wide and narrow."""

from __future__ import annotations

import http.server
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from tests.factories import make_agent, make_workflow, task, workflow_spec
from tests.suites.client import unique
from tests.web.browsing import NARROW, WIDE, Visit
from tests.web.conftest import Site
from tests.web.run_writer import RunWriter

LOOKS = pytest.mark.parametrize(
    ("size", "theme"), [(WIDE, "light"), (NARROW, "dark")], ids=["wide light", "narrow dark"]
)


def test_a_bare_visit_explains_how_to_sign_in(visit: Callable[..., Visit]) -> None:
    page = visit().open("/resources/agent/")
    expect(page.get_by_role("heading", name="You are not signed in")).to_be_visible()
    expect(page.locator("code")).to_have_text("stigmer ui")
    expect(page.locator("input")).to_have_count(0)


def test_a_used_link_explains_itself(visit: Callable[..., Visit], site: Site) -> None:
    url = site.web.sign_in_url()
    first, second = visit(), visit()
    first.page.goto(url)
    expect(first.page.get_by_role("heading", name="Recent changes")).to_be_visible()
    second.page.goto(url)
    expect(second.page.get_by_role("heading", name="This link has been used or is too old")).to_be_visible()


def test_the_session_is_of_a_name_that_no_other_port_of_the_loopback_is_asked_by(
    visit: Callable[..., Visit], site: Site
) -> None:
    started = visit()
    page = started.sign_in()
    (cookie,) = [each for each in page.context.cookies() if "session" in each["name"]]
    assert cookie["domain"] in site.web.named_url
    with other_site("<p>another program</p>") as url:
        page.goto(url)
        assert page.context.cookies(url) == []
    page.goto(f"{site.web.url}/resources/agent/")
    page.wait_for_url(f"{site.web.named_url}/resources/agent/")
    expect(page.locator("#changelist")).to_be_visible()


def test_a_picture_on_a_page_of_another_site_signs_nobody_out(visit: Callable[..., Visit], site: Site) -> None:
    started = visit()
    started.sign_in()
    with other_site(f'<img src="{site.web.named_url}/logout/"><img src="{site.web.url}/logout/">') as url:
        started.page.goto(url)
        started.page.wait_for_load_state("networkidle")
    started.open("/")
    expect(started.page.get_by_role("heading", name="Recent changes")).to_be_visible()


def test_a_link_on_a_page_of_another_site_signs_in_for_good(visit: Callable[..., Visit], site: Site) -> None:
    """A strict cookie is not sent on a navigation that another site began, redirects included."""
    started = visit()
    with other_site(f'<a href="{site.web.sign_in_url()}">open</a>') as url:
        started.page.goto(url)
        started.page.get_by_text("open").click()
        expect(started.page.get_by_role("heading", name="Recent changes")).to_be_visible()
    started.open("/resources/agent/")
    expect(started.page.locator("#changelist")).to_be_visible()


def test_the_form_of_a_workflow_is_judged_by_the_engine(visit: Callable[..., Visit], site: Site) -> None:
    """As an apply is: the rules of each kind of task, and its expressions."""
    workflow = make_workflow(site.api)
    started = visit()
    started.sign_in()
    page = started.open(f"/resources/workflow/{workflow.metadata.id}/edit/")
    unknown = task("SET", {"variables": {"a": "${ .a | nothing }"}}, name="set")
    spec = workflow_spec(task("WAIT", {"seconds": 0}), unknown)
    page.locator("textarea[name=spec]").fill(json.dumps(spec))
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("spec.tasks[0].task_config.seconds")).to_be_visible()
    expect(page.get_by_text("nothing/0 is not defined")).to_be_visible()


def test_a_form_on_a_page_of_another_site_changes_nothing(visit: Callable[..., Visit], site: Site) -> None:
    started = visit()
    started.sign_in()
    form = f'<form method="post" action="{site.web.named_url}/logout/"><button>go</button></form>'
    with other_site(form) as url:
        started.page.goto(url)
        started.page.get_by_role("button").click()
        expect(started.page.get_by_text("own pages")).to_be_visible()
    started.open("/")
    expect(started.page.get_by_role("heading", name="Recent changes")).to_be_visible()


def test_a_page_of_another_site_cannot_frame_it(visit: Callable[..., Visit], site: Site) -> None:
    started = visit()
    started.sign_in()
    with other_site(f'<iframe src="{site.web.named_url}/"></iframe>') as url:
        started.page.goto(url)
        started.page.wait_for_load_state("networkidle")
        assert any("frame-ancestors" in complaint for complaint in started.complaints)


@LOOKS
def test_every_page_fits_and_keeps_to_the_content_policy(
    visit: Callable[..., Visit], site: Site, size: dict[str, int], theme: str
) -> None:
    agent, workflow = make_agent(site.api, tags=["support"]), make_workflow(site.api)
    started = visit(size, theme)
    started.sign_in()
    paths = ["/", "/resources/revision/", "/login/"]
    paths += [
        f"/resources/{kind}/" for kind in ("agent", "agentinstance", "workflow", "workflowinstance", "organization")
    ]
    paths += [f"/resources/agent/{agent.metadata.id}/{page}/" for page in ("change", "edit", "history", "delete")]
    paths += [f"/resources/workflow/{workflow.metadata.id}/change/", "/resources/agent/add/"]
    for path in paths:
        page = started.open(path)
        too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert too_wide <= 0, path
        assert page.title().endswith("Stigmer"), path
    assert started.complaints == []


def test_a_list_leads_to_a_resource_and_on_to_its_instances_and_back(visit: Callable[..., Visit], site: Site) -> None:
    agent = make_agent(site.api, unique("linked"))
    started = visit()
    page = started.sign_in()
    page.locator('#nav-sidebar a[href="/resources/agent/"]').click()
    page.get_by_placeholder("Name, slug or id").fill(agent.metadata.slug)
    page.keyboard.press("Enter")
    page.get_by_role("link", name=agent.metadata.name).click()
    definition = page.get_by_role("region", name="Definition")
    expect(definition).to_contain_text("instructions: Sort incoming tickets")
    page.get_by_role("link", name=f"{agent.metadata.slug}-default").click()
    page.get_by_role("link", name=agent.metadata.name, exact=True).click()
    page.get_by_role("link", name="Revision 1: all revisions").click()
    expect(page.get_by_text("instructions: Sort incoming tickets by urgency.")).to_be_visible()
    assert started.complaints == []


def test_a_person_changes_an_agent_is_corrected_and_sees_the_new_revision(
    visit: Callable[..., Visit], site: Site
) -> None:
    agent = make_agent(site.api, unique("edited"))
    started = visit()
    started.sign_in()
    page = started.open(f"/resources/agent/{agent.metadata.id}/change/")
    page.get_by_role("link", name="Edit", exact=True).click()
    page.locator("textarea[name=spec]").fill("description: Sorts.\ninstructions: short\n")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("line 2: spec.instructions:")).to_be_visible()
    page.locator("textarea[name=spec]").fill("description: Sorts.\ninstructions: Sort them by the date they came.\n")
    page.get_by_label("Version message").fill("Dates are fairer.")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was changed successfully")).to_be_visible()
    page.get_by_role("link", name="Revision 2: all revisions").click()
    expect(page.get_by_text("Dates are fairer.")).to_be_visible()
    stored = site.api.of("Agent").get(agent.metadata.id)
    assert stored.spec.instructions == "Sort them by the date they came."
    assert started.complaints == []


def test_a_person_deletes_an_agent(visit: Callable[..., Visit], site: Site) -> None:
    agent = make_agent(site.api, unique("deleted"))
    started = visit()
    started.sign_in()
    page = started.open(f"/resources/agent/{agent.metadata.id}/change/")
    expect(page.get_by_role("link", name="Delete agent")).to_be_hidden()
    page.get_by_label("More").click()
    page.get_by_role("link", name="Delete agent").click()
    page.get_by_role("button", name=re.compile("Yes|Delete")).click()
    expect(page.get_by_text("was deleted successfully")).to_be_visible()
    assert started.complaints == []


def test_a_list_changes_under_a_persons_eyes_and_they_change_several(visit: Callable[..., Visit], site: Site) -> None:
    word = unique("several")
    agents = [make_agent(site.api, f"{word}-{number}").metadata for number in range(4)]
    api = site.api.of("Agent")
    started = visit()
    started.sign_in()
    page = started.open(f"/resources/agent/?q={word}")
    boxes = {agent.id: page.locator(f"input.action-select[value={agent.id}]") for agent in agents}
    boxes[agents[0].id].check()
    # Without a reload: one is tagged, one deleted, one made.
    page.evaluate("window.sameDocument = true")
    tagged = api.get(agents[0].id)
    tagged.metadata.tags.append("tagged-elsewhere")
    api.update(tagged)
    expect(page.get_by_text("tagged-elsewhere")).to_be_visible()
    api.delete(agents[3].id)
    expect(page.locator("tr.is-gone")).to_contain_text(agents[3].name)
    expect(boxes[agents[3].id]).to_be_disabled()
    make_agent(site.api, f"{word}-new")
    expect(page.get_by_role("link", name="1 new agent")).to_be_visible()
    expect(boxes[agents[0].id]).to_be_checked()
    assert page.evaluate("window.sameDocument")
    # What is done with several is said first.
    boxes[agents[1].id].check()
    expect(page.get_by_text("2 of 4 selected")).to_be_visible()
    page.get_by_text("Label", exact=True).first.click()
    page.get_by_label("Label to set").fill("team=core")
    page.get_by_role("button", name="Set it on those that are ticked").click()
    page.get_by_role("button", name="Label 2 agents").click()
    expect(page.get_by_text("2 agents are labelled.")).to_be_visible()
    expect(page.get_by_text("team=core")).to_have_count(2)
    for agent in agents[:2]:
        boxes[agent.id].check()
    page.get_by_text("More", exact=True).click()
    page.get_by_role("button", name="Delete those that are ticked").click()
    expect(page.get_by_text("What belongs to them goes, too: 2 agent instances.")).to_be_visible()
    page.get_by_role("button", name="Delete 2 agents").click()
    expect(page.get_by_text("2 agents are deleted.")).to_be_visible()
    expect(page.locator("input.action-select")).to_have_count(2)
    assert started.complaints == []


def test_moments_are_told_in_the_zone_of_who_points_at_them(visit: Callable[..., Visit], site: Site) -> None:
    word = unique("moment")
    make_agent(site.api, word)
    started = visit()
    started.sign_in()
    time = started.open(f"/resources/agent/?q={word}").locator("#result_list time").first
    expect(time).to_have_attribute("title", re.compile("UTC$"))
    utc = time.get_attribute("title")
    time.hover()
    expect(time).to_have_attribute("title", re.compile(r"[AP]M .+|\d\d:\d\d:\d\d .+"))
    assert time.get_attribute("title") != utc
    started.page.mouse.move(0, 0)
    expect(time).to_have_attribute("title", str(utc))


def test_the_quick_search_finds_a_resource_of_any_kind(visit: Callable[..., Visit], site: Site) -> None:
    workflow = make_workflow(site.api, unique("findable"))
    started = visit()
    page = started.sign_in()
    page.keyboard.press("Control+k")
    page.locator("#search-input-command").press_sequentially(workflow.metadata.slug)
    page.locator("#command-results").get_by_text(workflow.metadata.name).first.click()
    page.wait_for_url(f"**/resources/workflow/{workflow.metadata.id}/change/")
    assert started.complaints == []


def test_the_sidebar_opens_and_closes_on_a_narrow_screen(visit: Callable[..., Visit]) -> None:
    started = visit(NARROW)
    page = started.sign_in()
    workflows = page.locator('#nav-sidebar a[href="/resources/workflow/"]')
    expect(workflows).not_to_be_in_viewport()
    page.get_by_text("dock_to_right").last.click()
    workflows.click()
    expect(page).to_have_url(re.compile("/resources/workflow/"))
    assert started.complaints == []


def test_the_home_page_keeps_up_and_takes_nothing_from_who_uses_it(visit: Callable[..., Visit], site: Site) -> None:
    started = visit()
    page = started.sign_in()
    first = make_agent(site.api, unique("newcomer")).metadata.slug
    expect(page.get_by_role("link", name=first, exact=True)).to_be_visible()
    page.get_by_role("link", name=first, exact=True).focus()
    second = make_agent(site.api, unique("newcomer")).metadata.slug
    for _ in range(2):  # the answer to the second look comes after what the first one did
        with page.expect_response(lambda response: "/overview/" in response.url and second in response.text()):
            pass
    expect(page.get_by_role("link", name=second, exact=True)).to_have_count(0)
    expect(page.get_by_role("link", name=first, exact=True)).to_be_focused()
    page.locator(":focus").blur()
    expect(page.get_by_role("link", name=second, exact=True)).to_be_visible()
    assert started.complaints == []


def test_signing_out_ends_at_the_explaining_page(visit: Callable[..., Visit]) -> None:
    started = visit()
    page = started.sign_in()
    page.get_by_text("local", exact=True).last.click()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
    started.open("/")
    expect(page.get_by_role("heading", name="You are not signed in")).to_be_visible()


@contextmanager
def other_site(body: str) -> Iterator[str]:
    """A page of another site: by another name of this machine, which makes it cross-site for browsers."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the standard library's name
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(f"<!DOCTYPE html><title>other</title>{body}".encode())

        def log_message(self, *args: object) -> None: ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}/"
        server.shutdown()


def test_all_of_a_long_run_is_on_paper(visit: Callable[..., Visit], site: Site) -> None:
    with RunWriter(site.web.data_dir) as writer:
        run = writer.store("AgentExecution", unique("long"))
        writer.claim(run)
        for number in range(60):
            text = f"Line {number}. " * 40
            writer.append(run, ("message", {"index": number, "type": "AI", "content": text, "metadata": {}}))
        writer.finish(run, "COMPLETED")
    started = visit(theme="dark")
    started.sign_in()
    page = started.open(f"/resources/agentexecution/{run}/change/")
    expect(page.locator(".run-message")).to_have_count(60)
    drawn = "all => all.filter(each => each.firstElementChild.checkVisibility({contentVisibilityAuto: true})).length"
    assert page.locator(".run-message").evaluate_all(drawn) < 60, "the screen draws what it shows"
    page.emulate_media(media="print")
    assert page.locator(".run-message").evaluate_all(drawn) == 60
    expect(page.get_by_role("navigation")).to_have_count(0)
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light", "paper is"
    assert started.complaints == []
