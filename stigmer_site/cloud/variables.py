"""The variables of `stigmer serve`: one row each, and all of them checked before anything begins.

Those of other programs' names (DATABASE_URL) may have ours, too (STIGMER_DATABASE_URL). A secret may stand in the file
that NAME_FILE names instead. No complaint repeats a secret.
"""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Callable, Collection, Mapping, MutableMapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from apps.processes.addresses import parse_address
from apps.shared.reach import Place, Reach, parse_place
from stigmer_site import given
from stigmer_site.given import SettingsWrong, SettingWrong

WANTED: Final = "it is not set"
POSTGRESQL: Final = ("postgres://", "postgresql://", "pgsql://")
LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
LIBRARIES: Final = ("celery", "prometheus_client", "psycopg")
"""What a machine of one's own does without."""
FILE: Final = "STIGMER_SETTINGS_FILE"
LINE: Final = re.compile(r"""(?:#.*|(?:export )?(?P<name>[A-Z][A-Z0-9_]*)=(?:"(?P<quoted>[^"]*)"|(?P<bare>.*)))?""")
HOST: Final = re.compile(r"[A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\]")
LONGEST_DRAIN: Final = 20.0
"""Seconds. Units end within 25 in all, as whoever stops them expects."""

OF_LOOPBACK: Final = frozenset(
    {
        "stigmer_site.admission.pages.own_user_only",
        "stigmer_site.middleware.own_host_only",
        "stigmer_site.own_name.own_name_first",
        "stigmer_site.admission.pages.token_or_session",
    }
)
"""Middleware that is for a machine of one's own."""

Check = Callable[[str], str]
"""What is wrong with a value, "" when nothing is."""


@dataclass(frozen=True)
class Variable:
    """`names`: ours first. `needed`: every unit refuses to start without it."""

    names: tuple[str, ...]
    check: Check
    hint: str
    needed: bool = False
    is_secret: bool = False

    def text(self, environ: Mapping[str, str]) -> str:
        """What it says, "" where it is not set. Raises SettingWrong."""
        if self.is_secret:
            return given.given(environ, *self.names)
        found = [name for name in self.names if environ.get(name, "").strip()]
        if len(found) > 1:
            raise SettingWrong(found[0], f"{found[1]} is set, too", f"Set one of {' and '.join(found)}")
        return environ[found[0]].strip() if found else ""

    def complaint(self, environ: Mapping[str, str]) -> SettingWrong | None:
        name = next((each for each in self.names if {each, f"{each}_FILE"} & environ.keys()), self.names[-1])
        try:
            text = self.text(environ)
        except SettingWrong as wrong:
            return wrong
        said = self.check(text) if text else WANTED if self.needed else ""
        return SettingWrong(name, said, self.hint) if said else None


def _database(url: str) -> str:
    if not url.startswith(POSTGRESQL):
        return "it names no PostgreSQL, and machines cannot share another database"
    return "" if urlsplit(url).path.strip("/") else "it names no database of the server"


def _broker(url: str) -> str:
    return "" if url.startswith(("amqp://", "amqps://")) else "it is no address of RabbitMQ"


def _secret(text: str) -> str:
    return f"it is shorter than {given.SHORTEST} characters" if len(text) < given.SHORTEST else ""


def _directory(text: str) -> str:
    path = Path(text)
    if not path.is_absolute():
        return f"{text} is no absolute path"
    if not path.is_dir():
        return f"{text} is no directory"
    return "" if os.access(path, os.W_OK | os.X_OK) else f"{text} cannot be written"


def _address(text: str) -> str:
    try:
        parse_address(text)
    except ValueError as error:
        return str(error)
    return ""


def _networks(text: str) -> str:
    try:
        networks(text)
    except ValueError:
        return f"{text!r} is no list of networks"
    return ""


def _places(text: str) -> str:
    try:
        places(text)
    except ValueError as error:
        return str(error)
    return ""


