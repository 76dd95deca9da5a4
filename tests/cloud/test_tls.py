"""TLS that units terminate themselves: what their files must be, and that a new certificate needs no restart."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import grpc
import pytest
from google.protobuf import empty_pb2

from stigmer_site.cloud.tls import tls_files
from stigmer_site.given import SettingsWrong
from tests.cloud.units import Operator, ServedUnit
from tests.suites.client import Api
from tests.support.databases import PostgreSQL
from tests.support.raw_http import self_signed

CERTIFICATE, KEY = "STIGMER_TLS_CERT_FILE", "STIGMER_TLS_KEY_FILE"


def pair(folder: Path, name: str, **valid: int) -> dict[str, str]:
    """Variables that name the files of a certificate for localhost of its own."""
    folder.joinpath(name).mkdir()
    both = str(self_signed(folder / name, **valid))
    return {CERTIFICATE: both, KEY: both}


@pytest.fixture
def files(tmp_path: Path) -> Callable[[str], dict[str, str]]:
    good, other = pair(tmp_path, "good"), pair(tmp_path, "other")
    empty = tmp_path / "empty"
    empty.touch()
    locked = tmp_path / "locked"
    locked.write_text(
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
        "MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAg=\n-----END ENCRYPTED PRIVATE KEY-----\n"
    )
    made = {
        "one alone": {CERTIFICATE: good[CERTIFICATE]},
        "proxies, too": {**good, "STIGMER_TLS": "proxy"},
        "none": {**good, CERTIFICATE: str(tmp_path / "none")},
        "a directory": {**good, KEY: str(tmp_path)},
        "empty": {**good, CERTIFICATE: str(empty)},
        "no key": {**good, KEY: str(empty)},
        "of another": {**good, KEY: other[KEY]},
        "expired": pair(tmp_path, "old", begins=-9),
        "too early": pair(tmp_path, "new", begins=1),
    }
    return made.__getitem__


@pytest.mark.parametrize(
    ("which", "complaint"),
    [
        ("one alone", f"{KEY}: it is not set, and the other one is"),
        ("proxies, too", f"STIGMER_TLS: {CERTIFICATE} is set, too"),
        ("none", f"{CERTIFICATE}: .*/none cannot be read: No such file"),
        ("a directory", f"{KEY}: .* cannot be read: Is a directory"),
        ("empty", f"{CERTIFICATE}: .*/empty holds no certificate"),
        ("no key", f"{KEY}: .*/empty holds no key"),
        ("of another", f"{KEY}: .*other.* is the key of another certificate than .*good"),
        ("expired", f"{CERTIFICATE}: .*old.* has expired, 20"),
        ("too early", f"{CERTIFICATE}: .*new.* is not valid before 20"),
    ],
)
def test_files_that_cannot_serve_are_told_in_a_sentence(
    files: Callable[[str], dict[str, str]], which: str, complaint: str
) -> None:
    with pytest.raises(SettingsWrong, match=complaint) as told:
        tls_files(files(which))
    assert all(each.hint for each in told.value.complaints)
    assert tls_files({}) is None


def trusting(certificate: str) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certificate)


def served(unit: ServedUnit, certificate: str) -> str:
    """Which certificate a page comes with, "" where that is not the one that is trusted; and that it is one."""
    port = unit.endpoint.rpartition(":")[2]
    asking = http.client.HTTPSConnection("localhost", int(port), context=trusting(certificate), timeout=60)
    try:
        asking.request("GET", "/sign-in/")
        answer = asking.getresponse()
        assert (answer.status, b"API key" in answer.read()) == (200, True)
        assert all("Secure" in cookie for cookie in answer.headers.get_all("set-cookie", []))
    except ssl.SSLCertVerificationError:
        return ""
    finally:
        asking.close()
    return certificate


def called(unit: ServedUnit, key: str, certificate: str) -> str:
    """As `served`, of a call."""
    trust = grpc.ssl_channel_credentials(Path(certificate).read_bytes())
    with Api(f"localhost:{unit.endpoint.rpartition(':')[2]}", key=key, trust=trust) as api:
        try:
            grpc.channel_ready_future(api.channel).result(timeout=3)
        except grpc.FutureTimeoutError:
            return ""
        return str(api.of("IdentityAccount").query("whoAmI", empty_pb2.Empty()).spec.email)


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Operator]:
    """Whoever runs nothing but this, on a database: certificates are nothing to a broker."""
    database = PostgreSQL()
    home = tmp_path / "operator"
    home.mkdir()
    url = database.environment()["STIGMER_DATABASE_URL"]
    operator = Operator.of(home, {"DATABASE_URL": url, "BROKER_URL": "amqp://nobody:sesame@127.0.0.1:1//"})
    yield operator
    operator.end_all()
    database.close()


def test_units_speak_tls_with_the_certificate_of_the_day(alone: Operator, tmp_path: Path) -> None:
    key = alone.run("create-admin", "jane@example.com").stdout.strip()
    first, second = (pair(tmp_path, name)[CERTIFICATE] for name in ("first", "second"))
    live = {CERTIFICATE: tmp_path / "live.pem", KEY: tmp_path / "key.pem"}
    for file in live.values():
        file.write_bytes(Path(first).read_bytes())
    given = {name: str(path) for name, path in live.items()}
    api, web = alone.start("api", **given), alone.start("web", **given)
    assert called(api.wait_until_ready(), key, first) == "jane@example.com"
    assert served(web.wait_until_ready(), first) == first
    live[KEY].write_bytes(Path(second).read_bytes())  # half of a pair: the one before holds on
    assert (called(api, key, first), served(web, first)) == ("jane@example.com", first)
    live[CERTIFICATE].write_bytes(Path(second).read_bytes())
    assert (called(api, key, second), served(web, second)) == ("jane@example.com", second)
    assert served(web, first) == ""
    with Api(api.endpoint, key=key) as plain, pytest.raises(grpc.FutureTimeoutError):
        grpc.channel_ready_future(plain.channel).result(timeout=1)
    asking = http.client.HTTPConnection(web.endpoint, timeout=60)
    asking.request("GET", "/sign-in/")
    answer = asking.getresponse()
    assert (answer.status, answer.read()) == (400, b"This address speaks TLS: ask it by https://\n")
    asking.close()
    certificate = live[CERTIFICATE]
    for unit in (api, web):
        assert unit.end() == 0
        told = [each["message"] for each in unit.log]
        assert [each for each in told if each.startswith("the certificate")] == [
            f"the certificate before holds on: {KEY}: {live[KEY]} is the key of another certificate than {certificate}",
            "the certificate was changed",
        ]
