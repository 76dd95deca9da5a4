"""Which organization a command works in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from apps.backends.config.load import Origin
from apps.backends.errors import OrganizationNotLocal, OrganizationNotSet

if TYPE_CHECKING:
    from apps.backends.config.load import Config

LOCAL_ORGANIZATION: Final = "local"
KEY: Final = "backend.cloud.org_id"


def resolve_organization(config: Config, flag: str = "") -> str:
    """Local: always `local`; a flag or variable that says otherwise raises OrganizationNotLocal.

    What a project or the configuration file says is for the cloud, and waits for it.

    Cloud: the flag, else what the configuration found (environment, project, context); raises
    OrganizationNotSet when nobody says.
    """
    if config.is_local:
        if flag and flag != LOCAL_ORGANIZATION:
            raise OrganizationNotLocal(flag, "Leave out --org")
        setting = config.get(KEY)
        if not flag and setting.origin is Origin.ENVIRONMENT and setting.shown != LOCAL_ORGANIZATION:
            raise OrganizationNotLocal(setting.shown, f"Run `unset {setting.where}`")
        return LOCAL_ORGANIZATION
    organization = flag or config.text(KEY)
    if not organization:
        raise OrganizationNotSet
    return organization
