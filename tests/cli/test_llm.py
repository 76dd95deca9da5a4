"""`stigmer server llm` at a stand-in that speaks Ollama's protocol, and the line about the model at a start."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.ports import free_port
from tests.support.served import Served

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.daemon import Installation

MODEL = "qwen2.5-coder:7b"


class OllamaStandIn(Served):
    """Has no model until one is pulled; `fails` is what it says of a pull instead of doing it."""

    def __init__(self) -> None:
        self.models: list[str] = []
        self.fails = ""
        super().__init__(ThreadingHTTPServer(("127.0.0.1", 0), handler(self)))

    @property
    def env(self) -> dict[str, str]:
        """Variables that lead to it."""
        return {"STIGMER_LLM_BASE_URL": f"http://127.0.0.1:{self.port}"}

    def answer(self, path: str) -> Any:
        """What it has there; None for nothing."""
        listed = [{"name": each, "size": 4_700_000_000} for each in self.models]
        return {
            "/api/tags": {"models": listed},
            "/api/version": {"version": "0.14.2"},
            "/api/ps": {"models": listed},
        }.get(path)

    def pull(self, model: str) -> Iterator[Any]:
        """The lines of one pull."""
        yield {"status": "pulling manifest"}
        if self.fails:
            yield {"error": self.fails}
            return
        yield {"status": "pulling 4a5b", "digest": "sha256:4a5b", "total": 4_700_000_000, "completed": 1_200_000_000}
        self.models.append(model)
        yield {"status": "success"}


def handler(ollama: OllamaStandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = ollama.answer(self.path)
            self.send_response(404 if found is None else 200)
            self.end_headers()
            self.wfile.write(json.dumps(found).encode())

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.end_headers()
            for line in ollama.pull(body["model"]):
                self.wfile.write(json.dumps(line).encode() + b"\n")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            pass

    return Handler


@pytest.fixture
def ollama() -> Iterator[OllamaStandIn]:
    with OllamaStandIn() as made:
        yield made


def test_a_model_is_pulled_and_then_listed(installation: Installation, ollama: OllamaStandIn) -> None:
    before = installation.run("server", "llm", "status", env=ollama.env)
    assert before.code == 0, before.stderr
    assert f"Configured:  {MODEL}, which it does not have" in before.stdout
    assert before.stderr == f"\nhint: stigmer server llm pull {MODEL}\n"
    pulled = installation.run("server", "llm", "pull", env=ollama.env)
    assert pulled.code == 0, pulled.stderr
    assert pulled.stderr == f"  pulling manifest\n  pulling 4a5b\n  success\nPulled {MODEL}\n"
    listed = installation.run("server", "llm", "list", env=ollama.env).stdout
    assert listed == f"NAME              SIZE    LOADED\n{MODEL}  4.7 GB  yes\n"
    after = installation.run("server", "llm", "status", "-o", "json", env=ollama.env).json()
    assert (after["version"], after["has_configured_model"], after["loaded"]) == ("0.14.2", True, [MODEL])


def test_a_pull_that_fails_says_why(installation: Installation, ollama: OllamaStandIn) -> None:
    ollama.fails = "pull model manifest: file does not exist"
    done = installation.run("server", "llm", "pull", "no-such", env=ollama.env)
    assert done.code == 1
    assert "error: Ollama cannot pull no-such: pull model manifest: file does not exist" in done.stderr


def test_nobody_there_is_said_at_once(installation: Installation) -> None:
    env = {"STIGMER_LLM_BASE_URL": f"http://127.0.0.1:{free_port()}"}
    done = installation.run("server", "llm", "status", env=env)
    assert done.code == 1
    assert "error: Ollama does not answer at http://127.0.0.1:" in done.stderr
    assert "`ollama serve`" in done.stderr
    told = installation.run("server", "llm", "status", "-o", "json", env=env)
    assert (told.code, told.json()["answers"], told.json()["reason"]) == (1, False, "connection refused")


def test_a_start_says_which_model_will_answer(fresh_installation: Installation, ollama: OllamaStandIn) -> None:
    ollama.models.append(MODEL)
    started = fresh_installation.run("server", "start", env=ollama.env)
    assert started.code == 0, started.stderr
    assert "Using Ollama (no API key required)\n" in started.stderr


def test_a_start_says_that_no_model_will(fresh_installation: Installation) -> None:
    started = fresh_installation.run(
        "server", "start", env={"STIGMER_LLM_PROVIDER": "openai", "STIGMER_LLM_MODEL": "m"}
    )
    assert started.code == 0, started.stderr
    line = "No model yet: OpenAI needs an API key, and OPENAI_API_KEY is not set (see `stigmer model list`)\n"
    assert line in started.stderr


def test_a_start_waits_for_no_host(fresh_installation: Installation) -> None:
    """One that takes connections and says nothing: the server is there before it would have been given up."""
    held = threading.Event()

    class Silent(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            held.wait(60)

    with Served(ThreadingHTTPServer(("127.0.0.1", 0), Silent)) as silent:
        env = {"STIGMER_LLM_BASE_URL": f"http://127.0.0.1:{silent.port}"}
        started = fresh_installation.run("server", "start", env=env)
        held.set()
    assert started.code == 0, started.stderr
    assert "Daemon started" in started.stderr
