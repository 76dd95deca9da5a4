"""One real PostgreSQL server for a whole test session, its workers included, started by whoever needs it first.

It is made by `scripts/postgres` in a directory of its own, listens on a Unix socket alone, and goes with the session,
however that ends. Databases are copies of a template that has the migrations applied.
"""

from __future__ import annotations

import fcntl
import itertools
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

SCRIPT = Path(__file__).parents[2] / "scripts" / "postgres"
DIRECTORY = "TESTS_POSTGRES_DIRECTORY"
"""The variable by which the workers of a session know where its server is, or is to be."""
SESSION = "TESTS_POSTGRES_SESSION"
"""The process with which the server ends: the first of the session."""
TEMPLATE = "template_stigmer"
_numbers = itertools.count(1)


def choose_directory() -> None:
    """Decide for this process and its children where the server will be. It is not started yet."""
    os.environ[DIRECTORY] = tempfile.mkdtemp(prefix="stigmer-postgres-")
    os.environ[SESSION] = str(os.getpid())


def forget_directory() -> None:
    """At the end of the session. Where a server has been started, its guard removes the rest."""
    directory = Path(os.environ[DIRECTORY])
    directory.with_suffix(".lock").unlink(missing_ok=True)
    if not any(directory.iterdir()):
        directory.rmdir()


class Server:
    """A running server. `url(name)` is what STIGMER_DATABASE_URL takes."""

    def __init__(self, directory: Path, *settings: str) -> None:
        self.directory, self.settings = directory, settings
        self.base = ""
        """The URL without the name of a database."""

    def start(self) -> None:
        started = subprocess.run(
            [SCRIPT, "start", self.directory, *self.settings], check=True, stdout=subprocess.PIPE, text=True
        )
        self.base = started.stdout.strip()

    def stop(self, how: str = "fast") -> None:
        subprocess.run([SCRIPT, "stop", self.directory, how], check=True)

    def end_with(self, process: int) -> None:
        """Stop it and remove its directory as soon as that process is gone."""
        subprocess.run([SCRIPT, "guard", self.directory, str(process)], check=True, start_new_session=True)

    def url(self, name: str) -> str:
        return f"{self.base}{name}"

    def connect(self, name: str = "postgres") -> psycopg.Connection[tuple[Any, ...]]:
        """A connection of our own to a database, as its owner; each statement is a transaction."""
        return psycopg.connect(host=str(self.directory), user="stigmer", dbname=name, autocommit=True)

    def make_database(self, template: str = TEMPLATE) -> str:
        """The name of a new database: migrated, unless another template is asked for."""
        name = f"test_{os.getpid()}_{next(_numbers)}"
        with self.connect() as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")  # names are ours
        return name

    def drop_database(self, name: str) -> None:
        with self.connect() as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def make_template(self) -> None:
        with self.connect() as connection:
            connection.execute(f"CREATE DATABASE {TEMPLATE} TEMPLATE template0")
        with tempfile.TemporaryDirectory() as home:
            environment = {
                **os.environ,
                "DJANGO_SETTINGS_MODULE": "stigmer_site.settings",  # not those of the tests
                "STIGMER_HOME": home,
                "STIGMER_DATABASE_URL": self.url(TEMPLATE),
            }
            migrate = [sys.executable, "-m", "stigmer_site", "migrate", "--verbosity=0"]
            subprocess.run(migrate, env=environment, check=True)


def session_server() -> Server:
    """The session's server; the first to ask starts it."""
    server = Server(Path(os.environ[DIRECTORY]))
    with _locked(server.directory.with_suffix(".lock")), (server.directory / "url").open("a+") as url:
        url.seek(0)
        server.base = url.read()
        if not server.base:
            server.start()
            server.end_with(int(os.environ[SESSION]))
            server.make_template()
            url.write(server.base)
    return server


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
