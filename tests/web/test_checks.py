"""Settings that cannot work are refused at start, each under its number and with a hint."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.checks import CheckMessage, run_checks

from stigmer_site.checks import TAG
from stigmer_site.loopback import parse_loopback


@pytest.fixture
def good(settings: LazySettings, tmp_path: Path) -> LazySettings:
    tmp_path.chmod(0o700)
    settings.ENDPOINT, settings.WEB, settings.DATA_DIR = "localhost:50051", "127.0.0.1:8234", tmp_path
    return settings


def found() -> dict[str, CheckMessage]:
    return {str(message.id): message for message in run_checks(tags=[TAG])}


def test_the_defaults_are_fine(good: LazySettings) -> None:
    assert found() == {}


@pytest.mark.parametrize(
    "address",
    ["0.0.0.0:8234", "example.com:80", "127.0.0.1", ":8234", "localhost:0", "localhost:99999", "localhost:x", ""],
)
@pytest.mark.parametrize(("name", "number"), [("ENDPOINT", "stigmer.E001"), ("WEB", "stigmer.E002")])
def test_an_address_that_is_not_on_loopback_is_an_error(
    good: LazySettings, name: str, number: str, address: str
) -> None:
    setattr(good, name, address)
    message = found()[number]
    assert message.is_serious()
    assert "stigmer config set backend.local." in str(message.hint)


def test_two_servers_on_one_port_are_an_error(good: LazySettings) -> None:
    good.WEB = "127.0.0.1:50051"
    assert "same port" in found()["stigmer.E003"].msg


@pytest.mark.parametrize(
    ("path", "complaint"),
    [("relative", "absolute"), ("/nowhere/at/all", "not a directory"), (__file__, "not a directory")],
)
def test_a_data_directory_that_cannot_be_used_is_an_error(good: LazySettings, path: str, complaint: str) -> None:
    good.DATA_DIR = Path(path)
    assert complaint in found()["stigmer.E004"].msg


def test_a_data_directory_open_to_others_is_a_warning(good: LazySettings, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    message = found()["stigmer.W001"]
    assert not message.is_serious()
    assert f"chmod 700 {tmp_path}" in str(message.hint)


@pytest.mark.parametrize(
    ("text", "shown"),
    [("localhost:1", "localhost:1"), ("[::1]:8234", "[::1]:8234"), ("127.0.0.1:65535", "127.0.0.1:65535")],
)
def test_an_address_reads_back_as_it_was_written(text: str, shown: Any) -> None:
    assert str(parse_loopback(text)) == shown
