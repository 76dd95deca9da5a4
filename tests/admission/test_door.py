"""Who is answered by the API and the admin: processes of the owner, and whoever has the token where one is required."""

from __future__ import annotations

import os
import pwd
import socket
import stat
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import grpc
import pytest
from stigmer_proto.controlplane.v1 import server_pb2

from apps.processes import sockets
from apps.resources.api import server
from stigmer_site.admission.door import Door
from stigmer_site.handlers import grpc_handlers
from tests.admission.strangers import IS_ROOT, NOBODY, OWNERS, Stranger
from tests.suites.api_unit import ApiUnit
from tests.support.daemon import temporary_installation
from tests.support.ports import free_port
from tests.web.web_unit import WebUnit

GET_INFO = "/ai.stigmer.controlplane.v1.ServerController/getInfo"


def call(endpoint: str, token: str = "") -> str:
    """The status of a call."""
    metadata = (("authorization", f"Bearer {token}"),) if token else ()
    with grpc.insecure_channel(endpoint) as channel:
        try:
            request = server_pb2.GetServerInfoRequest().SerializeToString()
            channel.unary_unary(GET_INFO, None, None)(request, timeout=20, metadata=metadata)
        except grpc.RpcError as error:
            return str(error.code().name)
    return "OK"


@pytest.fixture
def port() -> Iterator[int]:
    """Of an API that is not the stranger's."""
    port = free_port()
    door = Door(f"localhost:{port}", owners=OWNERS)
    running = server.serve(f"localhost:{port}", grpc_handlers, workers=2, with_reflection=False, admit=door.admit_call)
    yield port
    running.stop()
    running.wait()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_process_of_another_user_is_refused(port: int, host: str) -> None:
    with Stranger(port, host) as stranger:
        assert call(f"127.0.0.1:{stranger.port}") == "PERMISSION_DENIED"


def test_where_the_system_does_not_tell_everybody_is_let_in(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "_ask_kernel", lambda *_: None)
    monkeypatch.setattr(sockets, "_TABLES", {socket.AF_INET: "/nowhere"})
    with Stranger(port) as stranger:
        assert call(f"127.0.0.1:{stranger.port}") == "OK"


def test_the_api_answers_processes_of_its_owner_alone(tmp_path: Path) -> None:
    with ApiUnit(tmp_path) as unit, Stranger(unit.port) as stranger:
        unit.wait_until_ready()
        assert call(unit.endpoint) == "OK"
        assert call(f"127.0.0.1:{stranger.port}") == ("PERMISSION_DENIED" if IS_ROOT else "OK")


def test_where_a_token_is_required_it_alone_opens_the_api(tmp_path: Path) -> None:
    with ApiUnit(tmp_path, env={"STIGMER_REQUIRE_TOKEN": "true"}) as unit, Stranger(unit.port) as stranger:
        unit.wait_until_ready()
        file = unit.data_dir / "keys" / "api-token"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        token = file.read_text()
        assert call(unit.endpoint) == "UNAUTHENTICATED"
        assert call(unit.endpoint, token[:-1]) == "UNAUTHENTICATED"
        assert call(unit.endpoint, token) == "OK"
        assert call(f"127.0.0.1:{stranger.port}", token) == "OK"
        assert token not in unit.log


def fetch(port: int, path: str = "/login/", token: str = "") -> int:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
    try:
        with closing(urllib.request.urlopen(request, timeout=20)) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_the_admin_answers_processes_of_its_owner_alone(tmp_path: Path) -> None:
    with WebUnit(tmp_path) as unit, Stranger(unit.port) as stranger:
        unit.wait_until_ready()
        assert fetch(unit.port) == 200
        assert fetch(stranger.port) == (403 if IS_ROOT else 200)
        assert fetch(stranger.port, "/static/stigmer/logo.svg") == (403 if IS_ROOT else 200)


def test_where_a_token_is_required_pages_ask_for_it_or_for_a_session(tmp_path: Path) -> None:
    env = {"STIGMER_REQUIRE_TOKEN": "true"}
    with ApiUnit(tmp_path, env=env) as api, WebUnit(tmp_path, env=env) as unit:
        api.wait_until_ready()  # it prepares the database
        unit.wait_until_ready()
        token = (unit.data_dir / "keys" / "api-token").read_text()
        assert fetch(unit.port) == 401
        assert fetch(unit.port, token=f"{token}x") == 401
        assert fetch(unit.port, token=token) == 200
        signed_in = unit.sign_in_url().removeprefix(unit.url)
        assert fetch(unit.port, signed_in) == 200
        assert fetch(unit.port, signed_in) == 403


def test_the_user_is_named_to_who_is_refused(port: int) -> None:
    with (
        Stranger(port) as stranger,
        grpc.insecure_channel(f"127.0.0.1:{stranger.port}") as channel,
        pytest.raises(grpc.RpcError) as refused,
    ):
        channel.unary_unary(GET_INFO, None, None)(b"", timeout=20)
    user = pwd.getpwuid(NOBODY if IS_ROOT else os.geteuid()).pw_name
    assert f"does not answer user {user}" in str(refused.value.details())


def test_the_command_line_brings_the_token_by_itself(tmp_path: Path) -> None:
    with temporary_installation(tmp_path, STIGMER_UNITS="api") as made:
        done = made.run("config", "set", "backend.local.require_token", "true")
        assert done.code == 0, done.stderr
        done = made.run("get", "organizations", "--output", "name")
        assert (done.code, done.stdout) == (0, "organization/local\n"), done.stderr
        assert call(made.endpoint) == "UNAUTHENTICATED"