def _hosts(text: str) -> str:
    wrong = [each for each in text.split(",") if not HOST.fullmatch(each.strip())]
    return f"{wrong[0].strip()!r} is no name of a host" if wrong else ""


def _one_of(*values: str) -> Check:
    return lambda text: "" if text in values else f"{text!r} is none of {', '.join(values)}"


def _number(kind: type[int | float], least: float, most: float = float("inf")) -> Check:
    def check(text: str) -> str:
        try:
            number = kind(text)
        except ValueError:
            return f"{text!r} is no number" if kind is float else f"{text!r} is no whole number"
        if least <= number <= most:
            return ""
        return f"{text} is less than {least:g}" if number < least else f"{text} is not {most:g} or less"

    return check


def networks(text: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """Those of a list with commas. Raises ValueError."""
    return [ipaddress.ip_network(each.strip()) for each in text.split(",") if each.strip()]


def places(text: str) -> tuple[Place, ...]:
    """Hosts, addresses and networks of a list with commas. Raises ValueError."""
    return tuple(parse_place(each.strip()) for each in text.split(",") if each.strip())


def reach(environ: Mapping[str, str]) -> Reach:
    """What addresses of users may lead to: the internet and what the operator allows, never what units stand on."""
    own = [_place_of(text(environ, names), port) for names, port in OWN_PORTS.items()]
    return Reach(places(environ.get("STIGMER_REACHABLE", "")), tuple(filter(None, own)))


def _place_of(url: str, port: int) -> Place | None:
    """Of `postgres://one:...@db.example/stigmer` or `temporal.example:7233`; None for a socket in a directory."""
    parts = urlsplit(url if "//" in url else f"//{url}")
    host = unquote(parts.hostname or "")
    if not host or host.startswith("/"):
        return None
    try:
        return Place(host, None, parts.port or (AMQPS_PORT if parts.scheme == "amqps" else port))
    except ValueError:  # no port at all: nothing is reached by this
        return None


def web_hosts(environ: Mapping[str, str]) -> list[str]:
    """Names and addresses, without ports, by which browsers know the admin; those of this machine unless told."""
    said = environ.get("STIGMER_WEB_HOSTS", "") or "127.0.0.1,localhost,[::1]"
    return [each.strip().lower() for each in said.split(",") if each.strip()]


def _limit(name: str, kind: type[int | float] = int, least: float = 1, most: float = float("inf")) -> Variable:
    return Variable((name,), _number(kind, least, most), "Give it a number, or unset it")


DATABASE: Final = ("STIGMER_DATABASE_URL", "DATABASE_URL")
LISTEN: Final = ("STIGMER_DATABASE_LISTEN_URL", "DATABASE_LISTEN_URL")
BROKER: Final = ("STIGMER_BROKER_URL", "BROKER_URL")
TEMPORAL: Final = ("STIGMER_TEMPORAL_ADDRESS", "TEMPORAL_ADDRESS")
OWN_PORTS: Final = {DATABASE: 5432, LISTEN: 5432, BROKER: 5672, TEMPORAL: 7233}
AMQPS_PORT: Final = 5671
NAMESPACE: Final = ("STIGMER_TEMPORAL_NAMESPACE", "TEMPORAL_NAMESPACE")

_POSTGRESQL_HINT: Final = "Name a PostgreSQL: postgres://USER:PASSWORD@HOST:PORT/NAME"
VARIABLES: Final = (
    Variable(DATABASE, _database, _POSTGRESQL_HINT, needed=True, is_secret=True),
    Variable(LISTEN, _database, "Name the same PostgreSQL without a pooler in between", is_secret=True),
    Variable(BROKER, _broker, "Name a RabbitMQ: amqp://USER:PASSWORD@HOST:PORT/VHOST", needed=True, is_secret=True),
    Variable(
        ("STIGMER_SECRET",),
        _secret,
        "Make one with `openssl rand -base64 48`, and give it to every unit, always the same",
        needed=True,
        is_secret=True,
    ),
    Variable(
        ("STIGMER_KEYS",),
        lambda _: "",  # read, and judged, by the KeyStore
        'Make one with `echo "k1:$(openssl rand -base64 32)"`, and give it to every unit',
        needed=True,
        is_secret=True,
    ),
    Variable(("STIGMER_BLOBS_DIR",), _directory, "Name a directory that every unit shares and may write", needed=True),
    Variable(TEMPORAL, _address, "Name a Temporal: HOST:PORT"),
    Variable(("STIGMER_TLS",), _one_of("proxy"), "Set it to proxy, where one terminates TLS before us, or unset it"),
    Variable(("STIGMER_PROXIES",), _networks, "List the networks of your proxies: 10.0.0.0/8,192.168.7.4/32"),
    Variable(("STIGMER_REACHABLE",), _places, "List hosts and networks: tools.internal,10.7.0.0/16,[fd00::7]:8080"),
    Variable(("STIGMER_WEB_HOSTS",), _hosts, "List the names of the admin, without ports: stigmer.example.com"),
    Variable(("STIGMER_LOG_LEVEL",), _one_of(*LEVELS), f"Set it to one of {', '.join(LEVELS)}"),
    _limit("STIGMER_DRAIN_SECONDS", float, 0, LONGEST_DRAIN),
    _limit("STIGMER_UNARY_WORKERS"),
    _limit("STIGMER_RUNNER_WORKERS"),
    _limit("STIGMER_TOOL_START_SECONDS", float),
    _limit("STIGMER_TOOL_SECONDS", float),
    _limit("STIGMER_RUN_TURNS", least=0),
    _limit("STIGMER_RUN_TOKENS", least=0),
    _limit("STIGMER_RUN_TOOL_CALLS", least=0),
    _limit("STIGMER_RUN_SECONDS", float, 0),
    _limit("STIGMER_RUN_CONTEXT_TOKENS", least=0),
)
_BY_NAME: Final = {name: each for each in VARIABLES for name in each.names}


def read_file(environ: MutableMapping[str, str]) -> None:
    """Take over what STIGMER_SETTINGS_FILE says, lines of NAME=VALUE; variables that are set already win.

    Raises SettingsWrong, which repeats no line.
    """
    name = environ.get(FILE, "").strip()
    if not name:
        return
    try:
        lines = Path(name).read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsWrong([SettingWrong(FILE, f"{name} cannot be read", "Mend the file, or unset it")]) from error
    for number, line in enumerate(lines, 1):
        found = LINE.fullmatch(line.strip())
        if found is None:
            hint = "Write NAME=VALUE, or # before a comment"
            raise SettingsWrong([SettingWrong(FILE, f"line {number} of {name} is none of a setting", hint)])
        if found["name"]:
            environ.setdefault(found["name"], found["quoted"] if found["quoted"] is not None else found["bare"])


def check(environ: Mapping[str, str]) -> None:
    """Raises SettingsWrong with everything that is wrong."""
    if missing := [name for name in LIBRARIES if find_spec(name) is None]:
        complaint = f"not installed here: {', '.join(missing)}"
        raise SettingsWrong(
            [SettingWrong("stigmer serve", complaint, "Install the distribution with its extra `cloud`")]
        )
    complaints = [found for each in VARIABLES if (found := each.complaint(environ))]
    if complaints:
        raise SettingsWrong(complaints)


def demand(environ: Mapping[str, str], names: Collection[str]) -> None:
    """What one unit needs on top: raises SettingsWrong where one of them is not set."""
    missing = [each for each in dict.fromkeys(map(_BY_NAME.__getitem__, names)) if not each.text(environ)]
    if missing:
        raise SettingsWrong([SettingWrong(each.names[-1], WANTED, each.hint) for each in missing])


def text(environ: Mapping[str, str], names: tuple[str, ...]) -> str:
    return _BY_NAME[names[0]].text(environ)
