"""Making a resource what it was, in the admin."""

from __future__ import annotations

import pytest
from django.test import Client

from apps.resources.admin.links import change_url, history_url, restore_url
from apps.resources.base import Resource, Revision
from apps.resources.caller import LOCAL
from apps.resources.registry import BY_NAME
from apps.resources.writes import actions
from tests.web.stored import store

AGENT = BY_NAME["Agent"]
FIRST, SECOND = {"instructions": "Answer with care."}, {"instructions": "Answer with great care."}


@pytest.fixture
def agent(client: Client) -> Resource:
    """With two revisions."""
    del client
    store("Agent", "Restored", FIRST)
    return store("Agent", "Restored", SECOND)


def spec_of(row: Resource) -> object:
    return AGENT.model.objects.values_list("spec", flat=True).get(pk=row.pk)


def revision_page(row: Resource, number: int) -> str:
    return f"/resources/revision/{Revision.objects.get(resource_id=row.pk, number=number).pk}/change/"


def test_both_pages_of_a_revision_lead_to_the_question(client: Client, agent: Resource) -> None:
    url = restore_url(AGENT, agent.pk, 1)
    for page in (history_url(AGENT, agent.pk), revision_page(agent, 1)):
        assert f'href="{url}"' in client.get(page).content.decode(), page
    newest = restore_url(AGENT, agent.pk, 2)
    for page in (history_url(AGENT, agent.pk), revision_page(agent, 2)):
        assert newest not in client.get(page).content.decode(), page


def test_the_question_shows_what_would_change_and_changes_nothing(client: Client, agent: Resource) -> None:
    page = client.get(restore_url(AGENT, agent.pk, 1)).content.decode()
    assert "Restore revision 1 of Restored?" in page
    assert '<span class="removed">-  instructions: Answer with great care.</span>' in page
    assert '<span class="added">+  instructions: Answer with care.</span>' in page
    assert spec_of(agent) == SECOND


def test_the_answer_makes_a_new_revision_with_the_old_content(client: Client, agent: Resource) -> None:
    url = restore_url(AGENT, agent.pk, 1)
    done = client.post(url, {"seen": client.get(url).context["seen"]}, follow=True)
    assert done.redirect_chain[-1][0] == change_url(AGENT, agent.pk)
    assert "Revision 1: Restored is again what it was then." in done.content.decode()
    assert spec_of(agent) == FIRST
    newest = Revision.objects.filter(resource_id=agent.pk).order_by("-number").first()
    assert newest is not None
    assert (newest.number, newest.message, newest.actor) == (3, "back to revision 1", "local")


def test_what_has_changed_since_the_question_is_not_restored(client: Client, agent: Resource) -> None:
    url = restore_url(AGENT, agent.pk, 1)
    seen = client.get(url).context["seen"]
    store("Agent", "Restored", {"instructions": "Answer in a hurry."})
    refused = client.post(url, {"seen": seen}, follow=True)
    assert "has changed" in refused.content.decode()
    assert spec_of(agent) == {"instructions": "Answer in a hurry."}


def test_another_site_cannot_restore_anything(client: Client, agent: Resource) -> None:
    elsewhere = {"Origin": "http://elsewhere.example", "Sec-Fetch-Site": "cross-site"}
    assert client.post(restore_url(AGENT, agent.pk, 1), headers=elsewhere).status_code == 403
    assert spec_of(agent) == SECOND


def test_what_is_not_there_cannot_be_restored(client: Client, agent: Resource) -> None:
    assert client.get(restore_url(AGENT, agent.pk, 9)).status_code == 404
    actions.delete(AGENT, agent.pk, LOCAL)
    assert client.get(restore_url(AGENT, agent.pk, 1)).status_code == 404
    assert "cannot be restored" in client.get(revision_page(agent, 1)).content.decode()
    assert "Restore this revision" not in client.get(history_url(AGENT, agent.pk)).content.decode()


def test_runs_are_not_restored(client: Client) -> None:
    run = store("AgentExecution", "run")
    kind = BY_NAME["AgentExecution"]
    assert client.get(restore_url(kind, run.pk, 1)).status_code == 404
    assert "Restore this revision" not in client.get(history_url(kind, run.pk)).content.decode()


def test_changes_of_people_stand_in_the_list_without_what_runs_left_behind(client: Client, agent: Resource) -> None:
    run = store("AgentExecution", "run")
    listed = {row.kind for row in client.get("/resources/revision/").context["cl"].result_list}
    assert "Agent" in listed
    assert listed.isdisjoint({"Session", "AgentExecution"})
    assert client.get(history_url(BY_NAME["AgentExecution"], run.pk)).context["entries"]
    assert agent.pk
