"""Projects in the admin: a list, a page with what each owns, and a way to narrow every other list to one."""

from __future__ import annotations

import pytest
from django.test import Client

from apps.resources.admin.links import change_url, list_url, project_url
from apps.resources.caller import LOCAL
from apps.resources.project import Project
from apps.resources.registry import BY_NAME
from apps.resources.writes.inventory import Ownership, apply_project
from tests.support.databases import both_databases
from tests.web.stored import draft, store

pytestmark = both_databases
AGENT, INSTANCE = BY_NAME["Agent"], BY_NAME["AgentInstance"]


@pytest.fixture
def project(client: Client) -> Project:
    """It owns two agents; there is another one."""
    del client
    spec = {"instructions": "Sort incoming tickets by urgency."}
    apply_project([draft("Agent", name, spec) for name in ("clerk", "porter")], Ownership("local", "<shop>"), LOCAL)
    store("Agent", "stranger")
    return Project.objects.get(name="<shop>")


def test_projects_are_listed_with_how_much_they_own_and_stand_in_the_sidebar(client: Client, project: Project) -> None:
    page = client.get("/resources/project/")
    assert f'href="{project_url(project.pk)}' in page.content.decode()
    assert "&lt;shop&gt;" in page.content.decode()
    assert [(row.name, row.owned) for row in page.context["cl"].result_list] == [("<shop>", 2)]
    linked = {item["link"] for group in page.context["sidebar_navigation"] for item in group["items"]}
    assert "/resources/project/" in linked
    assert "nothing" not in client.get("/resources/project/", {"q": "shop"}).content.decode().lower()


def test_the_page_of_a_project_leads_to_what_it_owns_and_back(client: Client, project: Project) -> None:
    page = client.get(project_url(project.pk)).content.decode()
    clerk = AGENT.model.objects.get(slug="clerk")
    assert change_url(AGENT, clerk.pk) in page
    assert list_url(AGENT, project=str(project.pk)) in page
    assert "stranger" not in page
    assert project_url(project.pk) in client.get(change_url(AGENT, clerk.pk)).content.decode()
    stranger = AGENT.model.objects.get(slug="stranger")
    assert project_url(project.pk) not in client.get(change_url(AGENT, stranger.pk)).content.decode()


@pytest.mark.parametrize("address", ["999999", "x", "1e3"])
def test_a_project_that_is_not_there_is_not_found(client: Client, address: str) -> None:
    assert client.get(f"/resources/project/{address}/change/").status_code == 404


def test_lists_can_be_narrowed_to_a_project_with_what_belongs_to_it(client: Client, project: Project) -> None:
    def shown(url: str, chosen: str) -> list[str]:
        return sorted(row.slug for row in client.get(url, {"project": chosen}).context["cl"].result_list)

    assert shown(list_url(AGENT), str(project.pk)) == ["clerk", "porter"]
    assert shown(list_url(INSTANCE), str(project.pk)) == ["clerk-default", "porter-default"]
    assert shown(list_url(AGENT), "999999") == []
    assert shown(list_url(AGENT), "no number") == ["clerk", "porter", "stranger"]


def test_a_project_is_changed_by_deploying_alone(client: Client, project: Project) -> None:
    assert client.get("/resources/project/add/").status_code == 403
    assert client.post(project_url(project.pk), {"name": "other"}).status_code in {403, 405}
    assert client.post(f"/resources/project/{project.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Project.objects.get(pk=project.pk).name == "<shop>"
