"""An agent whose runs wait."""

from __future__ import annotations

import pytest

from apps.resources.caller import LOCAL
from apps.resources.registry import BY_NAME
from apps.resources.wire.codec import draft_from_json
from apps.resources.writes import actions
from tests.factories import AGENT_SPEC
from tests.suites.client import unique
from tests.support.machines import HandOver, IdleLauncher, launchers


@pytest.fixture
def idle(hand_over: HandOver) -> None:
    hand_over(launchers=launchers(IdleLauncher()))


@pytest.fixture
def agent_id(transactional_db: None, idle: None) -> str:
    actions.ensure_organization("local", "")
    envelope = {"metadata": {"name": unique("agent"), "owner_scope": "organization"}, "spec": AGENT_SPEC}
    (made,) = actions.apply([draft_from_json(BY_NAME["Agent"], envelope, LOCAL)], LOCAL)
    return made.row.pk
