"""A real Chromium, and a visit to the site with it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright

if TYPE_CHECKING:
    from tests.web.conftest import Site

WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
# A page may take long where others use the machine, too.
DEADLINE_MILLISECONDS = 60_000


def start_browser() -> Iterator[Browser]:
    """For a fixture of one module: while it runs, Django takes this thread for an asynchronous one."""
    path = os.environ.get("STIGMER_TEST_CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUMS)), None)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@dataclass
class Visit:
    """A page whose complaints are collected: content policy, script errors, missing files, requests to elsewhere."""

    page: Page
    site: Site
    complaints: list[str] = field(default_factory=list)

    def sign_in(self) -> Page:
        self.page.goto(self.site.web.sign_in_url())
        self.page.wait_for_url(f"{self.site.web.named_url}/")
        return self.page

    def open(self, path: str) -> Page:
        self.page.goto(f"{self.site.web.named_url}{path}")
        # The theme takes this off when its scripts have run.
        self.page.wait_for_function("!document.documentElement.hasAttribute('x-cloak')")
        return self.page

    def watch(self, request: Request) -> None:
        if not request.url.startswith((self.site.web.url, self.site.web.named_url, "data:")):
            self.complaints.append(f"{self.page.url}: asks {request.url}")

    def hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{self.page.url}: {message.text}")


def visits(browser: Browser, site: Site) -> Iterator[Callable[..., Visit]]:
    """For a fixture: starts visits, each in a browser context of its own, and ends them."""
    contexts = []
    expect.set_options(timeout=DEADLINE_MILLISECONDS)

    def start(size: dict[str, int] = WIDE, theme: str = "light") -> Visit:
        context = browser.new_context(viewport=size, color_scheme=theme)  # type: ignore[arg-type]  # literals of its own
        context.set_default_timeout(DEADLINE_MILLISECONDS)
        contexts.append(context)
        started = Visit(context.new_page(), site)
        started.page.on("console", started.hear)
        started.page.on("request", started.watch)
        started.page.on("pageerror", lambda error: started.complaints.append(f"{started.page.url}: {error}"))
        return started

    yield start
    for context in contexts:
        context.close()
