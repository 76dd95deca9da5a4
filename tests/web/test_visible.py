"""Pages show what their caller may see, and nothing of the rest."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db.models import Q
from django.test import Client
from django.urls import reverse

from apps.resources.admin.links import change_url, history_url, list_url
from apps.resources.base import Resource
from apps.resources.caller import LOCAL
from apps.resources.kind import Kind
from apps.resources.registry import BY_NAME, KINDS
from tests.support.machines import HandOver
from tests.web import stored

every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


def blind(hand_over: HandOver) -> None:
    """From now on, whoever asks sees nothing."""
    caller = replace(LOCAL, sight=lambda _: Q(pk=""))
    hand_over(page_caller=lambda _: caller)


def telling(client: Client, addresses: list[str], row: Resource) -> list[str]:
    """The addresses whose pages have the id of `row`; their own address does not count."""
    return [url for url in addresses if row.pk in client.get(url).content.decode().replace(f'"{url}"', "")]


@every_kind
def test_no_page_shows_a_resource_to_who_may_not_see_it(client: Client, kind: Kind, hand_over: HandOver) -> None:
    row = stored.one_of(kind, "hidden")
    # The last one, when there is nothing to see, leaves a message for the next page that says the id again.
    addresses = [
        list_url(kind),
        f"/search/?extended=1&s={row.slug}",
        history_url(kind, row.pk),
        change_url(kind, row.pk),
    ]
    assert telling(client, addresses, row) == addresses
    blind(hand_over)
    assert telling(client, addresses, row) == []


def test_revisions_are_listed_for_who_may_see_their_resource(client: Client, hand_over: HandOver) -> None:
    stored.store("Agent", "hidden")
    assert list(client.get(reverse("admin:resources_revision_changelist")).context["cl"].result_list)
    blind(hand_over)
    assert not list(client.get(reverse("admin:resources_revision_changelist")).context["cl"].result_list)


@pytest.mark.parametrize("name", ["AgentExecution", "WorkflowExecution"])
def test_the_news_of_a_run_are_for_who_may_see_it(client: Client, name: str, hand_over: HandOver) -> None:
    run = stored.store(name, "hidden")
    news = reverse(f"admin:resources_{name.lower()}_news", args=[run.pk])
    assert client.get(news).json()["changes"]
    blind(hand_over)
    assert client.get(news).status_code == 404


def test_the_turns_of_a_session_are_for_who_may_see_them(client: Client, hand_over: HandOver) -> None:
    run = stored.store("AgentExecution", "hidden")
    turns = reverse("admin:resources_session_turns", args=[run.session_id])  # type: ignore[attr-defined]  # a run has one
    assert [turn["id"] for turn in client.get(turns).json()["turns"]] == [run.pk]
    blind(hand_over)
    assert client.get(turns).json()["turns"] == []


def test_the_home_page_counts_and_names_what_one_may_see(client: Client, hand_over: HandOver) -> None:
    rows = [stored.store("Agent", "hidden"), stored.store("AgentExecution", "hidden run")]
    assert [telling(client, [reverse("admin:index")], row) for row in rows] == [[reverse("admin:index")]] * 2
    blind(hand_over)
    assert [telling(client, [reverse("admin:index")], row) for row in rows] == [[], []]
    groups = client.get(reverse("admin:index")).context["sidebar_navigation"]
    assert {item["count"] for group in groups for item in group["items"] if "count" in item} == {"0"}


def test_what_one_may_not_see_is_not_deleted_by_a_page(client: Client, hand_over: HandOver) -> None:
    agent = stored.store("Agent", "hidden")
    blind(hand_over)
    client.post(f"{change_url(BY_NAME['Agent'], agent.pk).removesuffix('change/')}delete/", {"post": "yes"})
    assert BY_NAME["Agent"].model.objects.filter(pk=agent.pk).exists()
