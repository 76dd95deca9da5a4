"""When something is wrong, the page says what it means for the person and what helps."""

from __future__ import annotations

import sqlite3

import pytest
from django.db import OperationalError, ProgrammingError
from django.test import Client

from apps.resources.admin.links import change_url, edit_url
from apps.resources.registry import BY_NAME
from apps.resources.storage_errors import StorageError, StorageFull
from apps.resources.writes import actions
from stigmer_site.error_pages import STORAGE_TROUBLES
from tests.web.stored import form_of, store

AGENT = BY_NAME["Agent"]


def fail_with(error: Exception) -> object:
    def fail(*args: object, **options: object) -> None:
        raise error

    return fail


def said_by_sqlite(name: str) -> OperationalError:
    """As Django hands on what SQLite said."""
    error, cause = OperationalError(f"details of {name}"), sqlite3.OperationalError(f"details of {name}")
    cause.sqlite_errorname = name
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (OperationalError("no such table: resources_agent"), 503, "The database is not ready"),
        (OperationalError("no such column: resources_agent.phase"), 503, "The database is not ready"),
        (ProgrammingError('relation "resources_agent" does not exist'), 503, "The database is not ready"),
        (said_by_sqlite("SQLITE_CANTOPEN"), 503, "The database cannot be written"),
        (said_by_sqlite("SQLITE_FULL"), 507, "The disk is full"),
        (said_by_sqlite("SQLITE_BUSY"), 503, "The database is busy"),
        (said_by_sqlite("SQLITE_READONLY"), 503, "The database cannot be written"),
        (said_by_sqlite("SQLITE_CORRUPT_INDEX"), 503, "is damaged or is no database at all. Stop the daemon, move"),
        (said_by_sqlite("SQLITE_MISUSE"), 500, "Something went wrong"),
        (ValueError("database or disk is full"), 500, "Something went wrong"),
    ],
)
def test_trouble_with_the_database_is_named(
    client: Client, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, said: str
) -> None:
    monkeypatch.setattr("stigmer_site.overview.recent_changes", fail_with(error))
    client.raise_request_exception = False
    answer = client.get("/")
    assert answer.status_code == status
    assert said in answer.content.decode()
    assert str(error) not in answer.content.decode()


@pytest.mark.parametrize(("is_cloud", "command"), [(False, "stigmer server restart"), (True, "stigmer serve migrate")])
def test_who_makes_the_tables_is_named(
    client: Client, monkeypatch: pytest.MonkeyPatch, is_cloud: bool, command: str
) -> None:
    monkeypatch.setattr("stigmer_site.overview.recent_changes", fail_with(OperationalError("no such table: t")))
    monkeypatch.setattr("django.conf.settings.CLOUD", is_cloud)
    client.raise_request_exception = False
    assert command in client.get("/").content.decode()


def test_a_write_that_finds_the_disk_full_keeps_what_was_typed(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    row = store("Agent", "unlucky")
    monkeypatch.setattr(actions, "update", fail_with(StorageFull()))
    url = edit_url(AGENT, row.pk)
    typed = {**form_of(client.get(url)), "spec": "instructions: A long text that nobody wants to type twice."}
    answer = client.post(url, typed)
    (error,) = answer.context["adminform"].form.errors["__all__"]
    assert "disk" in error
    assert answer.context["adminform"].form["spec"].value() == typed["spec"]


def test_a_deletion_that_is_refused_says_why_on_the_page_of_the_resource(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = store("Agent", "stays")
    monkeypatch.setattr(actions, "delete", fail_with(StorageFull()))
    answer = client.post(f"/resources/agent/{row.pk}/delete/", {"post": "yes"}, follow=True)
    assert answer.redirect_chain == [(change_url(AGENT, row.pk), 302)]
    assert "disk" in answer.content.decode()


@pytest.mark.parametrize("path", ["/nothing/here", "/resources/nothing/", "/static/nothing.css"])
def test_an_address_without_a_page_leads_home(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "Nothing here" in answer.content.decode()
    assert 'href="/"' in answer.content.decode()


def test_where_nothing_is_there_are_the_ways_on_of_every_page(client: Client, visitor: Client) -> None:
    page = client.get("/nothing/here")
    assert page.status_code == 404
    for path in ("/resources/agent/", "/resources/workflow/"):
        assert f'href="{path}"' in page.content.decode()
    visitor.logout()
    assert "/resources/agent/" not in visitor.get("/static/nothing.css").content.decode()


def test_where_nothing_is_and_no_database_either_the_page_is_plain(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stigmer_site.error_pages.admin.site.each_context", fail_with(OperationalError("locked")))
    page = client.get("/nothing/here")
    assert page.status_code == 404
    assert "Nothing here" in page.content.decode()
    assert "/resources/agent/" not in page.content.decode()


def test_a_body_that_is_too_large_is_refused(client: Client) -> None:
    answer = client.post("/resources/agent/add/", {"spec": "x" * (11 * 1024 * 1024)})
    assert answer.status_code == 400
    assert "That did not work" in answer.content.decode()


def test_every_trouble_of_the_database_has_a_page() -> None:
    assert set(STORAGE_TROUBLES) == set(StorageError.__subclasses__())
