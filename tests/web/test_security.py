"""Loopback is not a wall: what other pages, other names and other origins may not do."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from django.conf import LazySettings
from django.test import Client

from stigmer_site.middleware import HEADERS
from tests.web.conftest import HOST

OWN = f"http://{HOST}"


@pytest.mark.parametrize("host", ["127.0.0.1:8234", "127.0.0.1", "localhost:9999", "LOCALHOST", "[::1]:8234", "[::1]"])
def test_a_loopback_name_is_answered_with_any_port(visitor: Client, host: str) -> None:
    assert visitor.get("/login/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example:8234",
        "192.168.0.7:8234",
        "0.0.0.0",
        "[::2]",
        "",
        "localhost:8234@evil.example",
        "xlocalhost",
    ],
)
@pytest.mark.parametrize("path", ["/login/", "/static/stigmer/logo.svg", "/sign-in/?token=t"])
def test_any_other_name_is_refused_before_anything_else(visitor: Client, host: str, path: str) -> None:
    answer = visitor.get(path, headers={"Host": host})
    assert answer.status_code == 421
    assert b"<" not in answer.content


@pytest.mark.parametrize("path", ["/login/", "/nothing/here", "/static/stigmer/logo.svg", "/sign-in/?token=wrong"])
def test_every_answer_carries_the_security_headers(visitor: Client, path: str) -> None:
    headers = headers_of(visitor, path)
    assert {name: headers.get(name) for name in HEADERS} == HEADERS
    assert "Access-Control-Allow-Origin" not in headers


def test_the_content_policy_allows_only_our_own_files(visitor: Client) -> None:
    policy = dict(part.split(" ", 1) for part in visitor.get("/login/").headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["style-src"] == "'self'"
    assert policy["script-src"] == "'self' 'unsafe-eval'"
    assert not any("*" in sources or "http" in sources for sources in policy.values())


def test_pages_are_never_kept_and_static_files_may_be(client: Client) -> None:
    for path in ("/", "/resources/agent/", "/login/", "/nothing/here"):
        assert "no-store" in headers_of(client, path)["Cache-Control"]
    assert "max-age" in headers_of(client, "/static/stigmer/stigmer.css")["Cache-Control"]


REFUSED = [
    {"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "http://evil.example", "Sec-Fetch-Site": ""},
    {"Origin": "null", "Sec-Fetch-Site": "same-origin"},
    {"Origin": "http://127.0.0.1:3000", "Sec-Fetch-Site": "same-site"},
    {"Origin": "https://127.0.0.1:8234", "Sec-Fetch-Site": "same-origin"},
    {"Origin": OWN, "Sec-Fetch-Site": "cross-site"},
    {"Origin": OWN, "Sec-Fetch-Site": "none"},
]


@pytest.mark.parametrize("sent", REFUSED)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_an_unsafe_request_of_another_origin_is_refused(client: Client, method: str, sent: dict[str, str]) -> None:
    answer = client.generic(method, "/logout/", headers=sent)
    assert answer.status_code == 403
    assert b"own pages" in answer.content
    assert client.get("/").status_code == 200, "still signed in"


def test_an_unsafe_request_that_says_nothing_about_its_origin_is_refused(client: Client) -> None:
    silent = Client(headers={"Host": HOST})
    silent.cookies = client.cookies
    assert silent.post("/logout/").status_code == 403
    assert client.get("/").status_code == 200, "still signed in"


@pytest.mark.parametrize("sent", [{"Origin": OWN}, {"Sec-Fetch-Site": "same-origin"}])
def test_one_proof_is_enough_for_browsers_that_send_only_one(client: Client, sent: dict[str, str]) -> None:
    browser = Client(headers={"Host": HOST, **sent})
    browser.cookies = client.cookies
    assert browser.post("/logout/").status_code == 200


def test_an_unsafe_request_of_our_own_origin_still_needs_the_token_of_a_form(client: Client) -> None:
    strict = Client(enforce_csrf_checks=True, headers={"Host": HOST, "Origin": OWN, "Sec-Fetch-Site": "same-origin"})
    strict.cookies = client.cookies
    answer = strict.post("/logout/")
    assert answer.status_code == 403
    assert b"This form is too old" in answer.content


def test_cookies_are_strict_and_out_of_reach_of_scripts(settings: LazySettings) -> None:
    assert settings.SESSION_COOKIE_SAMESITE == settings.CSRF_COOKIE_SAMESITE == "Strict"
    assert settings.SESSION_COOKIE_HTTPONLY
    assert settings.CSRF_COOKIE_HTTPONLY
    assert not settings.DEBUG


def test_an_error_page_tells_nothing_about_the_program(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object) -> None:
        raise RuntimeError("a secret of the program")

    monkeypatch.setattr("stigmer_site.overview.recent_changes", fail)
    client.raise_request_exception = False
    answer = client.get("/")
    assert answer.status_code == 500
    assert b"Something went wrong" in answer.content
    assert b"secret" not in answer.content


def headers_of(client: Client, path: str) -> Mapping[str, str]:
    """Reads the answer to its end: static files are streams, and open until then."""
    answer = client.get(path)
    if answer.streaming:
        b"".join(answer)
    return answer.headers
