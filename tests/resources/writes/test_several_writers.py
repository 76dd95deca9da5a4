"""Writers at the same time, in this process and in others: what one changes under the other is noticed."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable

import pytest
from django.db import connection

from apps.resources.caller import LOCAL, Caller
from apps.resources.errors import InvalidInput
from apps.resources.kinds.agent.model import Agent
from apps.resources.kinds.organization.kind import OrganizationKind
from apps.resources.kinds.organization.model import Organization
from apps.resources.registry import BY_NAME
from apps.resources.storage.transaction import write_transaction
from apps.resources.wire.codec import draft_from_json
from apps.resources.writes import actions
from apps.resources.writes.outcome import Outcome
from tests.factories import AGENT_SPEC
from tests.suites.asking import at_once
from tests.suites.client import Api, opened, unique
from tests.support.daemon import wait_until
from tests.support.databases import both_databases, postgresql_only, somebody_waits_for_a_lock
from tests.support.machines import HandOver, IdleLauncher, launchers

pytestmark = [both_databases, pytest.mark.django_db(transaction=True)]
WRITERS, SHARED, OWN = 16, 20, 5
SECONDS = 30.0
OWNER = Caller(actor="local", org="acme")


@pytest.fixture(autouse=True)
def organization(transactional_db: None, hand_over: HandOver) -> str:
    hand_over(launchers=launchers(IdleLauncher()))
    actions.ensure_organization("acme", "")
    return str(Organization.objects.get(slug="acme").pk)


def apply_agent(name: str) -> Outcome:
    metadata = {"name": name, "org": "acme", "owner_scope": "organization"}
    draft = draft_from_json(BY_NAME["Agent"], {"metadata": metadata, "spec": AGENT_SPEC}, OWNER)
    return actions.apply([draft], OWNER)[0]


def test_an_organization_that_another_process_deletes_is_gone_here_at_once() -> None:
    apply_agent("first")
    with connection.cursor() as cursor:  # past everything that could remember it here
        cursor.execute("DELETE FROM resources_organization WHERE slug = 'acme'")
    with pytest.raises(InvalidInput, match="organization 'acme' does not exist"):
        apply_agent("second")


def elsewhere(act: Callable[[], object]) -> threading.Thread:
    """`act` goes on in another thread, with a connection of its own, and waits for us."""

    def run() -> None:
        try:
            act()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    wait_until(somebody_waits_for_a_lock, "the other writer waits for a lock")
    return thread


@postgresql_only  # on SQLite there is one writer at a time
def test_an_organization_that_is_deleted_waits_for_what_is_made_in_it_and_takes_it_along(
    organization: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(OrganizationKind, "protection", None)
    with write_transaction():
        apply_agent("made meanwhile")
        deletion = elsewhere(lambda: actions.delete(BY_NAME["Organization"], organization, LOCAL))
    deletion.join(SECONDS)
    assert not Agent.objects.exists()
    assert not Organization.objects.filter(slug="acme").exists()


@postgresql_only  # as above
def test_what_is_made_in_something_that_is_deleted_meanwhile_is_refused() -> None:
    agent = apply_agent("parent").row
    metadata = {"name": "child", "org": "acme", "owner_scope": "organization"}
    draft = draft_from_json(BY_NAME["AgentInstance"], {"metadata": metadata, "spec": {"agent_id": agent.pk}}, OWNER)
    refused: list[str] = []

    def create() -> None:
        with pytest.raises(InvalidInput) as caught:
            actions.create(draft, OWNER)
        refused.append(str(caught.value))

    with write_transaction():
        actions.delete(BY_NAME["Agent"], agent.pk, LOCAL)
        creation = elsewhere(create)
    creation.join(SECONDS)
    assert refused == [f"spec.agent_id: Agent {agent.pk!r} does not exist"]


def test_sixteen_writers_apply_the_same_in_any_order(api: Api) -> None:
    agents = api.of("Agent")
    shared = [unique("shared") for _ in range(SHARED)]

    def write(number: int) -> list[str]:
        names = [*shared, *(unique("own") for _ in range(OWN))]
        random.Random(number).shuffle(names)
        spec = {**AGENT_SPEC, "description": f"by writer {number}"}
        applied = api.batch([agents.envelope(spec, name=name) for name in names])
        return [opened(each.resource).metadata.name for each in applied]

    written = at_once(write, range(WRITERS), threads=WRITERS)
    assert all(set(shared) <= set(names) for names in written)
    for name in {name for names in written for name in names}:
        stored = agents.find(name)
        assert stored.metadata.name == name
        assert stored.status.default_instance_id
