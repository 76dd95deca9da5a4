"""One resource: its spec as YAML, what it belongs to, and every version it ever had."""

from __future__ import annotations

import html
import re

import pytest
from django.test import Client

from apps.resources.admin.links import change_url, edit_url, history_url, list_url
from apps.resources.base import Resource, Revision
from apps.resources.caller import LOCAL
from apps.resources.executions.kind import ExecutionKind
from apps.resources.json_value import Json
from apps.resources.kind import Kind
from apps.resources.registry import BY_NAME, KINDS
from apps.resources.writes import actions
from apps.shared.annotations import INPUT_SCHEMA
from tests.web.stored import form_of, one_of, store

ALL = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
AGENT, INSTANCE, ORGANIZATION = BY_NAME["Agent"], BY_NAME["AgentInstance"], BY_NAME["Organization"]
SECRET = "sk-canary-5d41402abc4b2a76"


@ALL
def test_every_kind_shows_spec_status_and_audit(client: Client, kind: Kind) -> None:
    row = one_of(kind, "Seen One")
    page = client.get(change_url(kind, row.pk)).content.decode()
    observed = ["data-news="] if isinstance(kind, ExecutionKind) else ["Observed"] if row.status else []
    for text in (row.name, row.pk, row.version_id, row.created_by, *observed, f"{row.created_at:%Y-%m-%d %H:%M}"):
        assert text in page


@ALL
def test_every_kind_shows_its_revisions(client: Client, kind: Kind) -> None:
    row = one_of(kind, "Seen One")
    page = client.get(history_url(kind, row.pk)).content.decode()
    assert "Revision 1" in page
    assert row.version_id in page


def test_a_spec_is_yaml_with_text_of_several_lines_as_blocks(client: Client) -> None:
    row = store("Agent", "poet", {"description": "Writes.", "instructions": "Write a line.\nThen another one.\n"})
    spec = form_of(client.get(edit_url(AGENT, row.pk)))["spec"]
    assert spec == "description: Writes.\ninstructions: |\n  Write a line.\n  Then another one.\n"


def test_secrets_are_masked_on_every_page(client: Client) -> None:
    value = {"value": SECRET, "is_secret": True, "description": "To sign in."}
    row = store("Agent", "keeper", {"instructions": "Keep what you know.", "env_spec": {"data": {"TOKEN": value}}})
    revision = Revision.objects.get(resource_id=row.pk)
    pages = [change_url(AGENT, row.pk), history_url(AGENT, row.pk), f"/resources/revision/{revision.pk}/change/"]
    for path in [*pages, "/", list_url(AGENT), "/resources/revision/"]:
        assert SECRET not in client.get(path).content.decode(), path
    assert "********" in form_of(client.get(edit_url(AGENT, row.pk)))["spec"]


def test_agent_and_instance_link_to_each_other(client: Client) -> None:
    agent = store("Agent", "parent")
    instance = INSTANCE.model.objects.get(slug="parent-default")
    there = client.get(change_url(AGENT, agent.pk)).content.decode()
    assert change_url(INSTANCE, instance.pk) in there
    assert list_url(INSTANCE, agent=agent.pk) in there
    assert change_url(AGENT, agent.pk) in client.get(change_url(INSTANCE, instance.pk)).content.decode()
    assert change_url(AGENT, agent.pk) in client.get(list_url(INSTANCE)).content.decode()


def test_an_organization_counts_what_it_owns_and_links_to_it(client: Client) -> None:
    for name in ("one", "two", "three"):
        store("Agent", name)
    store("Workflow", "flow")
    row = ORGANIZATION.model.objects.get(slug="local")
    page = client.get(change_url(ORGANIZATION, row.pk))
    counts = {relation.title: (relation.count, relation.url) for relation in page.context["relations"]}
    assert counts["Agents"] == ("3", list_url(AGENT, org="local"))
    assert counts["Workflows"] == ("1", list_url(BY_NAME["Workflow"], org="local"))
    assert counts["Agent instances"][0] == "3"
    assert len(counts) == len(KINDS) - 1


