"""What the words of access mean: roles, permissions, and which role has which permission."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final


class Role(IntEnum):
    """Each has what those before it have."""

    VIEWER = 1
    MEMBER = 2
    ADMIN = 3
    OWNER = 4
    OPERATOR = 5
    """Of the platform: it gives operators to others, and writes what belongs to the platform."""


ROLES: Final = {role.name.lower(): role for role in Role}
CAN_VIEW, CAN_EDIT, CAN_DELETE, CAN_EXECUTE = "can_view", "can_edit", "can_delete", "can_execute"
CAN_VIEW_ACCESS, CAN_GRANT_ACCESS = "can_view_access", "can_grant_access"
CAN_CREATE_INSTANCE, CAN_CREATE_EXECUTION = "can_create_instance", "can_create_execution_in"
PERMISSIONS: Final = {
    CAN_VIEW: Role.VIEWER,
    "create": Role.MEMBER,
    "can_create_agent": Role.MEMBER,
    "can_create_workflow": Role.MEMBER,
    "can_create_session": Role.MEMBER,
    "can_create_skill": Role.MEMBER,
    CAN_CREATE_EXECUTION: Role.MEMBER,
    CAN_CREATE_INSTANCE: Role.MEMBER,
    CAN_EXECUTE: Role.MEMBER,
    CAN_EDIT: Role.ADMIN,
    CAN_DELETE: Role.ADMIN,
    CAN_VIEW_ACCESS: Role.ADMIN,
    CAN_GRANT_ACCESS: Role.ADMIN,
    "login_to_back_office": Role.OPERATOR,
}
"""The role that has it, on a resource that somebody else has made."""
OF_ITS_MAKER: Final = frozenset({CAN_EDIT, CAN_DELETE})
"""Members have these, too, on what they have made themselves."""
LINKS: Final = frozenset({"organization", "platform", "agent", "session", "workflow", "workflow_instance"})
"""Relations that say what a resource belongs to: who has a role there has it here."""
PLATFORM: Final = ("platform", "stigmer")
"""Kind and id of the one platform."""
ACCOUNT: Final = "identity_account"
TEAM: Final = "team"


@dataclass(frozen=True)
class Need:
    """What it takes: a relation that is this one, or of this rank or higher; 0: no rank will do."""

    relation: str
    rank: int


def need_of(relation: str, *, of_organization: bool = False) -> Need:
    """What having `relation` takes. Organizations are changed and deleted by their owners alone."""
    if of_organization and relation in OF_ITS_MAKER:
        return Need(relation, Role.OWNER)
    return Need(relation, (ROLES | PERMISSIONS).get(relation, 0))


def rank_of(relation: str) -> int:
    """Who has some permission sees what it is on, as viewers do."""
    return ROLES.get(relation, Role.VIEWER if relation in PERMISSIONS else 0)


def meets(relation: str, need: Need) -> bool:
    return relation == need.relation or 0 < need.rank <= rank_of(relation)
