"""Which organization a command works in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from apps.backends.errors import OrganizationNotLocal, OrganizationNotSet

if TYPE_CHECKING:
    from apps.backends.config.load import Config

LOCAL_ORGANIZATION: Final = "local"


def resolve_organization(config: Config, flag: str = "") -> str:
    """Local: always `local`; a flag that says otherwise raises OrganizationNotLocal.

    Cloud: the flag, else what the configuration found (environment, project, context); raises
    OrganizationNotSet when nobody says.
    """
    if config.is_local:
        if flag and flag != LOCAL_ORGANIZATION:
            raise OrganizationNotLocal(flag)
        return LOCAL_ORGANIZATION
    organization = flag or config.text("backend.cloud.org_id")
    if not organization:
        raise OrganizationNotSet
    return organization
