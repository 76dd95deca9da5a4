"""Models and their keys: what is there, and keys that count from the next run on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.llm import ModelHost, Reply
from tests.support.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.daemon import Done, Installation

KEY = "sk-ant-right"
AGENT = """\
apiVersion: agentic.stigmer.ai/v1
kind: Agent
metadata: {name: clerk}
spec: {instructions: You answer in one word.}
"""


@pytest.fixture
def host() -> Iterator[ModelHost]:
    with ModelHost([Reply("Hello.")]) as made:
        made.accepts = KEY
        yield made


@pytest.fixture
def configured(fresh_runner: Installation, host: ModelHost) -> Installation:
    """A server that runs, whose models are Anthropic's at `host`, and an agent."""
    started = fresh_runner.run("apply", "-f", "-", stdin=AGENT)
    assert started.code == 0, started.stderr
    for name, value in (("provider", "anthropic"), ("model", "claude-x"), ("base_url", host.url)):
        changed = fresh_runner.run("config", "set", f"backend.local.llm.{name}", value)
        assert "It takes effect with the next run." in changed.stderr
    return fresh_runner


def ask(installation: Installation) -> Done:
    return installation.run("run", "clerk", "-m", "hi")


def test_a_key_counts_from_the_next_run_on(configured: Installation, host: ModelHost) -> None:
    daemon = configured.state()["pid"]
    before = ask(configured)
    assert before.code == 1
    assert "anthropic needs an API key and ANTHROPIC_API_KEY is not set" in before.stderr
    assert "`stigmer model login anthropic`" in before.stderr

    kept = configured.run("model", "login", "anthropic", stdin=f"{KEY}\n")
    assert kept.code == 0, kept.stderr
    assert kept.stderr == "Kept the API key of Anthropic, which it accepts\n"
    assert ask(configured).stdout == "Hello.\n"
    assert (host.requests[-1].key, host.requests[-1].body["model"]) == (KEY, "claude-x")

    configured.run("config", "set", "backend.local.llm.model", "claude-y")
    rotated = configured.run("server", "rotate-keys")
    assert rotated.code == 0, rotated.stderr
    assert ask(configured).code == 0
    assert (host.requests[-1].key, host.requests[-1].body["model"]) == (KEY, "claude-y")

    assert configured.run("model", "logout", "anthropic").code == 0
    assert ask(configured).code == 1
    assert configured.state()["pid"] == daemon


def test_a_kept_key_can_be_read_by_nobody(fresh_installation: Installation, host: ModelHost) -> None:
    env = {"STIGMER_LLM_PROVIDER": "anthropic", "STIGMER_LLM_BASE_URL": host.url}
    done = fresh_installation.run("model", "login", "anthropic", stdin=KEY, env=env)
    assert done.code == 0, done.stderr
    files = [path for path in fresh_installation.home.rglob("*") if path.is_file()]
    assert [path for path in files if KEY.encode() in path.read_bytes()] == []
    kept = fresh_installation.data_dir / "keys" / "models.json"
    assert kept.stat().st_mode & 0o777 == 0o600


def test_a_key_that_is_refused_is_not_kept(fresh_installation: Installation, host: ModelHost) -> None:
    env = {"STIGMER_LLM_PROVIDER": "anthropic", "STIGMER_LLM_BASE_URL": host.url}
    done = fresh_installation.run("model", "login", "anthropic", stdin="sk-wrong", env=env)
    assert done.code == 1
    assert f"error: Anthropic at {host.url} refuses the key (it answers 401); nothing was kept" in done.stderr
    assert "sk-wrong" not in done.stderr
    assert not (fresh_installation.data_dir / "keys" / "models.json").exists()


