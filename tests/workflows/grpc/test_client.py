"""The client of GRPC_CALL against a real server that describes itself."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from apps.shared.reach import Reach, parse_place
from apps.workflows.calls import CallAborted, CallFailed
from apps.workflows.effects.grpc_call.client import call_method
from tests.support.grpc_service import SERVICE, Shop, running_shop
from tests.support.rebinding import rebind


@pytest.fixture
def shop() -> Iterator[tuple[Shop, str]]:
    with running_shop() as found:
        yield found


@contextmanager
def unwatched(_abort: Callable[[], None]) -> Iterator[None]:
    yield


def ask(
    target: str, value: Any, *, service: str = SERVICE, method: str = "get", seconds: float = 60, **more: Any
) -> Any:
    given = {"metadata": {}, "is_tls": False, "watch": unwatched, **more}
    return call_method(target, service, method, {"value": value}, seconds=seconds, **given)


def test_a_method_is_called_with_metadata_and_answers_json(shop: tuple[Shop, str]) -> None:
    service, target = shop
    answer = ask(target, "one", metadata={"X-Key": "k"})
    assert answer["kind"] == "Workflow"
    assert answer["metadata"]["labels"] == {"asked": "one"}
    assert answer["api_version"] == "", "what is empty is there, too"
    assert (service.asked[0]["value"], service.asked[0]["x-key"]) == ("one", "k")


@pytest.mark.parametrize(
    ("given", "reason", "said"),
    [
        ({"value": "none"}, "answered", "NOT_FOUND: there is none"),
        ({"value": {"a": 1}}, "refused", "does not fit"),
        ({"value": "x", "method": "find"}, "refused", "has no method find"),
        ({"value": "x", "service": "shop.Orders"}, "refused", "no service shop.Orders"),
        ({"value": "slow", "seconds": 1}, "timeout", "no answer"),
    ],
)
def test_why_there_is_no_answer(shop: tuple[Shop, str], given: dict[str, Any], reason: str, said: str) -> None:
    with pytest.raises(CallFailed) as failed:
        ask(shop[1], **given)
    assert failed.value.reason == reason
    assert said in str(failed.value)


def test_a_call_under_way_is_aborted(shop: tuple[Shop, str]) -> None:
    service, target = shop

    @contextmanager
    def watch(abort: Callable[[], None]) -> Iterator[None]:
        def abort_on_arrival() -> None:
            service.arrived.wait(60)
            abort()

        thread = threading.Thread(target=abort_on_arrival)
        thread.start()
        yield
        thread.join()

    with pytest.raises(CallAborted):
        ask(target, "slow", watch=watch)


def test_nobody_listens() -> None:
    with pytest.raises(CallFailed) as failed:
        ask("127.0.0.1:1", "x", seconds=1)
    assert failed.value.reason == "unreachable"


def test_a_server_of_many_calls_what_it_has_judged_and_nothing_else(
    shop: tuple[Shop, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No second look-up, no proxy of the environment, and none of the other things that gRPC takes for an address."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    port = shop[1].rpartition(":")[2]
    reach = Reach((parse_place(f"127.0.0.1:{port}"),))
    told = rebind(monkeypatch, "shop.example", "127.0.0.1", "127.0.0.2")
    assert ask(f"shop.example:{port}", "one", reach=reach)["kind"] == "Workflow"
    assert told == ["127.0.0.1"]
    for target, reason in (
        (f"shop.example:{port}", "forbidden"),
        (f"[::1]:{port}", "forbidden"),
        (f"2130706434:{port}", "forbidden"),
        (f"ipv4:127.0.0.1:{port}", "unreachable"),
        (f"ipv4:127.0.0.1:1,127.0.0.1:{port}", "unreachable"),
        ("unix:7", "unreachable"),
        ("x:0", "refused"),
    ):
        with pytest.raises(CallFailed) as failed:
            ask(target, "one", reach=reach)
        assert failed.value.reason == reason, target
