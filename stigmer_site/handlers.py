"""Every service of the api unit: the hook that django-grpc-framework calls."""

from __future__ import annotations

from importlib import import_module

from django.conf import settings

from apps.resources.api import workflow_runner
from apps.resources.api.adapter import Wiring
from apps.resources.api.extension import batch, executions, projects, resources, revisions, server_info, tools
from apps.resources.registry import KINDS
from apps.resources.running import rpc as running

EXTENSION = (
    batch,
    projects,
    resources,
    revisions,
    executions,
    running,
    workflow_runner,
    tools,
)
"""Modules with the services of the extension that need nothing of the site."""


def grpc_handlers(wiring: Wiring) -> None:
    for kind in KINDS:
        folder = type(kind).__module__.rpartition(".")[0]
        for service in import_module(f"{folder}.rpc").SERVICES:
            wiring.add(service)
    for module in EXTENSION:
        for service in module.SERVICES:
            wiring.add(service)
    # Where one replica of many has its files is nothing for those who call it.
    own: dict[str, object] = (
        {} if settings.CLOUD else {"data_dir": str(settings.DATA_DIR), "state_file": settings.STATE_FILE}
    )
    wiring.add(server_info.ServerInfoService, version=settings.VERSION, **own)
