"""The rows that say what projects own, and who sees them."""

from __future__ import annotations

import pytest
from django.db.models import Q

from apps.resources.caller import LOCAL, Caller
from apps.resources.kinds.organization.kind import OrganizationKind
from apps.resources.kinds.organization.model import Organization
from apps.resources.project import InventoryEntry, Project
from apps.resources.registry import BY_NAME
from apps.resources.storage import inventory
from apps.resources.wire.codec import draft_from_json
from apps.resources.writes import actions
from apps.resources.writes.inventory import Ownership, ProjectOutcome, apply_project, destroy
from tests.factories import AGENT_SPEC
from tests.support.databases import both_databases
from tests.support.machines import HandOver, IdleLauncher, launchers

pytestmark = [both_databases, pytest.mark.django_db(transaction=True)]
OWNER = Caller(actor="local", org="acme")


@pytest.fixture(autouse=True)
def organization(transactional_db: None, hand_over: HandOver) -> str:
    hand_over(launchers=launchers(IdleLauncher()))
    actions.ensure_organization("acme", "")
    return str(Organization.objects.get(slug="acme").pk)


def apply_agents(*names: str, is_whole: bool = False, prunes: bool = False) -> ProjectOutcome:
    drafts = [
        draft_from_json(
            BY_NAME["Agent"],
            {"metadata": {"name": name, "org": "acme", "owner_scope": "organization"}, "spec": AGENT_SPEC},
            OWNER,
        )
        for name in names
    ]
    return apply_project(drafts, Ownership("acme", "shop", is_whole, prunes), OWNER)


def test_projects_go_with_their_organization(organization: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OrganizationKind, "protection", None)
    apply_agents("one", "two")
    actions.delete(BY_NAME["Organization"], organization, LOCAL)
    assert not Project.objects.exists()
    assert not InventoryEntry.objects.exists()


def test_what_somebody_may_not_see_is_neither_listed_pruned_nor_destroyed_by_them() -> None:
    apply_agents("one", "two", "three")
    half_blind = Caller("guest", "acme", sight=lambda kind: ~Q(slug="three") if kind == "Agent" else Q())
    project = inventory.get_project("acme", "shop", half_blind)
    assert {each.slug for each in inventory.owned_by(project, half_blind)} == {"one", "two"}
    assert {each.owned.slug for each in destroy("acme", "shop", half_blind)} == {"one", "two"}
    assert {each.slug for each in inventory.owned_by(project, OWNER)} == {"three"}
    stranger = Caller("stranger", "acme", sight=lambda kind: Q(pk="") if kind == "Organization" else Q())
    assert not inventory.visible_projects(stranger).exists()


def test_the_answer_is_of_what_was_there_when_it_was_pruned() -> None:
    apply_agents("one", "two")
    done = apply_agents("three", is_whole=True, prunes=True)
    assert [each.owned.slug for each in done.deleted] == ["one", "two"]
    assert [outcome.row.slug for outcome in done.outcomes] == ["three"]
    assert InventoryEntry.objects.count() == 1
