"""A real SMTP server takes mail."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from apps.notices import channels, mail
from apps.notices.channels import MAIL, Channels
from apps.notices.mail import Mail
from apps.notices.message import trial_body
from tests.support.smtp import MailHost

FAILED = trial_body("ntf-1", 1_800_000_000.0) | {
    "text": "workflow nightly failed: no parcel\x1b\nagent clerk failed: \u00fcber",
    "failed": [{"runs": ["wex-1", "wex-2"]}, {"runs": ["aex-1"]}],
}


def certified(folder: Path) -> ssl.SSLContext:
    """By a certificate that nobody has signed but itself."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    pem = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    pem += key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "mail.pem").write_bytes(pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "mail.pem")
    return context


def test_mail_says_what_failed_and_how_to_see_more() -> None:
    with MailHost() as host:
        host.users["me@example.com"] = "s3cret"
        there = Mail("ops@example.com", "me@example.com", f"smtp://me%40example.com@{host.address}", "s3cret")
        assert Channels({}, mail=there).deliver(FAILED, [MAIL]) == {MAIL: ""}
        (told,) = host.mails
    assert (told["to"], told["from"]) == ("ops@example.com", "me@example.com")
    assert told["subject"] == "Stigmer: workflow nightly failed: no parcel"
    assert told["message-id"] == "<ntf-1@example.com>"
    assert told.get_content().splitlines() == [
        *FAILED["text"].splitlines(),
        "",
        *(f"stigmer executions show {run}" for run in ("wex-1", "wex-2", "aex-1")),
    ]
    assert "s3cret" not in repr(there) + repr(Channels({}, mail=there))


@pytest.mark.parametrize(
    ("answers", "user", "why"),
    [
        ({"RCPT": "550 no s3cret here"}, "", "takes no mail for me@example.com (550)"),
        ({"DATA": "451 later, s3cret"}, "", "answers 451"),
        ({}, "me@", "refuses the user and password (535)"),
    ],
)
def test_mail_that_is_not_taken_says_why(answers: dict[str, str], user: str, why: str) -> None:
    with MailHost() as host:
        host.answers, host.users = answers, {"other": "x"}
        there = Mail("me@example.com", "me@example.com", f"smtp://{user}{host.address}", "s3cret")
        told = there.send(FAILED)
    assert told == f"127.0.0.1 {why}"
    assert "does not answer: connection refused" in there.send(FAILED), "the host is gone"


def test_no_password_goes_where_others_may_read_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "is_here", lambda _: False)
    with MailHost() as host:
        host.users["me"] = "s3cret"
        there = Mail("me@example.com", "me@example.com", f"smtp://me@{host.address}", "s3cret")
        assert there.send(FAILED) == "127.0.0.1 offers no encryption: the password was not sent"
        host.context = certified(tmp_path)
        assert "certificate" in there.send(FAILED)
        assert not [line for line in host.said if line.startswith(("AUTH", "MAIL"))]


def test_a_token_that_others_may_read_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    def warnings(webhook: str, token: str = "t0k") -> list[str]:
        return Channels({}, webhook=webhook, token=token).warnings

    assert warnings("https://hooks.example.com/s3cret") == warnings("http://localhost:80/s3cret") == []
    assert warnings("http://hooks.example.com/s3cret", "") == []
    (said,) = warnings("http://hooks.example.com/s3cret")
    assert said.startswith("webhook hooks.example.com is not encrypted (http)")
    monkeypatch.setattr(channels, "is_here", lambda _: False)
    assert warnings("http://127.0.0.1/s3cret")
