"""The web unit as a process: how it starts, refuses, and stops."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from apps.backends.config import load
from apps.backends.local_settings import VARIABLE
from stigmer_site.serving import MOST_CONNECTIONS
from tests.web.conftest import Site
from tests.web.web_unit import WebUnit

StartWeb = Callable[..., WebUnit]


@pytest.fixture
def start_web(tmp_path: Path) -> Iterator[StartWeb]:
    started: list[WebUnit] = []

    def start(name: str = "own", **options: object) -> WebUnit:
        started.append(WebUnit(tmp_path / name, **options))  # type: ignore[arg-type]  # handed on as they are
        return started[-1]

    yield start
    for unit in started:
        unit.close()


def test_it_tells_the_daemon_its_stage_and_its_address(start_web: StartWeb) -> None:
    web = start_web()
    web.wait_until_ready()
    assert web.messages[-1] == {"ready": True, "address": web.address}
    assert {"stage": "loading the admin"} in web.messages
    assert web.get("/login/").status == 200


# What only pages that write need: 12 MB, and a tenth of a second of every start.
NOT_TO_START = {"protovalidate", "temporalio", "grpc", "apps.resources.wire.codec"}
LOADED = """
import sys, django
django.setup()
import stigmer_site.urls, stigmer_site.serving, stigmer_site.wsgi
print(*sys.modules)
"""


def test_it_starts_without_what_only_writing_needs(tmp_path: Path) -> None:
    where = {**os.environ, "DJANGO_SETTINGS_MODULE": "stigmer_site.settings", "STIGMER_HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", LOADED], env=where, capture_output=True, text=True, check=True)
    assert NOT_TO_START & set(done.stdout.split()) == set()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_gracefully_on_a_signal(start_web: StartWeb, number: int) -> None:
    web = start_web()
    web.wait_until_ready()
    os.kill(web.pid, number)
    assert web.wait() == 0
    assert "Traceback" not in web.log


def test_it_ends_when_the_daemon_is_gone(start_web: StartWeb) -> None:
    web = start_web()
    web.wait_until_ready()
    web.hang_up()
    assert web.wait() == 0


def test_an_idle_connection_does_not_keep_it_alive(start_web: StartWeb) -> None:
    web = start_web()
    web.wait_until_ready()
    with socket.create_connection(("127.0.0.1", web.port)) as idle:
        idle.sendall(b"GET / HTTP/1.1\r\nHost: ")
        os.kill(web.pid, signal.SIGTERM)
        assert web.wait() == 0


def test_it_can_start_again_on_the_same_port_at_once(start_web: StartWeb) -> None:
    web = start_web()
    web.wait_until_ready()
    web.get("/login/")
    os.kill(web.pid, signal.SIGTERM)
    web.restart()
    assert web.get("/login/").status == 200


def test_a_port_that_is_taken_is_named_with_its_holder_and_a_way_out(start_web: StartWeb) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        web = start_web(port=port)
        told = web.wait_until_failed()
    assert told["permanent"] is False
    assert f"127.0.0.1:{port} is taken by {psutil.Process().name()} (pid {os.getpid()})" in told["failed"]
    assert "stigmer config set backend.local.web 127.0.0.1:PORT" in told["hint"]
    assert web.wait() == 1
    assert "Traceback" not in web.log


def test_a_second_server_on_the_port_is_called_by_its_name(start_web: StartWeb) -> None:
    first = start_web("first")
    first.wait_until_ready()
    told = start_web("second", port=first.port).wait_until_failed()
    assert f"another stigmer server (pid {first.pid})" in told["failed"]


@pytest.mark.parametrize("address", ["0.0.0.0:8234", "example.com:8234", "127.0.0.1", "127.0.0.1:0"])
def test_an_address_that_others_can_reach_is_refused(start_web: StartWeb, tmp_path: Path, address: str) -> None:
    settings = load(environ={"STIGMER_HOME": str(tmp_path)}).local._replace(web=address)
    told = start_web(env={VARIABLE: settings.to_json()}).wait_until_failed()
    assert "backend.local.web" in told["failed"]
    assert told["permanent"] is True


def test_localhost_is_served_on_both_loopbacks(start_web: StartWeb) -> None:
    web = start_web(host="localhost")
    web.wait_until_ready()
    hosts = [f"127.0.0.1:{web.port}", f"localhost:{web.port}"]
    if has_ipv6():
        hosts.append(f"[::1]:{web.port}")
    assert [web.get("/login/", host=host).status for host in hosts] == [200] * len(hosts)


def test_without_a_database_every_page_says_so(start_web: StartWeb) -> None:
    web = start_web()
    web.wait_until_ready()
    token_page = web.get(web.sign_in_url().removeprefix(web.url))
    assert token_page.status == 503
    assert "The database is not ready" in token_page.text
    assert "stigmer server restart" in token_page.text
    assert web.get("/login/").status == 200


def test_a_token_stands_in_no_log_whether_it_was_taken_or_refused(site: Site) -> None:
    path = site.web.sign_in_url().removeprefix(site.web.url)
    token = path.rpartition("=")[2]
    assert site.web.get(path, method="HEAD").status == 405
    assert site.web.get(path, name="evil.example").status == 421
    assert [site.web.get(path).status for _ in range(2)] == [200, 403]
    assert "Forbidden: /sign-in/" in site.web.log, "what is refused is logged"
    assert token not in site.web.log


def test_styles_scripts_and_icons_come_out_of_the_packages(site: Site) -> None:
    for path in ("unfold/css/styles.css", "unfold/js/alpine/alpine.js", "stigmer/stigmer.css", "stigmer/logo.svg"):
        answer = site.web.get(f"/static/{path}")
        assert answer.status == 200, path
        assert answer.text
    for path in ("/static/../settings.py", "/static/%2e%2e/settings.py", "/static//etc/passwd"):
        assert not {"SECRET_KEY", "root:"} & set(site.web.get(path).text.split())


def test_the_server_does_not_say_what_it_is_made_of(site: Site) -> None:
    assert "Server" not in site.web.get("/login/").headers


def test_starting_it_loads_no_generated_messages_and_no_validator() -> None:
    """A third of its memory, which only history pages and submitted forms need; nor what is for many machines."""
    code = (
        "import django, sys; django.setup(); import stigmer_site.urls, stigmer_site.wsgi;"
        "print([name for name, module in sys.modules.items()"
        " if module and (name.endswith('_pb2') or name.startswith('stigmer_site.cloud')"
        " or name in ('protovalidate', 'grpc', 'psycopg', 'prometheus_client'))])"
    )
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "stigmer_site.settings"}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.mark.parametrize("begin", [b"", b"GET /login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "])
def test_connections_that_are_held_open_keep_nobody_out(start_web: StartWeb, begin: bytes) -> None:
    web = start_web()
    web.wait_until_ready()
    with ExitStack() as held:
        for _ in range(MOST_CONNECTIONS + 50):
            connection = held.enter_context(socket.create_connection((web.host, web.port), timeout=20))
            connection.sendall(begin)
        assert web.get("/login/").status == 200
