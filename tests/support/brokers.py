"""One real broker for a whole test session, its workers included, started by whoever needs it first.

As `postgres`: made by `scripts/rabbitmq`, and gone with the session, however that ends.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
from pathlib import Path

from tests.support import postgres
from tests.support.ports import free_port

SCRIPTS = Path(__file__).parents[2] / "scripts"
BROKERS = ("rabbitmq",)


def session_broker(name: str) -> str:
    """The URL of the session's RabbitMQ."""
    directory = Path(f"{os.environ[postgres.DIRECTORY]}-{name}")
    directory.mkdir(mode=0o700, exist_ok=True)
    with (directory / "url").open("a+") as url:
        fcntl.flock(url, fcntl.LOCK_EX)
        url.seek(0)
        found = url.read()
        if not found:
            script = str(SCRIPTS / name)
            guard = [script, "guard", str(directory), os.environ[postgres.SESSION]]
            subprocess.run(guard, check=True, start_new_session=True)  # first: a start that fails leaves nothing either
            start = [script, "start", str(directory), *(str(free_port()) for _ in range(3))]
            found = subprocess.run(start, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
            url.write(found)
    return found
