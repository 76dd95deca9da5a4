"""Which machine the composition root hands over, and what is said when it handed over none."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from apps.resources import ports
from apps.resources.secrets.keyfile import KeyFile
from apps.resources.storage.write_queue import WriteQueue
from stigmer_site.machine.data_version import DataVersionFeed
from stigmer_site.machine.datagrams import DatagramBell
from tests.support.machines import HandOver, IdleLauncher, launchers

ASK = "from apps.resources.ports import machine; print(type(machine().write_turn).__name__)"


def test_a_process_with_the_sites_settings_has_the_local_machine() -> None:
    here = ports.machine()
    assert isinstance(here.bell, DatagramBell)
    assert isinstance(here.changes, DataVersionFeed)
    assert isinstance(here.write_turn, WriteQueue)
    assert isinstance(here.keys, KeyFile)
    assert here.launchers == {}, "only a process that serves calls starts runs"


def test_the_database_decides_which_machine_it_is() -> None:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "stigmer_site.settings",
        "STIGMER_DATABASE_URL": "postgres://nobody@127.0.0.1:1/nowhere",
    }
    done = subprocess.run(
        [sys.executable, "-c", f"import django; django.setup(); {ASK}"],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    assert done.stdout.strip() == "NoTurn"


def test_without_a_machine_one_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "_installed", [])
    with pytest.raises(RuntimeError, match="set up Django with stigmer_site"):
        ports.machine()


def test_a_test_hands_over_another_one(hand_over: HandOver) -> None:
    before = ports.machine()
    other = hand_over(launchers=launchers(IdleLauncher()))
    assert ports.machine() is other is not before
    assert ports.machine().keys is before.keys