def test_revisions_show_who_changed_what_and_why(client: Client) -> None:
    store("Agent", "changing", {"instructions": "Do it like this."}, labels={"b": "1", "a": "2"})
    row = store("Agent", "changing", {"instructions": "Do it like that."}, version={"message": "Another way."})
    newest, oldest = client.get(history_url(AGENT, row.pk)).context["entries"]
    assert '<span class="removed">-  instructions: Do it like this.</span>' in newest.difference
    assert '<span class="added">+  instructions: Do it like that.</span>' in newest.difference
    assert (newest.revision.message, newest.revision.actor, newest.revision.event) == (
        "Another way.",
        "local",
        "updated",
    )
    assert (oldest.removed, oldest.revision.event) == (0, "created")
    assert oldest.snapshot.index("a: '2'") < oldest.snapshot.index("b: '1'"), "maps have an order"


def test_a_revision_tells_which_secret_is_another_one_and_not_what_it_is(client: Client) -> None:
    def keep(secret: str, **also: Json) -> Resource:
        data = {"TOKEN": {"value": secret, "is_secret": True}, "OTHER": {"value": "stays", "is_secret": True}, **also}
        return store("Environment", "kept", {"data": data})

    keep("first-canary")
    keep("second-canary")
    row = keep("second-canary", MORE={"value": "1"})
    kind = BY_NAME["Environment"]
    more, rotated, first = client.get(history_url(kind, row.pk)).context["entries"]
    assert (more.secrets, rotated.secrets, first.secrets) == ([], ['spec.data["TOKEN"]'], [])
    for url in (history_url(kind, row.pk), f"/resources/revision/{rotated.revision.pk}/change/"):
        page = client.get(url).content.decode()
        assert "Another value of the secret" in page
        assert "TOKEN" in page
        assert "canary" not in page


def test_revisions_come_in_pages_and_none_is_left_out(client: Client) -> None:
    for number in range(45):
        row = store("Agent", "busy", {"instructions": f"Do it {number} times over."})
    url, seen = history_url(AGENT, row.pk), []
    while url:
        page = client.get(url)
        seen += [entry.revision.number for entry in page.context["entries"]]
        assert all(entry.added == 1 == entry.removed for entry in page.context["entries"] if entry.revision.number > 1)
        url = (
            f"{history_url(AGENT, row.pk)}?before={page.context['next_before']}" if page.context["next_before"] else ""
        )
    assert seen == list(range(45, 0, -1))


def test_revisions_outlive_the_resource(client: Client) -> None:
    row = store("Agent", "gone")
    actions.delete(AGENT, row.pk, LOCAL)
    page = client.get(history_url(AGENT, row.pk)).content.decode()
    assert "Deleted; its revisions are kept." in page
    assert "As it was then" in page
    revision = Revision.objects.filter(resource_id=row.pk, event="deleted").get()
    assert "deleted since" in client.get(f"/resources/revision/{revision.pk}/change/").content.decode()


def test_a_revision_cannot_be_changed_added_or_deleted(client: Client) -> None:
    store("Agent", "kept")
    revision = Revision.objects.first()
    assert revision is not None
    for path in ("add/", f"{revision.pk}/delete/"):
        assert client.post(f"/resources/revision/{path}", {"post": "yes"}).status_code == 403
    assert client.post(f"/resources/revision/{revision.pk}/change/", {"message": "forged"}).status_code == 403
    assert Revision.objects.get(pk=revision.pk).message == revision.message


@pytest.mark.parametrize(
    "page", ["agent/agt-unknown/change", "agent/agt-unknown/history", "agent/agt-unknown/delete", "revision/9/change"]
)
def test_where_nothing_is_any_more_the_page_says_so(client: Client, page: str) -> None:
    answer = client.get(f"/resources/{page}/")
    assert answer.status_code == 404
    assert "Nothing here" in answer.content.decode()


