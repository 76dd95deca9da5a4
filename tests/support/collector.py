"""Collects archives of skills without any grace, again and again, until its standard input ends.

with collecting(unit): ...
"""

from __future__ import annotations

import os
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import django

from tests.suites.api_unit import ApiUnit


@contextmanager
def collecting(unit: ApiUnit) -> Iterator[None]:
    """A process that collects beside `unit`, on the same data, meanwhile. It must not fail."""
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", "tests.support.collector"],
        cwd=unit.home,
        env={**os.environ, **unit.env, "STIGMER_HOME": str(unit.home)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout
    assert child.stdout.readline() == "ready\n"
    try:
        yield
    finally:
        child.communicate()
    assert child.returncode == 0


def collect_once(unit: ApiUnit) -> None:
    """Collect whatever can be, after everything that came before."""
    with collecting(unit):
        pass


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "stigmer_site.settings"
    django.setup()
    from django.utils import timezone

    from apps.resources.maintenance.collection import collect_artifacts
    from apps.resources.storage_errors import StorageBusy

    print("ready", flush=True)
    while True:
        is_over = bool(select.select([sys.stdin], [], [], 0)[0])
        try:
            collect_artifacts(timezone.now(), timedelta(0))
        except StorageBusy:
            continue  # everybody else comes first
        if is_over:
            return


if __name__ == "__main__":
    main()
