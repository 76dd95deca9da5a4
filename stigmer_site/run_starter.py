"""Runs that a page asks for, started by the api unit: the way of `stigmer run`, checks and repeats included."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from django.conf import settings

from apps.resources.errors import InvalidInput, Violation
from apps.resources.run_errors import EngineUnavailable
from apps.resources.run_wish import RunWish

if TYPE_CHECKING:
    from apps.backends.grpc_backend import GrpcBackend
    from apps.backends.runs import StartRun


def start_by_api(wish: RunWish) -> str:
    """As `Machine.start_run`."""
    from apps.backends.base import CallFailed, Invalid
    from apps.backends.resource import Resource

    try:
        return str(Resource.of(_api().start_run(wanted(wish))).message.metadata.id)
    except Invalid as refused:
        violations = [Violation(each.path, each.message) for each in refused.violations]
        raise InvalidInput(violations or [Violation("", refused.message)], hint=refused.hint) from None
    except CallFailed as failed:
        raise EngineUnavailable(failed.message, hint=failed.hint) from None


def wanted(wish: RunWish) -> StartRun:
    """As clients say it."""
    from apps.backends.runs import StartRun

    return StartRun(
        target=wish.target,
        key=wish.key,
        message=wish.message,
        input=dict(wish.input),
        input_texts=dict(wish.input_texts),
        environments=wish.environments,
        runtime_env=dict(wish.runtime_env),
        model=wish.model,
        request_id=wish.request_id,
        rerun_of=wish.rerun_of,
    )


@cache
def _api() -> GrpcBackend:
    """One connection for the whole unit; it is made at the first call."""
    from apps.backends.grpc_backend import GrpcBackend

    return GrpcBackend(settings.ENDPOINT, settings.API_TOKEN)
