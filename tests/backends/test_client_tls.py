"""The client and TLS: whom it trusts, and what it says where the two sides do not understand each other."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest

from apps.backends.base import Unauthenticated, Unreachable
from apps.backends.client import Client
from apps.backends.way import AuthoritiesWrong, way_to
from tests.support.raw_http import self_signed


class Door(grpc.GenericRpcHandler):  # type: ignore[type-arg]  # it takes none while it runs
    """Refuses whoever comes, and remembers what they brought."""

    def __init__(self) -> None:
        self.brought: list[dict[str, Any]] = []

    def service(self, details: grpc.HandlerCallDetails) -> Any:
        self.brought.append(dict(details.invocation_metadata))
        return grpc.unary_unary_rpc_method_handler(
            lambda _, context: context.abort(grpc.StatusCode.UNAUTHENTICATED, "nobody is let in")
        )


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    return self_signed(tmp_path)


@pytest.fixture
def ports(certificate: Path) -> Iterator[tuple[Door, int, int]]:
    """Whoever answers by TLS at the first port, plainly at the second."""
    door, content = Door(), certificate.read_bytes()
    server = grpc.server(ThreadPoolExecutor(2), handlers=[door])
    by_tls = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([(content, content)]))
    plain = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield door, by_tls, plain
    server.stop(0).wait()


def test_a_key_goes_by_tls_to_whom_the_authorities_vouch_for(
    ports: tuple[Door, int, int], certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    door, by_tls, plain = ports
    endpoint = f"localhost:{by_tls}"
    for named in ({"ca_file": str(certificate)}, {"tls": True}):
        if "tls" in named:
            monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        with Client(endpoint=endpoint, token="stk_sesame", **named) as client, pytest.raises(Unauthenticated):
            client.run("agent/greeter", message="Hello")
    assert {each["authorization"] for each in door.brought} == {"Bearer stk_sesame"}
    with Client(endpoint=f"localhost:{plain}") as client, pytest.raises(Unauthenticated):
        client.run("agent/greeter", message="Hello")
    assert [way_to(f"{host}:443", is_tls=None, ca_file="").is_tls for host in ("localhost", "::1", "far.example")] == [
        False,
        False,
        True,
    ]


@pytest.mark.parametrize(
    ("host", "is_tls", "named", "said"),
    [
        ("localhost", True, {}, r"localhost:\d+ speaks TLS, and this program did not"),
        ("localhost", True, {"tls": True}, r"the certificate of localhost:\d+ does not hold: self.signed certificate"),
        (
            "127.0.0.1",
            True,
            {"ca_file": "its own"},
            r"the certificate of 127.0.0.1:\d+ does not hold: IP address mismatch",
        ),
        ("localhost", False, {"tls": True}, r"localhost:\d+ does not speak TLS"),
    ],
)
def test_what_is_wrong_is_said_and_no_key_is_sent(
    ports: tuple[Door, int, int], certificate: Path, host: str, is_tls: bool, named: Any, said: str
) -> None:
    door, by_tls, plain = ports
    if "ca_file" in named:
        named = {"ca_file": str(certificate)}
    with (
        Client(endpoint=f"{host}:{by_tls if is_tls else plain}", token="stk_sesame", **named) as client,
        pytest.raises(Unreachable, match=said) as refused,
    ):
        client.run("agent/greeter", message="Hello")
    assert refused.value.hint
    assert not door.brought


@pytest.mark.parametrize(("content", "said"), [(None, "No such file"), ("sesame", "it holds no certificate")])
def test_a_file_of_authorities_that_is_none_is_told(tmp_path: Path, content: str | None, said: str) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    with pytest.raises(AuthoritiesWrong, match=f"{file} cannot be used: {said}"):
        Client(endpoint="far.example:443", ca_file=str(file))
