"""The admin as `stigmer serve web` shows it: to whoever signs in with an API key, what that account may see."""

from __future__ import annotations

import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from http.client import HTTPResponse
from http.cookiejar import CookieJar
from typing import Any

import pytest
from google.protobuf import empty_pb2

from apps.resources.admin.links import change_url, list_url
from apps.resources.registry import BY_NAME, KINDS
from tests.cloud.units import Operator, ServedUnit
from tests.factories import make_agent
from tests.suites.client import Api, Envelope, unique
from tests.support.daemon import wait_until

NOBODY = empty_pb2.Empty()


@pytest.fixture(scope="module")
def web(operator: Operator, replicas: tuple[ServedUnit, ServedUnit]) -> Iterator[ServedUnit]:
    unit = operator.start("web").wait_until_ready()
    yield unit
    assert unit.end() == 0


class Visitor:
    """A browser, as far as this goes: cookies, redirects, and where a form comes from."""

    def __init__(self, web: ServedUnit) -> None:
        self.url = f"http://{web.endpoint}"
        self._cookies = CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._cookies))

    def visit(self, path: str, form: dict[str, str] | None = None, **headers: str) -> tuple[int, str, str]:
        """Status, path in the end, and text."""
        data = None
        if form is not None:
            token = next((each.value for each in self._cookies if each.name.startswith("stigmer_csrf")), "")
            data = urllib.parse.urlencode({**form, "csrfmiddlewaretoken": token}).encode()
            headers = {"Origin": self.url, **headers}
        request = urllib.request.Request(f"{self.url}{path}", data, headers)
        try:
            answer: Any = self._opener.open(request, timeout=60)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            found: HTTPResponse = answer
            return found.status, urllib.parse.urlsplit(found.geturl()).path, found.read().decode()

    def sign_in(self, key: str) -> tuple[int, str, str]:
        self.visit("/sign-in/")
        return self.visit("/sign-in/", {"key": key})


def pages_of(row: Envelope) -> list[str]:
    """Every page and list that could tell of a resource."""
    own = change_url(BY_NAME[row.kind], row.metadata.id)
    beside = [re.sub(r"change/$", f"{name}/", own) for name in ("history", "delete", "run")]
    lists = [list_url(kind) for kind in KINDS]
    asked = [f"{list_url(BY_NAME[row.kind])}?q=confidential", "/search/?s=confidential"]
    return ["/", "/overview/", "/resources/revision/", "/resources/project/", own, *beside, *lists, *asked]


def test_only_who_signs_in_sees_anything_and_only_what_is_theirs_to_see(
    operator: Operator, replicas: tuple[ServedUnit, ServedUnit], web: ServedUnit, key: str, org: str
) -> None:
    stranger_key = operator.run("create-admin", "stranger@example.com").stdout.strip()
    with Api(replicas[0].endpoint, key=key) as api, Api(replicas[1].endpoint, key=stranger_key) as stranger_api:
        agent = make_agent(api, unique("confidential"), org=org)
        account = stranger_api.of("IdentityAccount").query("whoAmI", NOBODY).metadata.id
        no_operator(api, account)
        nobody, jane, stranger = (Visitor(web) for _ in range(3))
        for page in pages_of(agent):
            status, path, text = nobody.visit(page)
            assert (status, path) == (200, "/sign-in/") or status == 404, page
            assert agent.metadata.slug not in text
        for wrong in ("", "sesame", "stk_" + "0" * 38):
            status, _, text = nobody.sign_in(wrong)
            assert status == 403
            assert "sesame" not in text
        assert jane.sign_in(key)[:2] == stranger.sign_in(stranger_key)[:2] == (200, "/")
        seen = [page for page in pages_of(agent) if agent.metadata.slug in jane.visit(page)[2]]
        assert change_url(BY_NAME["Agent"], agent.metadata.id) in seen
        assert len(seen) > 5
        for page in pages_of(agent):
            status, _, text = stranger.visit(page)
            assert status in {200, 404}
            assert agent.metadata.slug not in text, page
        own = change_url(BY_NAME["Agent"], agent.metadata.id)
        stranger.visit(re.sub(r"change/$", "delete/", own), {"post": "yes"})
        assert api.of("Agent").get(agent.metadata.id) == agent
        for each in stranger_api.of("ApiKey").query("findAll", NOBODY).entries:
            stranger_api.of("ApiKey").delete(each.metadata.id)
        wait_until(lambda: stranger.visit("/")[1] == "/sign-in/", "a revoked key ends its sessions")


def no_operator(api: Api, account: str) -> None:
    policies = api.of("IamPolicy")
    who, what = {"kind": "identity_account", "id": account}, {"kind": "platform", "id": "stigmer"}
    policies.command("delete", policies.request("Command", "delete", principal=who, resource=what, relation="operator"))


def test_a_run_that_a_page_starts_is_whose_page_it_is(
    replicas: tuple[ServedUnit, ServedUnit], web: ServedUnit, key: str, org: str
) -> None:
    with Api(replicas[0].endpoint, key=key) as api:
        agent = make_agent(api, unique("asked"), org=org)
        jane = Visitor(web)
        jane.sign_in(key)
        page = re.sub(r"change/$", "run/", change_url(BY_NAME["Agent"], agent.metadata.id))
        fields = dict(re.findall(r'name="(request_id)" value="([^"]*)"', jane.visit(page)[2]))
        status, path, text = jane.visit(page, {**fields, "message": "Say hello."})
        assert status == 200, text
        assert "agentexecution" in path
        run = api.of("AgentExecution").get(path.split("/")[-3])
        me = api.of("IdentityAccount").query("whoAmI", NOBODY).metadata.id
        assert run.status.audit.spec_audit.created_by.id == me


def test_other_names_and_other_origins_are_refused(web: ServedUnit) -> None:
    visitor = Visitor(web)
    assert visitor.visit("/", Host="evil.example")[0] == 421
    assert visitor.visit("/sign-in/", {"key": "x"}, Origin="http://evil.example")[0] == 403
