"""Who is to be told when runs fail, by the configuration as it is now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.notices.channels import Channels
from apps.notices.mail import Mail

if TYPE_CHECKING:
    from collections.abc import Mapping

    from apps.backends.config import Config


def channels_of(config: Config, environ: Mapping[str, str]) -> Channels:
    """With nothing set, there are none."""
    return Channels(
        environ,
        command=config.text("notify.command"),
        webhook=config.text("notify.webhook"),
        token=config.text("notify.webhook_token"),
        mail=mail_of(config),
        desktop=config.get("notify.desktop").value is True,
        recovery=config.get("notify.recovery").value is True,
    )


def mail_of(config: Config) -> Mail | None:
    """None where nobody gets any. It comes from whom it is for, unless somebody else is named."""
    to = config.text("notify.mail")
    if not to:
        return None
    sender, password = config.text("notify.mail_from") or to, config.text("notify.smtp_password")
    return Mail(to, sender, config.text("notify.smtp"), password)
