"""The keys of secret values: their file, and changing them while everything runs."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from apps.resources.errors import KeyFileDamaged
from apps.resources.secrets import vault
from apps.resources.secrets.keyfile import KeyFile
from apps.shared.masking import MASK
from tests.factories import make_environment, make_workflow
from tests.suites.api_unit import ApiUnit, StartUnit
from tests.suites.client import Api
from tests.suites.idle_runs import IdleUnit
from tests.support.daemon import wait_until

CANARY = "canary-9b41d0aa"
MANY = 3000


def keys_of(unit: ApiUnit) -> KeyFile:
    return KeyFile(unit.data_dir / "keys" / "secrets")


def key_ids(unit: ApiUnit) -> list[str]:
    return [key.id for key in keys_of(unit).read()]


def ciphertexts(unit: ApiUnit) -> Iterator[str]:
    """Everything in the database that is encrypted."""
    with closing(sqlite3.connect(unit.data_dir / "stigmer.db")) as database:
        tables = [name for (name,) in database.execute("select name from sqlite_master where type = 'table'")]
        for table in tables:
            columns = [row[1] for row in database.execute(f"pragma table_info({table})")]
            if "secrets" in columns:
                for (stored,) in database.execute(f"select secrets from {table}"):
                    yield from json.loads(stored).values()
        yield from (text for (text,) in database.execute("select result from resources_steprecord where result != ''"))


def used(unit: ApiUnit) -> set[str]:
    return {vault.key_id_of(sealed) for sealed in ciphertexts(unit)}


def add_step_records(unit: ApiUnit, count: int) -> None:
    """Results of steps, encrypted as the worker does it."""
    key = keys_of(unit).read()[-1]
    rows = [
        (
            f"wex-{number}",
            "k",
            "/p",
            1,
            "",
            1,
            f"{key.id}:{key.fernet.encrypt(str(number).encode()).decode()}",
            "2026-01-01",
        )
        for number in range(count)
    ]
    columns = "execution_id, key, path, attempt, request_hash, has_ended, result, began_at"
    with closing(sqlite3.connect(unit.data_dir / "stigmer.db")) as database, database:
        database.executemany(f"insert into resources_steprecord ({columns}) values (?, ?, ?, ?, ?, ?, ?, ?)", rows)


def rotation(unit: ApiUnit) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "stigmer_site", "rotatesecrets"],
        env={**os.environ, "STIGMER_HOME": str(unit.home), "DJANGO_SETTINGS_MODULE": "stigmer_site.settings"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def rotate(unit: ApiUnit) -> list[str]:
    """What the command says."""
    with rotation(unit) as process:
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 0, said
    return said.splitlines()


def secret(value: str) -> dict[str, Any]:
    return {"TOKEN": {"value": value, "is_secret": True}}


def again(made: Any, value: str) -> Any:  # Any: an Environment message
    wanted = type(made)()
    wanted.CopyFrom(made)
    wanted.spec.data["TOKEN"].value = value
    return wanted


class TestRotation:
    def test_a_running_server_reads_old_values_and_writes_with_the_new_key(self, start_unit: StartUnit) -> None:
        unit = start_unit()
        with Api(unit.endpoint) as api:
            environments = api.of("Environment")
            made = make_environment(api, secret("first"))
            made = environments.update(again(made, CANARY))
            (old,) = key_ids(unit)

            said = rotate(unit)

            _, new = key_ids(unit)
            assert new.startswith("k2-")
            assert said == [
                f"Added the key {new}: 3 values encrypted anew.",
                f"Kept: {old}. The next rotation removes what nothing needs then.",
            ]
            assert used(unit) == {new}
            assert environments.apply(again(made, CANARY)) == made, "the server still knows what the value is"
            assert environments.apply(again(made, f"{CANARY}-2")) != made
            assert used(unit) == {new}

            said = rotate(unit)

            assert [each.partition("-")[0] for each in key_ids(unit)] == ["k2", "k3"]
            assert said[1:] == [
                f"Removed what nothing needs any more: {old}.",
                f"Kept: {new}. The next rotation removes what nothing needs then.",
            ]
            latest = environments.get(made.metadata.id)
            assert environments.apply(again(latest, f"{CANARY}-2")) == latest

    def test_killed_in_the_middle_nothing_is_lost_and_the_next_one_finishes(self, start_unit: StartUnit) -> None:
        unit = start_unit()
        with Api(unit.endpoint) as api:
            made = make_environment(api, secret(CANARY))
            add_step_records(unit, MANY)
            (old,) = key_ids(unit)
            with rotation(unit) as process:
                wait_until(lambda: len(used(unit)) == 2, "some values have the new key, and some have not")
                process.send_signal(signal.SIGKILL)
            assert len(used(unit)) == 2, "it was killed in the middle"
            _, new = key_ids(unit)
            assert api.of("Environment").apply(again(made, CANARY)) == made

            said = rotate(unit)

            assert said[0].startswith(f"Finished the rotation to the key {new}: ")
            assert said[1:] == [f"Removed what nothing needs any more: {old}."]
            assert key_ids(unit) == [new]
            assert used(unit) == {new}
            fernets = {key.id: key.fernet for key in keys_of(unit).read()}
            results = {
                fernets[key_id].decrypt(token.encode()).decode()
                for key_id, _, token in (sealed.partition(":") for sealed in ciphertexts(unit))
            }
            assert results == {CANARY, *map(str, range(MANY))}

    def test_a_key_stays_while_a_workflow_runs_whose_history_is_under_it(self, tmp_path: Path) -> None:
        with IdleUnit(tmp_path) as unit:
            unit.wait_until_ready()
            with Api(unit.endpoint) as api:
                make_environment(api, secret(CANARY))
                runs = api.of("WorkflowExecution")
                workflow = make_workflow(api)
                runs.create(runs.envelope({"workflow_id": workflow.metadata.id}, owner_scope=0))
                (old,) = key_ids(unit)
                rotate(unit)
                rotate(unit)
                assert len(key_ids(unit)) == 3
                assert key_ids(unit)[0] == old

    def test_a_value_whose_key_is_lost_is_counted_and_can_be_set_again(self, start_unit: StartUnit) -> None:
        unit = start_unit()
        with Api(unit.endpoint) as api:
            made = make_environment(api, secret(CANARY))
            (lost,) = key_ids(unit)
            unit.signal(signal.SIGTERM)
            unit.wait()
            (unit.data_dir / "keys" / "secrets").unlink()
        unit.restart()
        with Api(unit.endpoint) as api:
            make_environment(api, secret("another"))
            said = rotate(unit)
            assert f"2 values cannot be read: the key {lost} is not here. Set them again." in said
            assert used(unit) == {lost, key_ids(unit)[-1]}
            assert api.of("Environment").apply(again(made, CANARY)).spec.data["TOKEN"].value == MASK
            assert rotate(unit)[0].startswith("Finished") is False

    def test_without_a_key_there_is_nothing_to_do(self, start_unit: StartUnit) -> None:
        unit = start_unit()
        assert rotate(unit) == ["There is no key: no secret was ever stored here."]


class TestKeyFile:
    def test_processes_that_need_a_key_at_once_agree_on_one(self, tmp_path: Path) -> None:
        code = (
            "import sys; from pathlib import Path; from apps.resources.secrets.keyfile import KeyFile; "
            "print('ready', flush=True); sys.stdin.readline(); print(KeyFile(Path(sys.argv[1])).read()[-1].id)"
        )
        command = [sys.executable, "-c", code, str(tmp_path / "keys" / "secrets")]
        processes = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(4)
        ]
        for process in processes:
            assert process.stdout
            process.stdout.readline()
        said = {process.communicate("go\n")[0] for process in processes}
        assert len(said) == 1
        assert (tmp_path / "keys" / "secrets").stat().st_mode & 0o777 == 0o600

    def test_a_key_is_on_the_disk_before_it_is_used(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        steps: list[str] = []
        sync, replace = os.fsync, Path.replace

        def noting_sync(descriptor: int) -> None:
            steps.append("directory" if Path(f"/dev/fd/{descriptor}").is_dir() else "file")
            sync(descriptor)

        def noting_replace(path: Path, target: Path) -> Path:
            steps.append("rename")
            return replace(path, target)

        monkeypatch.setattr(os, "fsync", noting_sync)
        monkeypatch.setattr(Path, "replace", noting_replace)
        KeyFile(tmp_path / "secrets").read()
        assert steps[:3] == ["file", "rename", "directory"]

    def test_a_key_that_another_process_adds_is_seen_at_once(self, tmp_path: Path) -> None:
        one, other = KeyFile(tmp_path / "secrets"), KeyFile(tmp_path / "secrets")
        first = one.read()[0].id
        second = other.add().id
        assert [key.id for key in one.read()] == [first, second]
        other.remove([first, second])
        assert [key.id for key in one.read()] == [second], "the newest stays whatever is asked for"

    def test_the_file_of_an_earlier_version_is_read(self, tmp_path: Path) -> None:
        made = KeyFile(tmp_path / "made").read()[0]
        (tmp_path / "secrets").write_text(f"k1:{made.text}\n")
        file = KeyFile(tmp_path / "secrets")
        assert (file.read()[0].id, file.add().number) == ("k1", 2)

    def test_keys_in_use_outlive_their_file(self, tmp_path: Path) -> None:
        file = KeyFile(tmp_path / "secrets")
        held = file.read()
        file.path.unlink()
        assert file.read() == held

    @pytest.mark.parametrize(("text", "complaint"), [("", "it is empty"), ("k1:abc\n", "its line 1 is no key")])
    def test_a_damaged_file_is_said_to_be_damaged(self, tmp_path: Path, text: str, complaint: str) -> None:
        (tmp_path / "secrets").write_text(text)
        with pytest.raises(KeyFileDamaged, match=f"secrets is damaged: {complaint}"):
            KeyFile(tmp_path / "secrets").read()
