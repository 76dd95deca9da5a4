"""What the server's processes are told, by the daemon or by nobody."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from apps.backends.config import load
from apps.backends.local import environment

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ["DATA_DIR", "ENDPOINT", "WEB", "TEMPORAL_ADDRESS", "LLM_PROVIDER", "LLM_MODEL", "LLM_BASE_URL", "LLM_API_KEYS"]
PROGRAM = f"""
import json
from stigmer_site import settings
print(json.dumps({{name: getattr(settings, name) for name in {NAMES}}}, default=str))
"""
FILE = """
backend:
  local:
    data_dir: {0}/elsewhere
    endpoint: localhost:6000
    web: 127.0.0.1:6001
    llm: {{provider: openai, model: gpt}}
    temporal: {{port: 6002}}
"""


@pytest.mark.parametrize("is_handed", [True, False], ids=["by the daemon", "by hand"])
def test_the_server_is_told_what_the_configuration_says(tmp_path: Path, is_handed: bool) -> None:
    (tmp_path / "config.yaml").write_text(FILE.format(tmp_path))
    environ = {"STIGMER_HOME": str(tmp_path), "OPENAI_API_KEY": "sk-1", "PATH": os.environ["PATH"]}
    if is_handed:
        environ = environment.for_server(environ, load(environ=environ).local)
        (tmp_path / "config.yaml").unlink()
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environ, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == {
        "DATA_DIR": f"{tmp_path}/elsewhere",
        "ENDPOINT": "localhost:6000",
        "WEB": "127.0.0.1:6001",
        "TEMPORAL_ADDRESS": "127.0.0.1:6002",
        "LLM_PROVIDER": "openai",
        "LLM_MODEL": "gpt",
        "LLM_BASE_URL": "",
        "LLM_API_KEYS": {"ANTHROPIC_API_KEY": "", "OPENAI_API_KEY": "sk-1"},
    }


def test_a_mistake_in_the_configuration_is_one_sentence_by_hand_too(tmp_path: Path) -> None:
    environ = {"STIGMER_HOME": str(tmp_path), "STIGMER_WEB_ADDR": "nonsense", "PATH": os.environ["PATH"]}
    command = [sys.executable, "-m", "stigmer_site", "check"]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "error: STIGMER_WEB_ADDR (`backend.local.web`) must be HOST:PORT with a port from 1 to 65535, got 'nonsense'\n"
        "\n"
        "hint: Run `export STIGMER_WEB_ADDR=127.0.0.1:8234`, or `unset STIGMER_WEB_ADDR`\n"
    )