def test_text_of_users_is_text_on_every_page(client: Client) -> None:
    evil = '<script>alert(1)</script>{{ 7 }}"x-init="alert(1)'
    spec = {"instructions": f"{evil} and more of it"}
    row = store("Agent", evil, spec, slug="evil", tags=[evil], version={"message": evil})
    for path in (change_url(AGENT, row.pk), history_url(AGENT, row.pk), list_url(AGENT), "/", "/resources/revision/"):
        page = client.get(path).content.decode()
        assert "<script>alert" not in page, path
        assert '"x-init="alert' not in page, path


def test_what_has_no_status_shows_none(client: Client) -> None:
    environment, agent = store("Environment", "plain"), store("Agent", "observed")
    without, with_status = (
        client.get(change_url(BY_NAME[kind], row.pk)).content.decode()
        for kind, row in (("Environment", environment), ("Agent", agent))
    )
    assert "Observed" not in without
    assert "seen yet" not in without
    assert "Version" in without
    assert "Observed" in with_status


def test_the_page_tells_in_words_and_shows_what_get_shows(client: Client) -> None:
    schema = '{"type": "object", "properties": {"day": {"type": "string"}}}'
    row = store("Workflow", "told", annotations={INPUT_SCHEMA: schema})
    page = client.get(change_url(BY_NAME["Workflow"], row.pk))
    words = [(title, [line[:3] for line in lines]) for title, _, lines in page.context["words"]]
    assert words == [("Input", [(0, "day", "text")]), ("Tasks", [(0, "greet", "SET")])]
    assert INPUT_SCHEMA not in str(page.context["facts"])
    text = html.unescape(re.sub(r"<[^>]+>", "", str(page.context["definition"])))
    assert text.startswith("apiVersion: agentic.stigmer.ai/v1\nkind: Workflow\nmetadata:\n  name: told\n")
    assert "kind: SET" in text
    assert "WORKFLOW_TASK_KIND_" not in page.content.decode()


def test_users_and_what_is_used_link_to_each_other(client: Client) -> None:
    environment = store("Environment", "staging")
    agent = store("Agent", "user")
    spec = {"agent_id": agent.pk, "environment_refs": [{"slug": "staging", "kind": "environment"}]}
    instance = store("AgentInstance", "web", spec)
    for kind, row, title, other in (
        ("Environment", environment, "Used by", change_url(INSTANCE, instance.pk)),
        ("AgentInstance", instance, "Uses", change_url(BY_NAME["Environment"], environment.pk)),
    ):
        page = client.get(change_url(BY_NAME[kind], row.pk))
        links = {relation.title: [link.url for link in relation.links] for relation in page.context["relations"]}
        assert links[title] == [other]


def test_the_last_runs_and_how_they_went(client: Client) -> None:
    agent = store("Agent", "runner")
    session = store("Session", "talk", {"agent_instance_id": INSTANCE.model.objects.get(agent=agent).pk})
    assert "It has not run yet." in client.get(change_url(AGENT, agent.pk)).content.decode()
    runs = [store("AgentExecution", f"run {n}", {"session_id": session.pk, "message": f"Hello {n}."}) for n in range(7)]
    model = BY_NAME["AgentExecution"].model
    model.objects.filter(pk__in=[run.pk for run in runs[:5]]).update(phase=3, seconds=2.0)
    model.objects.filter(pk=runs[5].pk).update(phase=4, seconds=8.0, error="It broke.\nAt length.")
    for row, kind in ((agent, AGENT), (INSTANCE.model.objects.get(agent=agent), INSTANCE)):
        page = client.get(change_url(kind, row.pk))
        health = page.context["health"]
        assert health.summary == "5 of 7 completed, 1 failed, 1 pending; half of them took less than 2.0 s"
        assert [run.title for run in health.newest] == [f"Hello {n}." for n in range(6, 1, -1)]
        assert health.newest[1].error == "It broke."
        assert health.url in page.content.decode()


def test_nothing_is_sent_to_the_page_itself(client: Client) -> None:
    row = store("Agent", "read")
    assert client.post(change_url(AGENT, row.pk), {"name": "forged"}).status_code == 403
    assert (
        client.get(edit_url(BY_NAME["IdentityAccount"], one_of(BY_NAME["IdentityAccount"], "me").pk)).status_code == 404
    )
