"""`stigmer config`."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.daemon import Installation


def test_nobody_has_to_write_a_file(fresh_installation: Installation) -> None:
    run = fresh_installation.run
    file = fresh_installation.home / "config.yaml"
    assert run("config", "path").stdout == f"{file}\n"
    assert run("config", "get", "backend.type").stdout == "local\n"
    assert not file.exists()


def test_a_value_that_is_set_is_read_back_with_its_origin(fresh_installation: Installation) -> None:
    run = fresh_installation.run
    file = fresh_installation.home / "config.yaml"
    done = run("config", "set", "backend.local.llm.model", "llama3")
    assert (done.code, done.stdout) == (0, "")
    assert done.stderr == f"Set backend.local.llm.model in {file}\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert run("config", "get", "backend.local.llm.model").stdout == "llama3\n"
    found = {each["key"]: each for each in run("config", "list", "-o", "json").json()}
    assert found["backend.local.llm.model"]["from"] == "file"
    assert found["backend.local.llm.model"]["where"].startswith(f"{file}:")
    assert found["backend.local.endpoint"]["from"] == "environment"
    assert found["backend.local.endpoint"]["where"] == "STIGMER_SERVER_ADDR"
    assert found["backend.type"]["from"] == "default"


def test_a_value_is_taken_out_again(fresh_installation: Installation) -> None:
    run = fresh_installation.run
    file = fresh_installation.home / "config.yaml"
    run("config", "set", "backend.local.llm.model", "llama3")
    done = run("config", "unset", "backend.local.llm.model")
    assert (done.code, done.stdout) == (0, "")
    assert done.stderr.startswith(f"Took backend.local.llm.model out of {file}: it is ")
    assert done.stderr.endswith(" from default now\n")
    assert run("config", "get", "backend.local.llm.model").stdout != "llama3\n"
    again = run("config", "unset", "backend.local.llm.model")
    assert (again.code, again.stderr) == (0, f"backend.local.llm.model is not set in {file}\n")
    assert run("config", "unset", "backend.local.llm.modle").code == 2


def test_a_secret_comes_from_standard_input_and_is_never_shown(fresh_installation: Installation) -> None:
    run = fresh_installation.run
    assert run("config", "set", "backend.cloud.token", stdin="stk_very_secret_word\n").code == 0
    for arguments in (("get", "backend.cloud.token"), ("list",), ("list", "-o", "json"), ("list", "-o", "yaml")):
        assert "very_secret_word" not in run("config", *arguments).stdout
    assert "very_secret_word" in (fresh_installation.home / "config.yaml").read_text()


def test_a_secret_is_typed_unseen(fresh_installation: Installation) -> None:
    code, screen = fresh_installation.run_on_terminal(
        "config", "set", "backend.cloud.token", typed="stk_unseen\n", after="backend.cloud.token: "
    )
    assert code == 0, screen
    assert "stk_unseen" not in screen
    assert "stk_unseen" in (fresh_installation.home / "config.yaml").read_text()


def test_settings_of_the_cloud_are_told_only_to_those_who_set_them(fresh_installation: Installation) -> None:
    def listed(*more: str) -> str:
        return fresh_installation.run("config", "list", *more).stdout

    assert "backend.type" in listed()
    assert "backend.cloud" not in listed() + listed("-o", "json") + listed("-o", "name")
    assert "cloud" not in fresh_installation.run("config", "get", "backend.cloud.endpont").stderr.partition("hint:")[2]
    assert fresh_installation.run("config", "set", "backend.cloud.env_id", "env-1").code == 0
    assert "backend.cloud.env_id" in listed("-o", "name").split()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("get", "backend.locale"), 2, "backend.locale"),
        (("set", "backend.locale", "x"), 2, "backend.locale"),
        (("set", "backend.type", "moon"), 2, "backend.type"),
        (("set", "backend.local.temporal.port", "many"), 2, "backend.local.temporal.port"),
        (("set", "backend.local.llm.openai_api_key"), 2, "is read from OPENAI_API_KEY only"),
        (("set", "backend.local.llm.openai_api_key", "sk-1"), 2, "is read from OPENAI_API_KEY only"),
    ],
)
def test_bad_keys_and_values_name_the_key(
    fresh_installation: Installation, arguments: tuple[str, ...], code: int, words: str
) -> None:
    done = fresh_installation.run("config", *arguments)
    assert (done.code, done.stdout) == (code, "")
    assert done.stderr.startswith("error: ")
    assert words in done.stderr
    assert "\n\nhint: " in done.stderr


def test_a_broken_file_is_one_clear_error_everywhere(fresh_installation: Installation) -> None:
    file = fresh_installation.home / "config.yaml"
    file.write_text("backend:\n  type: local\n  colour: green\n")
    for arguments in (("config", "list"), ("get", "agents"), ("server", "status"), ("backend", "status")):
        done = fresh_installation.run(*arguments)
        assert done.code != 0
        assert done.stderr.startswith(f"error: {file}:3: ")
        assert "colour" in done.stderr
    assert fresh_installation.run("config", "path").code == 0


def test_a_value_that_does_not_count_yet_or_at_all_says_so(installation: Installation) -> None:
    path = installation.home / "config.yaml"
    key = "backend.local.llm.model"
    try:
        other = "backend.local.temporal.managed"
        later = installation.run("config", "set", other, "true")
        assert later.stderr == f"Set {other} in {path}\nIt takes effect with the next `stigmer server restart`.\n"
        soon = installation.run("config", "set", key, "llama3")
        assert soon.stderr == f"Set {key} in {path}\nIt takes effect with the next run.\n"
        never = installation.run("config", "set", key, "llama4", env={"STIGMER_LLM_MODEL": "other"})
        assert "warning: STIGMER_LLM_MODEL is set in the environment, and wins over the file\n" in never.stderr
        assert installation.run("config", "get", key).stdout == "llama4\n"
    finally:
        path.unlink()


@pytest.mark.parametrize(
    ("key", "value", "hint"),
    [
        ("backend.type", "clod", "For example: `stigmer config set backend.type local`"),
        (
            "backend.local.temporal.managed",
            "maybe",
            "For example: `stigmer config set backend.local.temporal.managed true`",
        ),
        ("backend.local.data_dir", "here", "`backend.local.data_dir` takes: directory"),
    ],
)
def test_a_bad_value_comes_with_a_good_one(fresh_installation: Installation, key: str, value: str, hint: str) -> None:
    done = fresh_installation.run("config", "set", key, value)
    assert done.code == 2
    assert done.stderr.endswith(f"\n\nhint: {hint}\n")


def test_the_list_fits_a_terminal_and_names_the_variable(fresh_installation: Installation) -> None:
    (fresh_installation.home / "config.yaml").write_text("backend: {local: {llm: {model: llama3}}}\n")
    code, screen = fresh_installation.run_on_terminal("config", "list", env={"NO_COLOR": "1"})
    assert code == 0
    lines = screen.splitlines()
    assert max(map(len, lines)) <= 80
    rows = {line.split()[0]: line.split()[1:] for line in lines}
    assert rows["backend.local.endpoint"] == [fresh_installation.endpoint, "STIGMER_SERVER_ADDR"]
    assert rows["backend.local.llm.model"] == ["llama3", "config.yaml:1"]
    assert rows["backend.type"] == ["local", "default"]


def test_what_is_no_secret_is_typed_in_sight(fresh_installation: Installation) -> None:
    code, screen = fresh_installation.run_on_terminal(
        "config", "set", "backend.local.llm.model", typed="llama3\n", after="backend.local.llm.model: "
    )
    assert code == 0, screen
    assert "backend.local.llm.model: llama3\n" in screen
