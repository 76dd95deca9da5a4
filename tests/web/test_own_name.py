"""Visits at 127.0.0.1 go to a host name of the admin's own: cookies of 127.0.0.1 reach every port."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import LazySettings
from django.test import Client

from stigmer_site.host_name import name_of
from stigmer_site.models import local_superuser
from tests.web.conftest import LOOPBACK
from tests.web.web_unit import leave_token

VISIT = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


@pytest.mark.parametrize("host", [LOOPBACK, "localhost:9999", "[::1]:8234", "127.0.0.1", "[::1]"])
@pytest.mark.parametrize("path", ["/", "/resources/agent/?q=a%20b", "/sign-in/?token=t"])
def test_a_visit_is_sent_to_the_name_at_the_same_port(
    visitor: Client, settings: LazySettings, host: str, path: str
) -> None:
    port = host.rpartition(":")[2]
    colon = ":" if port.isdecimal() else ""
    answer = visitor.get(path, headers={"Host": host, **VISIT})
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"http://{settings.WEB_NAME}{colon}{port if colon else ''}{path}"
    assert answer.headers["Cache-Control"] == "no-store"
    assert not answer.cookies


def test_the_name_is_answered_and_no_other_one_beside_it(visitor: Client, settings: LazySettings) -> None:
    for host in (settings.WEB_NAME, f"{settings.WEB_NAME.upper()}:9999"):
        assert visitor.get("/login/", headers={"Host": host}).status_code == 200
    for host in (f"x{settings.WEB_NAME}", "stigmer-0.localhost:8234", f"{settings.WEB_NAME}.evil.example"):
        assert visitor.get("/login/", headers={"Host": host}).status_code == 421


@pytest.mark.parametrize(
    "sent",
    [
        {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"},
        {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
        {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"},
        {"Authorization": "Bearer token"},
    ],
)
def test_what_is_no_visit_is_not_told_the_name(visitor: Client, settings: LazySettings, sent: dict[str, str]) -> None:
    answer = visitor.get("/", headers={"Host": LOOPBACK, **sent})
    assert settings.WEB_NAME not in str(answer.headers) + answer.content.decode()


def test_who_does_not_find_the_name_may_stay(visitor: Client, settings: LazySettings) -> None:
    token = leave_token(Path(settings.UI_TOKEN_DIR))
    browser = Client(headers={"Host": LOOPBACK, **VISIT})
    assert browser.get(f"/sign-in/?token={token}&stay").status_code == 200
    assert browser.get("/").status_code == 200
    assert visitor.get("/").status_code == 302, "nobody is signed in elsewhere"


def test_a_program_signs_in_where_it_is(visitor: Client, settings: LazySettings) -> None:
    program = Client(headers={"Host": LOOPBACK})
    assert program.get(f"/sign-in/?token={leave_token(Path(settings.UI_TOKEN_DIR))}").status_code == 200
    assert program.get("/").status_code == 200
    del visitor


def test_a_token_is_used_up_only_where_it_signs_in(visitor: Client, settings: LazySettings) -> None:
    token = leave_token(Path(settings.UI_TOKEN_DIR))
    assert visitor.get(f"/sign-in/?token={token}", headers={"Host": LOOPBACK, **VISIT}).status_code == 302
    assert visitor.get(f"/sign-in/?token={token}").status_code == 200


def test_a_change_at_another_name_of_the_same_machine_is_refused(visitor: Client, settings: LazySettings) -> None:
    visitor.force_login(local_superuser())
    other = {"Origin": f"http://{LOOPBACK}", "Sec-Fetch-Site": "cross-site"}
    assert visitor.post("/logout/", headers=other).status_code == 403
    del settings


def test_each_installation_has_a_name_of_its_own_for_ever() -> None:
    assert name_of("one key") == name_of("one key")
    assert name_of("one key") != name_of("another key")
    assert "key" not in name_of("one key")
