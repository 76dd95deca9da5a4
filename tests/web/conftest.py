"""The admin in two ways: Django's test client on a database of its own, and the real units in real processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import LazySettings, settings
from django.test import Client
from playwright.sync_api import Browser

from apps.resources.writes import actions
from stigmer_site.models import local_superuser
from tests.suites.api_unit import ApiUnit
from tests.suites.client import Api
from tests.web.browsing import Visit, start_browser, visits
from tests.web.web_unit import WebUnit

HOST = f"{settings.WEB_NAME}:8234"
LOOPBACK = "127.0.0.1:8234"
OWN_PAGE = {"Origin": f"http://{HOST}", "Sec-Fetch-Site": "same-origin"}


@pytest.fixture(autouse=True)
def counted_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """The side bar remembers its counts for some seconds, here for none."""
    monkeypatch.setattr("stigmer_site.navigation.COUNTS.seconds", 0.0)


@pytest.fixture
def visitor(db: None, settings: LazySettings, tmp_path: Path) -> Client:
    """A browser without a session, on this server's own pages."""
    del db
    settings.UI_TOKEN_DIR = tmp_path / "ui"
    settings.STATE_FILE = tmp_path / "state.json"
    return Client(SERVER_NAME=settings.WEB_NAME, SERVER_PORT="8234", headers={"Host": HOST, **OWN_PAGE})


@pytest.fixture
def client(visitor: Client) -> Client:
    """Signed in, with the organization that the first start makes."""
    actions.ensure_organization("local", "The organization of this machine")
    visitor.force_login(local_superuser())
    return visitor


@dataclass(frozen=True)
class Site:
    """Both units on the same data."""

    api: Api
    web: WebUnit


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home = tmp_path_factory.mktemp("site")
    with ApiUnit(home) as api_unit:
        api_unit.wait_until_ready()
        env = {"STIGMER_SERVER_ADDR": api_unit.endpoint}
        with WebUnit(home, env=env) as web, Api(api_unit.endpoint) as api:
            web.wait_until_ready()
            yield Site(api, web)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    yield from start_browser()


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator[Callable[..., Visit]]:
    yield from visits(browser, site)
