"""Tokens work once and for a minute; without one, a page explains what to do."""

from __future__ import annotations

import hashlib
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.test import Client

from apps.resources.storage.failures import WritesStopped
from apps.resources.storage_errors import StorageDamaged
from stigmer_site.sign_in import VALID_SECONDS, redeem
from tests.support.machines import HandOver
from tests.web.conftest import HOST
from tests.web.web_unit import leave_token


@pytest.fixture
def tokens(visitor: Client, settings: LazySettings) -> Path:
    del visitor
    return Path(settings.UI_TOKEN_DIR)


def test_a_token_signs_in_and_the_page_moves_on_to_the_admin(visitor: Client, tokens: Path) -> None:
    answer = visitor.get(f"/sign-in/?token={leave_token(tokens)}")
    assert answer.status_code == 200
    assert b'http-equiv="refresh" content="0; url=/"' in answer.content
    home = visitor.get("/")
    assert home.status_code == 200
    assert home.context["user"].is_superuser


@pytest.mark.parametrize(
    ("shown", "page"),
    [
        ("agt-01jzzzzzzzzzzzzzzzzzzzzzzz", "/resources/agent/agt-01jzzzzzzzzzzzzzzzzzzzzzzz/change/"),
        ("wex-01jzzzzzzzzzzzzzzzzzzzzzzz", "/resources/workflowexecution/wex-01jzzzzzzzzzzzzzzzzzzzzzzz/change/"),
        ("http://elsewhere.example", "/"),
        ("agt-../../../logout", "/"),
        ("cat-1", "/"),
    ],
)
def test_a_sign_in_leads_to_what_was_asked_for_and_nowhere_else(
    visitor: Client, tokens: Path, shown: str, page: str
) -> None:
    answer = visitor.get("/sign-in/", {"token": leave_token(tokens), "show": shown})
    assert f'content="0; url={page}"'.encode() in answer.content


def test_the_session_cookie_is_strict_and_http_only(visitor: Client, tokens: Path, settings: LazySettings) -> None:
    visitor.get(f"/sign-in/?token={leave_token(tokens)}")
    cookie = visitor.cookies[settings.SESSION_COOKIE_NAME]
    assert cookie["samesite"] == "Strict"
    assert cookie["httponly"]


def test_a_token_works_only_once(visitor: Client, tokens: Path) -> None:
    token = leave_token(tokens)
    visitor.get(f"/sign-in/?token={token}")
    again = Client(headers={"Host": HOST}).get(f"/sign-in/?token={token}")
    assert again.status_code == 403
    assert b"used or is too old" in again.content
    assert b"stigmer ui" in again.content


def test_a_token_is_gone_from_the_disk_once_it_was_used(visitor: Client, tokens: Path) -> None:
    visitor.get(f"/sign-in/?token={leave_token(tokens)}")
    assert list(tokens.iterdir()) == []


def test_an_old_token_is_refused_and_removed(visitor: Client, tokens: Path) -> None:
    token = leave_token(tokens)
    old = time.time() - VALID_SECONDS - 2
    os.utime(tokens / hashlib.sha256(token.encode()).hexdigest(), (old, old))
    assert visitor.get(f"/sign-in/?token={token}").status_code == 403
    assert list(tokens.iterdir()) == []
    assert visitor.get("/").status_code == 302


def test_a_damaged_database_takes_no_session(visitor: Client, tokens: Path, hand_over: HandOver) -> None:
    def refuse() -> None:
        raise WritesStopped

    hand_over(refuse_writes=refuse, damaged=lambda: StorageDamaged(Path("stigmer.db"), None))
    visitor.raise_request_exception = False
    answer = visitor.get(f"/sign-in/?token={leave_token(tokens)}")
    assert (answer.status_code, "The database is damaged" in answer.text) == (503, True)
    assert not User.objects.exists()


def test_a_token_of_the_future_is_refused(tmp_path: Path) -> None:
    assert not redeem(tmp_path, leave_token(tmp_path), now=time.time() - 30)


@pytest.mark.parametrize("token", ["unknown", "..%2f..%2fstate.json", "a" * 5000, "%F0%9F%94%91"])
def test_what_is_no_token_of_ours_is_refused(visitor: Client, tokens: Path, token: str) -> None:
    leave_token(tokens)
    assert visitor.get(f"/sign-in/?token={token}").status_code in {302, 403}
    assert visitor.get("/").status_code == 302
    assert len(list(tokens.iterdir())) == 1


def test_the_name_of_the_file_is_no_token(visitor: Client, tokens: Path) -> None:
    leave_token(tokens)
    (name,) = (path.name for path in tokens.iterdir())
    assert visitor.get(f"/sign-in/?token={name}").status_code == 403


def test_looking_without_getting_does_not_use_a_token_up(visitor: Client, tokens: Path) -> None:
    token = leave_token(tokens)
    assert visitor.head(f"/sign-in/?token={token}").status_code == 405
    assert visitor.get(f"/sign-in/?token={token}").status_code == 200


def test_of_many_uses_at_once_one_wins(tmp_path: Path) -> None:
    for _ in range(20):
        token = leave_token(tmp_path)
        with ThreadPoolExecutor(8) as pool:
            won = list(pool.map(lambda _, token=token: redeem(tmp_path, token, now=time.time()), range(8)))
        assert won.count(True) == 1


def test_the_local_superuser_is_one_and_has_no_password(visitor: Client, tokens: Path) -> None:
    for _ in range(2):
        visitor.get(f"/sign-in/?token={leave_token(tokens)}")
    user = User.objects.get()
    assert user.is_superuser
    assert not user.has_usable_password()


@pytest.mark.parametrize("path", ["/", "/resources/agent/", "/resources/agent/agt-1/change/", "/nothing"])
def test_a_bare_visit_is_led_to_the_explaining_page(visitor: Client, path: str) -> None:
    answer = visitor.get(path, follow=True)
    assert b"stigmer ui" in answer.content
    assert b"<form" not in answer.content
    assert b"password" in answer.content, "it says that there is none"


def test_there_is_no_password_to_try(visitor: Client) -> None:
    answer = visitor.post("/login/", {"username": "local", "password": "guess"})
    assert b"You are not signed in" in answer.content
    assert visitor.get("/").status_code == 302


def test_getting_the_address_of_signing_out_changes_nothing(client: Client, settings: LazySettings) -> None:
    answer = client.get("/logout/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert settings.SESSION_COOKIE_NAME not in answer.cookies
    assert client.get("/").status_code == 200, "still signed in"


def test_signing_out_ends_the_session(client: Client) -> None:
    assert b"You are signed out" in client.post("/logout/").content
    assert client.get("/").status_code == 302


def test_nobody_can_change_a_password_that_does_not_exist(client: Client) -> None:
    assert client.get("/password_change/").status_code == 404
