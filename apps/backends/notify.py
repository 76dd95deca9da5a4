"""Who is to be told when runs fail, by the configuration as it is now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.notices.channels import Channels

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
        desktop=config.get("notify.desktop").value is True,
        recovery=config.get("notify.recovery").value is True,
    )