def test_a_key_that_cannot_be_tried_is_kept_only_where_that_is_asked_for(fresh_installation: Installation) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    env = {"STIGMER_LLM_PROVIDER": "anthropic", "STIGMER_LLM_BASE_URL": url}
    done = fresh_installation.run("model", "login", "anthropic", stdin=KEY, env=env)
    assert done.code == 1
    assert f"Anthropic at {url} does not answer: connection refused" in done.stderr
    untried = fresh_installation.run("model", "login", "anthropic", "--untried", stdin=KEY, env=env)
    assert untried.code == 0, untried.stderr
    listed = fresh_installation.run("model", "list", "anthropic", "-o", "json", env=env).json()
    assert listed["providers"][0]["key"] == "login"


@pytest.mark.parametrize("key", ["", "two words", "l\u00e4tin"])
def test_what_is_no_key_is_refused_without_being_repeated(installation: Installation, key: str) -> None:
    done = installation.run("model", "login", "openai", stdin=f"{key}\n")
    assert done.code == 2
    assert not key or key not in done.stderr


def test_the_list_says_what_is_ready_and_what_it_costs(installation: Installation, host: ModelHost) -> None:
    host.accepts = ""
    env = {"STIGMER_LLM_BASE_URL": host.url, "STIGMER_LLM_MODEL": "stand-in", "OPENAI_API_KEY": "sk-here"}
    env["ANTHROPIC_API_KEY"] = ""
    listed = installation.run("model", "list", "-o", "json", env=env).json()
    ready = {each["name"]: (each["ready"], each["key"]) for each in listed["providers"]}
    assert ready == {
        "ollama": (True, ""),
        "anthropic": (False, ""),
        "openai": (True, "environment"),
        "scripted": (True, ""),
    }
    assert [(each["name"], each["default"], each["input_price"]) for each in listed["models"]] == [
        ("ollama:stand-in", True, 0.0)
    ]
    assert "sk-here" not in str(listed)
    names = installation.run("model", "list", "openai", "-o", "name", env=env).stdout.split()
    assert "openai:gpt-5-mini" in names
    shown = installation.run("model", "list", "openai", env=env).stdout
    (line,) = [line.split() for line in shown.splitlines() if line.startswith("openai:gpt-5-mini ")]
    assert line[1:3] == ["0.25", "2"]
    assert [asked.path for asked in host.requests] == []


def test_ones_own_prices_count_in_the_list_as_in_usage(fresh_installation: Installation, host: ModelHost) -> None:
    host.accepts = ""
    env = {"STIGMER_LLM_BASE_URL": host.url, "STIGMER_LLM_MODEL": "stand-in"}
    fresh_installation.data_dir.mkdir(mode=0o700)
    file = fresh_installation.data_dir / "prices.yaml"
    file.write_text("openai:gpt-5-*: {input: 7, output: 8.5}\nopenai:ours: {input: 1, output: 2}\n")
    listed = fresh_installation.run("model", "list", "openai", "-o", "json", env=env).json()
    prices = {each["name"]: (each["input_price"], each["output_price"]) for each in listed["models"]}
    assert (prices["openai:gpt-5-mini"], prices["openai:ours"]) == ((7.0, 8.5), (1.0, 2.0))
    file.write_text('"ollama:*": {input: 0.5, output: 1}\n')
    (model,) = fresh_installation.run("model", "list", "ollama", "-o", "json", env=env).json()["models"]
    assert (model["input_price"], model["output_price"]) == (0.5, 1.0)
    file.write_text("openai:gpt-5: cheap\n")
    broken = fresh_installation.run("model", "list", "openai", "-o", "name", env=env)
    assert (broken.code, "openai:gpt-5: write NAME" in broken.stderr) == (0, True), broken.stderr


def test_a_dead_ollama_is_said_to_be_one(installation: Installation) -> None:
    env = {"STIGMER_LLM_BASE_URL": f"http://127.0.0.1:{free_port()}"}
    done = installation.run("model", "list", env=env)
    assert done.code == 0, done.stderr
    assert "does not answer: connection refused" in done.stdout
    assert "hint: stigmer model login anthropic" in done.stderr
