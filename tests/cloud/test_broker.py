"""What a unit says of a broker that is there and does not take it, and of one that is away."""

from __future__ import annotations

import re
import ssl
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from stigmer_site.celery import make_app
from stigmer_site.cloud.broker import AWAY, NO_TLS, TLS, Broker
from stigmer_site.given import SettingsWrong
from tests.cloud.units import Operator
from tests.support.databases import PostgreSQL
from tests.support.ports import free_port
from tests.support.raw_http import RawHost, self_signed


def test_what_is_wrong_with_a_broker_is_told_apart(broker: str, tmp_path: Path) -> None:
    place = urlsplit(broker).netloc.rpartition("@")[2]
    with RawHost(b"", certificate=self_signed(tmp_path)) as tls, RawHost(b"HTTP/1.1 400 Bad Request\r\n\r\n") as other:
        said = {
            broker: "",
            f"amqp://guest:sesame@{place}//": "refuses the user or the password",
            f"amqp://guest:guest@{place}/none": "has no vhost none, or its user may not use it",
            f"amqps://guest:guest@{place}//": NO_TLS,
            f"amqp://guest:guest@localhost:{tls.port}//": TLS,
            f"amqps://guest:guest@localhost:{tls.port}//": "is not trusted, its certificate does not hold",
            f"amqp://guest:guest@127.0.0.1:{other.port}//": AWAY,
            f"amqp://guest:guest@127.0.0.1:{free_port()}//": AWAY,
        }
        for url, words in said.items():
            looking = Broker(url)
            told = looking()
            assert "guest" not in repr(looking)
            assert told.startswith(words), url
            assert bool(told) == bool(words), told
            if words in ("", AWAY):
                looking.refuse_wrong()
                continue
            with pytest.raises(SettingsWrong) as wrong:
                looking.refuse_wrong()
            assert not {"guest", "sesame"} & set(re.findall(r"\w+", str(wrong.value)))


def test_the_certificate_of_a_broker_has_to_be_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = self_signed(tmp_path)  # for localhost
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with RawHost(b"", certificate=certificate) as host:
        named, numbered = (f"amqps://guest:guest@{name}:{host.port}//" for name in ("localhost", "127.0.0.1"))
        assert Broker(named)() == AWAY, "it speaks TLS as it should, and nothing else"
        assert "IP address mismatch" in Broker(numbered)()
        with pytest.raises(ssl.SSLCertVerificationError, match="IP address mismatch"):
            make_app(numbered, "runs").connection_for_write().transport.establish_connection()


def test_a_unit_does_not_begin_with_a_password_that_the_broker_refuses(broker: str, tmp_path: Path) -> None:
    database = PostgreSQL()
    wrong = broker.replace(":guest@", ":sesame@")
    variables = {"DATABASE_URL": database.environment()["STIGMER_DATABASE_URL"], "BROKER_URL": wrong}
    done = Operator.of(tmp_path, variables).run("runner", "--health-listen", f"127.0.0.1:{free_port()}")
    assert (done.returncode, done.stderr.partition("\n")[0]) == (
        2,
        "error: BROKER_URL: the broker refuses the user or the password",
    )
    assert "hint: Name a RabbitMQ" in done.stderr
    assert "sesame" not in done.stderr
    database.close()
