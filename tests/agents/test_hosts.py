"""The way to hosts of models and tool servers: addresses, headers, proxies, certificates, and what refuses."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest

from apps.agents.runtime import http_client
from apps.agents.runtime.errors import RunFailed
from apps.agents.runtime.models.providers import root_of
from apps.agents.runtime.refusal import words_of
from apps.resources.json_value import Json
from apps.shared.reach import AddressRefused, Reach, parse_place
from tests.agents.agents import COMPLETED, FAILED, Agents, call, results, texts
from tests.agents.conftest import Own
from tests.suites.client import unique
from tests.support.llm import ModelHost, Reply
from tests.support.mcp import McpHost
from tests.support.ports import free_port
from tests.support.proxy import ForwardProxy, SocksProxy
from tests.support.raw_http import RawHost, answer, self_signed
from tests.support.rebinding import rebind

MODEL, TOOLS = "llm.example.test", "mcp.example.test"
FAR_TOOLS = f"http://{TOOLS}/mcp"
KEYS = {"openai": "OPENAI_API_KEY", "anthropic": "ANTHROPIC_API_KEY", "ollama": "NOT_NEEDED"}
PROTOCOL = {"host", "accept", "accept-encoding", "connection", "content-type", "content-length", "user-agent"}


def _settings(provider: str, base_url: str) -> dict[str, str]:
    return {
        "STIGMER_LLM_PROVIDER": provider,
        "STIGMER_LLM_MODEL": "stand-in",
        "STIGMER_LLM_BASE_URL": base_url,
        KEYS[provider]: "key-of-the-server",
    }


class TestAddresses:
    @pytest.mark.parametrize("end", ["", "/", "/v1", "/v1/"])
    @pytest.mark.parametrize("provider", list(KEYS))
    def test_every_form_of_an_address_means_the_same(self, provider: str, end: str) -> None:
        root = "http://host.example.test"
        assert root_of(provider, f"{root}{end}") == (f"{root}/v1" if provider == "openai" else root)

    def test_a_path_of_its_own_is_left_to_hosts_of_openais_protocol(self) -> None:
        for path in ("/openai/v1", "/v1beta/openai", "/api/v1"):
            assert root_of("openai", f"https://host.example.test{path}/") == f"https://host.example.test{path}"

    @pytest.mark.parametrize(("provider", "end"), [("anthropic", "/v1"), ("openai", "/")])
    def test_such_an_address_works(self, own: Own, provider: str, end: str) -> None:
        with ModelHost() as host:
            own.start_runner(**_settings(provider, f"{host.url}{end}"))
            run = own.agents.wait(own.agents.start(own.agents.agent()))
        assert (run.status.phase, texts(run, 2)) == (COMPLETED, ["Hello."]), run.status.error


@pytest.mark.parametrize("provider", list(KEYS))
def test_a_host_is_sent_nothing_that_is_meant_for_another(own: Own, provider: str) -> None:
    found = {
        "OPENAI_ORG_ID": "org-elsewhere",
        "OPENAI_PROJECT_ID": "project-elsewhere",
        "OPENAI_CUSTOM_HEADERS": "X-Elsewhere: 1\nAuthorization: Bearer elsewhere",
        "ANTHROPIC_CUSTOM_HEADERS": "X-Elsewhere: 1\nX-Api-Key: elsewhere",
        "ANTHROPIC_AUTH_TOKEN": "elsewhere",
    }
    with ModelHost() as host:
        own.start_runner(**_settings(provider, host.url), **found)
        run = own.agents.wait(own.agents.start(own.agents.agent()))
    assert run.status.phase == COMPLETED, run.status.error
    headers = host.requests[0].headers
    assert set(headers) - PROTOCOL <= {"authorization", "x-api-key", "anthropic-version"}
    assert "elsewhere" not in str(headers)
    assert host.requests[0].key == ("not-needed" if provider == "ollama" else "key-of-the-server")


class TestEnvironment:
    """Of the server. A proxy is for models and tool servers alike, and never for this machine."""

    @pytest.mark.parametrize(("variable", "kind"), [("http_proxy", ForwardProxy), ("ALL_PROXY", SocksProxy)])
    def test_tool_servers_are_reached_by_way_of_the_proxy(
        self, own: Own, variable: str, kind: type[ForwardProxy | SocksProxy]
    ) -> None:
        with McpHost() as host, kind({TOOLS: host.port}) as proxy:
            own.start_runner(**{variable: proxy.url})
            far, here = ({"name": name, "http": {"url": url}} for name, url in (("far", FAR_TOOLS), ("here", host.url)))
            turn = {"calls": [call("far_ping_tool", a=1), call("here_ping_tool", a=1)]}
            run = own.agents.run(own.agents.agent(far, here), turn, "Done.")
        assert (run.status.phase, results(run)) == (COMPLETED, ["pong", "pong"]), run.status.error
        assert set(proxy.asked) == {TOOLS}

    @pytest.mark.parametrize(("variable", "kind"), [("HTTP_PROXY", ForwardProxy), ("all_proxy", SocksProxy)])
    def test_models_are_reached_by_way_of_the_proxy(
        self, own: Own, variable: str, kind: type[ForwardProxy | SocksProxy]
    ) -> None:
        with ModelHost() as host, kind({MODEL: urlsplit(host.url).port or 0}) as proxy:
            own.start_runner(**_settings("openai", f"http://{MODEL}"), **{variable: proxy.url})
            run = own.agents.wait(own.agents.start(own.agents.agent()))
        assert (run.status.phase, proxy.asked) == (COMPLETED, [MODEL]), run.status.error

    def test_a_proxy_that_is_not_there_is_named_without_its_password(self, own: Own) -> None:
        port = free_port()
        own.start_runner(**_settings("openai", f"http://{MODEL}"), ALL_PROXY=f"socks5://user:sesame@127.0.0.1:{port}")
        run = own.agents.wait(own.agents.start(own.agents.agent()))
        assert run.status.phase == FAILED
        assert f"Connection refused (by way of the proxy socks5://127.0.0.1:{port})" in run.status.error
        assert "sesame" not in run.status.error

    def test_a_proxy_that_cannot_be_used_is_told(self, own: Own) -> None:
        own.start_runner(**_settings("openai", f"http://{MODEL}"), ALL_PROXY="gopher://127.0.0.1:70")
        run = own.agents.wait(own.agents.start(own.agents.agent()))
        assert run.status.error.startswith(f"the proxy that the environment of the server names for {MODEL} cannot be")

    def test_the_package_for_socks_is_named_where_it_is_missing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:1080")
        monkeypatch.setitem(sys.modules, "socksio", None)
        with pytest.raises(RunFailed, match="the package socksio, for SOCKS, is missing"):
            http_client.make_client(httpx2.AsyncClient, FAR_TOOLS, timeout=httpx2.Timeout(1))

    @pytest.mark.parametrize("is_known", [True, False])
    def test_authorities_of_the_environment_hold_on_this_machine_too(
        self, own: Own, tmp_path: Path, *, is_known: bool
    ) -> None:
        certificate = self_signed(tmp_path)
        known = {"SSL_CERT_FILE": str(certificate)} if is_known else {}
        with RawHost(answer(b"no such model", status="404 Not Found"), certificate=certificate) as host:
            own.start_runner(**_settings("openai", f"{host.url}v1"), **known)
            run = own.agents.wait(own.agents.start(own.agents.agent()))
        assert run.status.phase == FAILED
        assert ("answered 404: no such model" if is_known else "its certificate does not hold: ") in run.status.error

    def test_a_file_of_authorities_that_is_not_there_is_told(self, own: Own) -> None:
        own.start_runner(**_settings("openai", f"http://{MODEL}"), SSL_CERT_FILE="/no/such/file.pem")
        run = own.agents.wait(own.agents.start(own.agents.agent()))
        assert run.status.error.startswith("the certificates of authorities that SSL_CERT_FILE names cannot be read")

    @pytest.mark.parametrize(
        ("url", "exceptions", "is_asked"),
        [
            ("http://llm.example.test/", "", True),
            ("http://llm.example.test/", "other.test, example.test", False),
            ("http://llm.example.test/", ".example.test", False),
            ("http://llm.example.test/", "*.example.test", False),
            ("http://llm.example.test/", "example.test:8080", True),
            ("http://llm.example.test:8080/", "example.test:8080", False),
            ("http://badexample.test/", "example.test", True),
            ("http://llm.example.test/", "*", False),
            ("http://10.1.2.3/", "10.0.0.0/8", False),
            ("http://10.1.2.3/", "10.1.2.3", False),
            ("http://[fd00::1]/", "fd00::/8", False),
            ("http://localhost:1/", "", False),
            ("http://a.localhost/", "", False),
            ("http://127.0.0.9/", "", False),
            ("http://[::1]/", "", False),
            ("http://localhost./", "", False),
            ("http://127.1/", "", False),
            ("http://0.0.0.0/", "", False),
            ("http://[::ffff:127.0.0.1]/", "", False),
            ("http://llm.example.test./", "other.test example.test", False),
            ("http://llm.example.test/", "example.test.", False),
            ("http://[fd00::1]:8080/", "[fd00::1]:8080", False),
            ("http://[fd00::1]:8081/", "[fd00::1]:8080", True),
        ],
    )
    def test_no_proxy_is_asked_for_what_is_excepted(
        self, monkeypatch: pytest.MonkeyPatch, url: str, exceptions: str, *, is_asked: bool
    ) -> None:
        monkeypatch.setenv("http_proxy", " proxy.example.test:3128")
        monkeypatch.setenv("no_proxy", exceptions)
        proxy = http_client.proxy_for(url)
        assert (str(proxy.url) if proxy else "") == ("http://proxy.example.test:3128" if is_asked else "")

    @pytest.mark.parametrize("named", ["http://", "http:/proxy:1", "http://proxy:99999", "ftp://proxy:1", "::1"])
    def test_what_is_no_address_of_a_proxy_is_refused(self, monkeypatch: pytest.MonkeyPatch, named: str) -> None:
        monkeypatch.setenv("all_proxy", named)
        with pytest.raises(RunFailed, match=r"cannot be used: .*HTTP_PROXY"):
            http_client.proxy_for("https://llm.example.test/")


def _asked_with_body(agents: Agents, host: ModelHost, body: bytes) -> tuple[Json, int]:
    asked = unique("refused")
    host.replies.append(Reply(raw=body, headers={"content-type": "application/json"}, when=asked))
    run = agents.wait(agents.start(agents.agent(), message=asked))
    return run, len([request for request in host.requests if asked in request.texts[-1]])


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            b'{"error": {"message": "No endpoints found for this model", "code": 404}}',
            "answered 404: No endpoints found",
        ),
        (b'{"error": "out of cheese"}', "answered 400: out of cheese"),
        (b'{"error": {"message": "no credit", "code": "insufficient"}}', "answered 400: no credit"),
    ],
)
def test_a_refusal_under_status_200_is_one(agents: Agents, model_host: ModelHost, body: bytes, said: str) -> None:
    run, requests = _asked_with_body(agents, model_host, body)
    assert run.status.phase == FAILED
    assert said in run.status.error
    assert requests == 1


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"error": "invalid_token", "error_description": "token expired"}, "token expired"),
        ({"error": {"message": "no such model", "type": "x"}}, "no such model"),
        ({"errors": [{"message": "over quota"}]}, "over quota"),
        (b"\xef\xbb\xbfthe disk is full\nsee the log", "the disk is full"),
        (b'{"detail": "not for you"}', "not for you"),
        (b'{"odd": 1}', '{"odd": 1}'),
        (b"", ""),
        (None, ""),
    ],
)
def test_the_sentence_of_a_refusal_is_found_wherever_it_is(body: object, said: str) -> None:
    assert words_of(body) == said


def test_a_server_of_many_calls_what_it_has_judged_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor where it is redirected to, by whatever client; and no proxy decides for it what a name leads to."""
    last = "Connection: close"  # of the connection: the next request is to look the name up once more
    there = answer(b"", "Location: http://other.example:1/", last, status="307 Temporary Redirect")
    with RawHost(answer(b"{}", last), there) as host, ForwardProxy({}) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        told = rebind(monkeypatch, "shop.example", "127.0.0.1", "127.0.0.1", "127.0.0.2")
        rebind(monkeypatch, "other.example", "169.254.169.254")
        url, reach = f"http://shop.example:{host.port}/", Reach((parse_place(f"127.0.0.1:{host.port}"),))

        async def ask() -> int:
            timeout = httpx2.Timeout(20)
            async with http_client.make_client(httpx2.AsyncClient, url, timeout=timeout, reach=reach) as client:
                status = (await client.get(url)).status_code
                for sent, named in ((url, "other.example leads to a link-local"), (url, "shop.example leads to this")):
                    with pytest.raises(AddressRefused, match=named):
                        await client.get(sent, follow_redirects=True)
                with pytest.raises(httpx2.ConnectError):
                    await client.get("http://nowhere.invalid/")
            return status

        assert asyncio.run(ask()) == 200
    assert told == ["127.0.0.1", "127.0.0.1", "127.0.0.2"]
    assert (host.connections, proxy.asked) == (2, [])
