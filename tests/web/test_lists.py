"""Every kind can be browsed and searched, at a cost that does not grow with the table."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.resources.admin import ResourceAdmin
from apps.resources.admin.links import list_url
from apps.resources.base import Revision
from apps.resources.caller import LOCAL
from apps.resources.kind import Kind
from apps.resources.registry import EXECUTION_KINDS, KINDS
from apps.resources.writes.inventory import Ownership, apply_project
from tests.support.databases import both_databases, sqlite_only
from tests.web.stored import draft, one_of, store

pytestmark = both_databases

ALL = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
CREATABLE = pytest.mark.parametrize(
    "kind", [kind for kind in KINDS if not kind.owns_by_org], ids=lambda kind: kind.name
)


SIDE_BAR = re.compile(r"\(SELECT COUNT\(\*\) FROM \(SELECT .*? LIMIT 1001\) counted\)")
"""How many there are of each kind, as far as a thousand: one query on every page."""


def queries_of(client: Client, url: str) -> list[str]:
    """What the database was asked for a page, but for the query of the side bar."""
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(url).status_code == 200
    asked = [query["sql"] for query in captured.captured_queries]
    own = [sql for sql in asked if re.sub(SIDE_BAR, "", sql) == sql]
    assert len(own) == len(asked) - 1
    return own


@ALL
def test_every_kind_has_an_admin(kind: Kind) -> None:
    import stigmer_site.urls  # noqa: F401  # it registers them

    assert isinstance(admin.site.get_model_admin(kind.model), ResourceAdmin)


@ALL
def test_every_kind_stands_in_the_sidebar(client: Client, kind: Kind) -> None:
    page = client.get("/")
    linked = {item["link"] for group in page.context["sidebar_navigation"] for item in group["items"]}
    assert list_url(kind) in linked
    assert kind.model._meta.verbose_name_plural == kind.plural


@ALL
def test_every_kind_is_found_by_name_slug_and_id(client: Client, kind: Kind) -> None:
    row = one_of(kind, "Very Special One")
    for words in (row.name, row.slug, row.pk, row.name.upper()[:4]):
        assert row.pk in client.get(list_url(kind), {"q": words}).content.decode()
    nothing = client.get(list_url(kind), {"q": "nowhere to be found"}).content.decode()
    assert "Nothing matches" in nothing
    assert row.pk not in nothing


@ALL
def test_every_kind_is_found_by_the_quick_search(client: Client, kind: Kind) -> None:
    row = one_of(kind, "Very Special One")
    answer = client.get("/search/", {"extended": "1", "s": row.slug}).content.decode()
    assert row.pk in answer


@CREATABLE
def test_a_list_takes_as_many_queries_for_forty_rows_as_for_two(client: Client, kind: Kind) -> None:
    for number in range(2):
        one_of(kind, f"few {number}")
    few = queries_of(client, list_url(kind))
    for number in range(38):
        one_of(kind, f"many {number}")
    many = queries_of(client, list_url(kind))
    assert len(many) == len(few) <= (12 if kind in EXECUTION_KINDS else 9)
    # What is counted is counted as far as a limit.
    assert all("LIMIT" in sql for sql in many if "COUNT(" in sql)


@sqlite_only  # it reads SQLite's words for a part of a spec
@CREATABLE
def test_a_list_reads_neither_specs_nor_snapshots(client: Client, kind: Kind) -> None:
    one_of(kind, "one")
    table = kind.model._meta.db_table
    for sql in queries_of(client, list_url(kind)):
        # The database may cut a few words out of a spec; the spec as a whole is not sent.
        sent = sql.replace(f'JSON_EXTRACT("{table}"."spec"', "").replace(f'JSON_TYPE("{table}"."spec"', "")
        assert not any(f'"{table}"."{column}"' in sent for column in ("spec", "snapshot", "secrets", "status"))


def test_a_list_of_sessions_leads_to_the_agent_of_each(client: Client) -> None:
    session: Any = store("Session", "talk")
    agent = session.agent_instance.agent
    assert (
        f'href="/resources/agent/{agent.pk}/change/">{agent.name}</a>'
        in client.get("/resources/session/").content.decode()
    )


def test_nobody_can_ask_a_list_to_count_the_whole_table(client: Client) -> None:
    store("Agent", "one")
    assert not any("COUNT(" in sql for sql in queries_of(client, "/resources/agent/?_facets=True"))
    assert "Show counts" not in client.get("/resources/agent/").content.decode()


def test_the_list_of_changes_reads_no_snapshots_and_counts_nothing(client: Client) -> None:
    store("Agent", "one")
    queries = queries_of(client, "/resources/revision/")
    assert len(queries) <= 3
    assert not any("COUNT(" in sql or '"snapshot"' in sql for sql in queries)


def test_pages_lead_on_and_back_newest_first(client: Client) -> None:
    names = [f"agent-{number:03}" for number in range(60)]
    for name in names:
        store("Agent", name)
    first = client.get("/resources/agent/")
    second = client.get("/resources/agent/", {"p": "2"})
    shown = [row.slug for page in (first, second) for row in page.context["cl"].result_list]
    assert shown == names[::-1]
    assert 'rel="next"' in first.content.decode()
    assert 'rel="prev"' not in first.content.decode()
    assert 'rel="next"' not in second.content.decode()
    assert 'rel="prev"' in second.content.decode()


@pytest.mark.parametrize("page", ["99", "0", "-1", "x", "1e9"])
def test_a_page_that_does_not_exist_is_no_failure(client: Client, page: str) -> None:
    store("Agent", "one")
    assert client.get("/resources/agent/", {"p": page}, follow=True).status_code == 200


def test_a_list_can_be_sorted_by_name_and_by_last_change(client: Client) -> None:
    for name in ("middle", "alpha", "zulu"):
        store("Agent", name)
    by_name = client.get("/resources/agent/", {"o": "1"})
    assert [row.slug for row in by_name.context["cl"].result_list] == ["alpha", "middle", "zulu"]
    by_change = client.get("/resources/agent/", {"o": "-6"})
    assert [row.slug for row in by_change.context["cl"].result_list] == ["zulu", "alpha", "middle"]


def test_a_list_says_the_project_the_labels_and_the_last_run(client: Client) -> None:
    spec = {"instructions": "Sort incoming tickets by urgency."}
    apply_project([draft("Agent", "clerk", spec, labels={"team": "shop"})], Ownership("local", "<shop>"), LOCAL)
    run: Any = store("AgentExecution", "run")
    page = client.get("/resources/agent/").content.decode()
    assert re.search(r'href="/resources/project/\d+/change/">&lt;shop&gt;</a>', page)
    assert ">team=shop</span>" in page
    assert f'href="/resources/agentexecution/{run.pk}/change/">pending</a>' in page
    assert page.count("/resources/agentexecution/") == 2  # the other one is in the side bar


def test_a_list_says_by_how_many_a_resource_is_used(client: Client) -> None:
    store("Environment", "shared")
    store("Environment", "lonely")
    agent = store("Agent", "clerk").pk
    for name in ("one", "two"):
        store("AgentInstance", name, {"agent_id": agent, "environment_refs": [{"slug": "shared"}]})
    rows = client.get("/resources/environment/").context["cl"].result_list
    assert {row.slug: row.more.used for row in rows} == {"shared": 2, "lonely": 0}


def test_a_list_can_be_narrowed_to_an_organization(client: Client) -> None:
    store("Agent", "ours")
    store("Agent", "everybodys", owner_scope="platform")
    page = client.get("/resources/agent/", {"org": "local"})
    assert [row.slug for row in page.context["cl"].result_list] == ["ours"]


def test_instances_can_be_narrowed_to_their_agent(client: Client) -> None:
    agent, other = store("Agent", "mine"), store("Agent", "other")
    page = client.get("/resources/agentinstance/", {"agent": agent.pk})
    assert [row.slug for row in page.context["cl"].result_list] == ["mine-default"]
    assert other.pk not in page.content.decode()


@pytest.mark.parametrize("kind", ["agent", "agentexecution", "revision"])
@pytest.mark.parametrize("lookup", ["secrets__contains", "slug__regex", "id__gt"])
def test_an_address_cannot_search_what_no_filter_offers(client: Client, kind: str, lookup: str) -> None:
    answer = client.get(f"/resources/{kind}/", {lookup: "("})
    assert answer.status_code == 400
    assert b"could not be understood" in answer.content


def test_each_change_leads_to_its_revision_and_is_labelled_where_it_is_a_card(client: Client) -> None:
    row = store("Agent", "one")
    revision = Revision.objects.get(resource_id=row.pk)
    page = client.get("/resources/revision/").content.decode()
    assert f'<a href="/resources/revision/{revision.pk}/change/' in page
    assert 'data-label="slug"' in page.lower()
    assert "select record" not in page.lower()


def test_changes_can_be_narrowed_by_kind_and_event(client: Client) -> None:
    store("Agent", "one")
    store("Workflow", "two")
    page = client.get("/resources/revision/", {"kind": "Workflow", "event": "created"})
    assert [row.slug for row in page.context["cl"].result_list] == ["two"]
    assert Revision.objects.count() > 1


@CREATABLE
def test_an_empty_list_names_the_command_that_fills_it(client: Client, kind: Kind) -> None:
    command = admin.site.get_model_admin(kind.model).empty_command  # type: ignore[attr-defined]  # ours, see above
    page = client.get(list_url(kind)).content.decode()
    assert f"There are no {kind.plural} yet." in page
    if kind.name == "ApiKey":  # programs make them
        assert (command, "They come with" in page) == ("", False)
    else:
        assert command.startswith("stigmer ")
        assert f"{command}</code>" in page


def column_of(client: Client, url: str, title: str) -> str:
    """The address that the head of a column leads to."""
    page = client.get(url).content.decode()
    found = re.search(rf'<a href="([^"]+)">\s*{title}\s*</a>', page[page.index("<thead") : page.index("</thead>")])
    assert found, f"{title} does not sort"
    return url + found[1]


def shown(client: Client, url: str, of: list[str]) -> list[str]:
    """Those `of` the rows that a list shows, in its order. Agents bring instances of their own."""
    return [row.pk for row in client.get(url).context["cl"].result_list if row.pk in of]


@pytest.mark.parametrize("kind", ["AgentInstance", "Session"])
def test_every_head_of_a_column_that_can_sorts(client: Client, kind: str) -> None:
    card = next(each for each in KINDS if each.name == kind)
    rows = [store(kind, name).pk for name in ("bb", "aa")]
    url = list_url(card)
    for title in {"AgentInstance": ("Name", "Agent", "Last change"), "Session": ("Agent", "Last change")}[kind]:
        assert sorted(shown(client, column_of(client, url, title), rows)) == rows, title
    owner = column_of(client, url, "Agent")
    assert shown(client, owner, rows) == rows[::-1]
    assert shown(client, owner.replace("o=", "o=-"), rows) == rows
