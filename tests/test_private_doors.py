"""What we use of libraries although they keep it to themselves, since they offer no other way.

A new version may take it away without a word; the products' own fallbacks would hide that from us.
"""

from __future__ import annotations

import asyncio
import inspect
import sys

import pytest
from django.contrib.admin import ModelAdmin
from temporalio import workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from apps.workflows.worker.unit import _allow_long_tasks
from tests.support.temporal import TemporalServer, temporal_binary, temporal_server

__all__ = ["temporal_binary", "temporal_server"]


@workflow.defn
class Nothing:
    @workflow.run
    async def run(self) -> None: ...


@pytest.mark.parametrize("view", ["_changeform_view", "_delete_view"])
def test_the_admin_has_views_that_open_no_transaction(view: str) -> None:
    taken = list(inspect.signature(getattr(ModelAdmin, view)).parameters)
    assert taken[:3] == ["self", "request", "object_id"]
    assert taken[-1] == "extra_context"


def test_a_process_of_asyncio_has_a_transport_that_closes_its_pipes() -> None:
    async def end() -> bool:
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", "", stdout=asyncio.subprocess.PIPE)
        await process.wait()
        transport = process._transport  # type: ignore[attr-defined]  # the door in question
        transport.close()
        return bool(transport.is_closing())

    assert asyncio.run(end())


def test_a_worker_of_temporal_has_a_limit_that_can_be_raised(temporal_server: TemporalServer) -> None:
    async def limits() -> tuple[object, object]:
        client = await Client.connect(temporal_server.address)
        worker = Worker(
            client, task_queue="private-doors", workflows=[Nothing], workflow_runner=UnsandboxedWorkflowRunner()
        )
        inner = worker._workflow_worker
        before = getattr(inner, "_deadlock_timeout_seconds", None)
        _allow_long_tasks(worker)
        return before, getattr(inner, "_deadlock_timeout_seconds", None)

    assert asyncio.run(limits()) == (2, 9)
