"""Addresses that nobody gets by clicking: with the character NUL, which no database is asked for."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client

from apps.resources.admin.links import list_url
from apps.resources.kind import Kind
from apps.resources.registry import KINDS
from tests.support.databases import both_databases

pytestmark = both_databases

PLACES = ("?q={}", "?org={}", "{}/", "{}/change/", "{}/history/", "{}/delete/")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_nul_in_an_address_is_refused(client: Client, kind: Kind) -> None:
    for place in PLACES:
        answer = client.get(f"{list_url(kind)}{place.format('a%00b')}")
        assert (answer.status_code, "NUL" in answer.text) == (400, True), place


def test_nul_in_a_cookie_is_refused(client: Client) -> None:
    client.cookies[settings.SESSION_COOKIE_NAME] = "a\0b"
    answer = client.get("/")
    assert answer.status_code == 400
    assert "NUL" in answer.text
