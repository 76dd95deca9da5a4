"""Every RPC of the contract and the extension, asked for what nobody would ask for: twenty thousand calls.

A call that ended as it must not is printed with its number and its request. `pytest -k "[3]"` makes the calls of the
seed 3 again: one after the other, and the same ones as long as the answers are.
"""

from __future__ import annotations

import pytest
from pytest_django import DjangoDbBlocker
from stigmer_proto.controlplane.v1 import resources_pb2

from apps.resources.kind import Kind
from apps.resources.registry import KINDS
from tests.suites.api_unit import ApiUnit, StartUnit
from tests.suites.client import EXTENSION, Api, opened
from tests.support.databases import VARIABLE, postgresql_only, sqlite_only, using
from tests.support.fuzz.calling import Caller, every_rpc
from tests.support.fuzz.stored import complaints
from tests.support.http import StandIn

CALLS = 5_000
SHOWN = 5


@sqlite_only
@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_no_request_breaks_a_call_or_leaves_half_of_anything(
    start_unit: StartUnit, django_db_blocker: DjangoDbBlocker, seed: int
) -> None:
    fuzz(start_unit, django_db_blocker, seed, CALLS)


@postgresql_only
def test_nor_on_postgresql(start_unit: StartUnit, django_db_blocker: DjangoDbBlocker) -> None:
    fuzz(start_unit, django_db_blocker, 5, 1_500)


def fuzz(start_unit: StartUnit, blocker: DjangoDbBlocker, seed: int, calls: int) -> None:
    with StandIn() as temporal:  # that it answers is all that the api unit asks of it
        unit = start_unit(env={"TEMPORAL_SERVICE_ADDRESS": temporal.url.removeprefix("http://")})
        caller = Caller(unit.endpoint, seed)
        caller.make(calls)
        assert not caller.faults, "\n\n".join(map(str, caller.faults[:SHOWN]))
        assert set(caller.called) == {path for path, _, _ in every_rpc()}
        assert caller.codes["OK"] > calls / 6, f"most calls are refused, so little is tried: {caller.codes}"
        assert " ERROR " not in unit.log, unit.log[unit.log.index(" ERROR ") :][:3000]
        with blocker.unblock(), using(url_of(unit)):
            assert complaints() == []
            assert read_back(unit) == []


def url_of(unit: ApiUnit) -> str:
    return unit.env.get(VARIABLE, f"sqlite:///{unit.data_dir / 'stigmer.db'}")


def read_back(unit: ApiUnit) -> list[str]:
    """The ids of what is stored and cannot be had by its RPC as it is stored."""
    with Api(unit.endpoint) as api:
        return [
            pk for kind in KINDS for pk in kind.model.objects.values_list("pk", flat=True) if not is_had(api, kind, pk)
        ]


def is_had(api: Api, kind: Kind, pk: str) -> bool:
    request = resources_pb2.GetResourceRequest(kind=kind.name, id=pk)
    answered = opened(api.call(f"{EXTENSION}.ResourceController.get", request))
    return bool(answered.metadata.id == pk and answered == api.of(kind.name).get(pk))
