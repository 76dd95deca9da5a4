"""The bell between processes of one machine."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from apps.resources.ports import Sleeper
from stigmer_site.machine.datagrams import DatagramBell, socket_path

RINGER = """
import django, sys
from pathlib import Path
django.setup()
from apps.resources.ports import Sleeper
from stigmer_site.machine.datagrams import DatagramBell

DatagramBell(Path(sys.argv[1])).ring(Sleeper.WORKER)
"""


@pytest.fixture
def bell() -> DatagramBell:
    return DatagramBell(Path(tempfile.mkdtemp(prefix="bell-")))  # a short path: see MAX_SOCKET_PATH


def test_another_process_wakes_us(bell: DatagramBell) -> None:
    listener = bell.listen(Sleeper.WORKER)
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "stigmer_site.settings"}
    subprocess.run([sys.executable, "-c", RINGER, str(bell.run_dir)], check=True, env=environment)
    assert select.select([listener.fileno()], [], [], 0)[0] == [listener.fileno()]
    assert listener.wait(0)
    listener.close()


def test_rings_that_piled_up_wake_once_and_only_who_is_meant(bell: DatagramBell) -> None:
    listener, other = bell.listen(Sleeper.WORKER), bell.listen(Sleeper.RUNNER)
    for _ in range(3):
        bell.ring(Sleeper.WORKER)
    assert listener.wait(30)
    assert not listener.wait(0)
    assert not other.wait(0)
    listener.close()
    other.close()


def test_ringing_where_nobody_listens_is_nothing(bell: DatagramBell) -> None:
    bell.ring(Sleeper.API)
    bell.listen(Sleeper.API).close()
    bell.ring(Sleeper.API)
    DatagramBell(bell.run_dir / "missing").ring(Sleeper.API)


def test_who_listens_last_is_woken_also_after_the_first_has_ended(bell: DatagramBell) -> None:
    first, second = bell.listen(Sleeper.API), bell.listen(Sleeper.API)
    first.close()
    bell.ring(Sleeper.API)
    assert second.wait(30)
    second.close()


def test_a_run_directory_too_deep_for_a_socket_has_one_elsewhere(tmp_path: Path) -> None:
    bell = DatagramBell(tmp_path / ("deep" * 40))
    listener = bell.listen(Sleeper.API)
    bell.ring(Sleeper.API)
    assert listener.wait(30)
    assert not str(socket_path(bell.run_dir, Sleeper.API)).startswith(str(tmp_path))
    listener.close()


def test_a_listener_that_was_closed_says_so(bell: DatagramBell) -> None:
    listener = bell.listen(Sleeper.API)
    listener.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        listener.wait(0)
