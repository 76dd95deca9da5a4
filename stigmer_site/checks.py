"""Numbered system checks: settings that cannot work are refused at start, each with a way out."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core import checks

from stigmer_site.loopback import parse_loopback

TAG = "stigmer"
CLOSED = 0o077


def register_all() -> None:
    for check in (check_endpoint, check_web, check_different_ports, check_data_dir, check_data_dir_closed):
        checks.register(_with_settings(check), TAG)


def check_endpoint() -> Iterable[checks.CheckMessage]:
    complaint = _complaint(settings.ENDPOINT)
    if complaint:
        yield checks.Error(
            f"backend.local.endpoint: {complaint}",
            hint="Set it with `stigmer config set backend.local.endpoint localhost:50051`",
            id="stigmer.E001",
        )


def check_web() -> Iterable[checks.CheckMessage]:
    complaint = _complaint(settings.WEB)
    if complaint:
        yield checks.Error(
            f"backend.local.web: {complaint}",
            hint="Set it with `stigmer config set backend.local.web 127.0.0.1:8234`",
            id="stigmer.E002",
        )


def check_different_ports() -> Iterable[checks.CheckMessage]:
    if _complaint(settings.ENDPOINT) or _complaint(settings.WEB):
        return
    if parse_loopback(settings.ENDPOINT).port == parse_loopback(settings.WEB).port:
        yield checks.Error(
            f"backend.local.endpoint and backend.local.web have the same port: {settings.WEB}",
            hint="Set another one with `stigmer config set backend.local.web 127.0.0.1:PORT`",
            id="stigmer.E003",
        )


def check_data_dir() -> Iterable[checks.CheckMessage]:
    path = Path(settings.DATA_DIR)
    complaint = ""
    if not path.is_absolute():
        complaint = "is not an absolute path"
    elif not path.is_dir():
        complaint = "is not a directory"
    elif not os.access(path, os.W_OK | os.X_OK):
        complaint = "cannot be written"
    if complaint:
        yield checks.Error(
            f"backend.local.data_dir: {path} {complaint}",
            hint="Mend its permissions, or choose another with `stigmer config set backend.local.data_dir DIR`",
            id="stigmer.E004",
        )


def check_data_dir_closed() -> Iterable[checks.CheckMessage]:
    path = Path(settings.DATA_DIR)
    if path.is_dir() and path.stat().st_mode & CLOSED:
        yield checks.Warning(
            f"backend.local.data_dir: other users of this machine can look into {path}",
            hint=f"Close it with `chmod 700 {path}`",
            id="stigmer.W001",
        )


def _complaint(address: str) -> str:
    try:
        parse_loopback(address)
    except ValueError as error:
        return str(error)
    return ""


def _with_settings(check: Callable[[], Iterable[checks.CheckMessage]]) -> Callable[..., list[checks.CheckMessage]]:
    """Django's signature around a check that reads the settings."""

    def run(app_configs: object = None, **kwargs: Any) -> list[checks.CheckMessage]:  # Any: Django's own
        del app_configs, kwargs
        return list(check())

    return run
