"""`stigmer notify test`, and what `doctor` says of the same settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.http import StandIn
from tests.support.smtp import MailHost

if TYPE_CHECKING:
    from tests.support.daemon import Installation


def test_who_is_told_and_who_is_not(fresh_installation: Installation) -> None:
    installation = fresh_installation
    nobody = installation.run("notify", "test")
    assert (nobody.code, "nobody is told" in nobody.stderr) == (2, True)
    with StandIn() as service:
        service.on("POST /s3cret", status=200)
        kept = installation.run("config", "set", "notify.webhook", stdin=f"{service.url}/s3cret\n")
        assert kept.code == 0, kept.stderr
        tried = installation.run("notify", "test")
        assert (tried.code, service.asked[0].body["event"]) == (0, "test"), tried.stderr
        assert "s3cret" not in tried.stdout + installation.run("config", "list").stdout
        doctor = installation.run("doctor")
    assert f"webhook {service.url.removeprefix('http://')}" in doctor.stdout
    with MailHost() as host:
        assert installation.run("config", "set", "notify.mail", "me@example.com").code == 0
        refused = installation.run("config", "set", "notify.smtp", f"smtp://me:s3cret@{host.address}")
        assert (refused.code, "STIGMER_NOTIFY_SMTP_PASSWORD" in refused.stderr) == (2, True)
        assert installation.run("config", "set", "notify.smtp", f"smtp://{host.address}").code == 0
        installation.run("notify", "test")
        assert host.mails[0]["to"] == "me@example.com"
    installation.run("config", "set", "notify.command", "no-such-program-of-ours")
    told = installation.run("notify", "test", "-o", "json")
    assert told.code == 1
    assert {each["by"]: each["told"] for each in told.json()} == {"command": False, "webhook": False, "mail": False}
    assert "there is no program 'no-such-program-of-ours'" in installation.run("doctor").stdout
    assert not installation.data_dir.exists(), "no server was needed"
