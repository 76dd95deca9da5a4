"""Secrets and keys that operators give."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from apps.resources.errors import KeyFileDamaged
from apps.resources.secrets import vault
from stigmer_site.given import SettingWrong, broker, given, secret
from stigmer_site.machine.given_keys import GivenKeys
from tests.support.machines import HandOver

SECRET = "thirty-two characters, or even more"
ONE, TWO = (f"k{number}:{base64.b64encode(bytes([number]) * 32).decode()}" for number in (1, 2))


def test_a_secret_stands_in_a_variable_or_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{SECRET}\n")
    assert secret({"STIGMER_SECRET": SECRET}) == secret({"STIGMER_SECRET_FILE": str(file)}) == SECRET
    assert not secret({})


@pytest.mark.parametrize(
    ("environ", "complaint"),
    [
        ({"STIGMER_SECRET": "a", "STIGMER_SECRET_FILE": "/b"}, "STIGMER_SECRET: STIGMER_SECRET_FILE is set, too"),
        ({"STIGMER_SECRET_FILE": "/nowhere/at/all"}, "STIGMER_SECRET_FILE: /nowhere/at/all cannot be read: No such"),
        ({"STIGMER_SECRET_FILE": "/dev/null"}, "STIGMER_SECRET_FILE: /dev/null is empty"),
    ],
)
def test_what_is_wrong_with_it_is_told(environ: dict[str, str], complaint: str) -> None:
    with pytest.raises(SettingWrong, match=complaint) as told:
        given(environ, "STIGMER_SECRET")
    assert told.value.hint


def test_a_short_secret_is_refused_and_not_quoted() -> None:
    with pytest.raises(SettingWrong, match="shorter than 32") as told:
        secret({"STIGMER_SECRET": "sesame"})
    assert "sesame" not in f"{told.value}{told.value.hint}"


def test_a_broker_of_another_kind_is_refused_without_its_password() -> None:
    with pytest.raises(SettingWrong, match="STIGMER_BROKER_URL: it is no address of RabbitMQ") as told:
        broker({"STIGMER_BROKER_URL": "redis://:sesame@localhost/0"})
    assert "sesame" not in f"{told.value}{told.value.hint}"
    assert broker({"STIGMER_BROKER_URL": "amqps://one:two@mq.example/v"}) == "amqps://one:two@mq.example/v"


def test_values_are_opened_with_every_key_and_sealed_with_the_last(tmp_path: Path, hand_over: HandOver) -> None:
    file = tmp_path / "keys"
    file.write_text(f"{ONE}\n")
    hand_over(keys=GivenKeys(file, SECRET))
    old = vault.seal("hello")
    file.write_text(f"{ONE}\n{TWO}:1790000000\n")
    assert (vault.unseal(old), vault.is_newest(old)) == ("hello", False)
    fresh = vault.reseal(old)
    hand_over(keys=GivenKeys(f"{ONE},{TWO}", SECRET))  # another machine, with the same in a variable
    assert (vault.unseal(fresh), vault.key_id_of(fresh)) == ("hello", "k2")


def test_a_file_that_is_being_changed_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text(ONE)
    keys = GivenKeys(file, SECRET)
    assert [key.id for key in keys.read()] == ["k1"]
    file.write_text("")
    assert [key.id for key in keys.read()] == ["k1"]
    file.unlink()
    assert [key.id for key in keys.read()] == ["k1"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("-", "number 1"), (f"{ONE} k2:nonsense", "number 2 is no"), (f"{ONE} {ONE}", "two keys have one id")],
)
def test_keys_that_are_none_are_refused_and_not_quoted(text: str, complaint: str) -> None:
    with pytest.raises(KeyFileDamaged, match=complaint) as told:
        GivenKeys(text, SECRET).read()
    assert "nonsense" not in str(told.value)


def test_api_keys_are_hashed_alike_everywhere_and_otherwise_with_another_secret() -> None:
    assert GivenKeys(ONE, SECRET).pepper() == GivenKeys(TWO, SECRET).pepper() != GivenKeys(ONE, SECRET + "!").pepper()
