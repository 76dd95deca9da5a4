"""Mail, by the SMTP server that somebody names."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import unquote, urlsplit

from apps.shared.loopback import is_here

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SMTP_SECONDS = 10.0
"""For each answer of the server."""
PORTS: Final = {"smtp": 25, "smtps": 465}
ENCRYPTED: Final = "smtps"
LONGEST_SUBJECT = 120
GREETING_NAME: Final = "[127.0.0.1]"
"""What we call ourselves there: the name of this machine is nobody's business, and looking it up may take long."""


class Mail(NamedTuple):
    """`to` and `sender` are addresses, `server` a URL without a password: `smtps://me@mail.example.com`."""

    to: str
    sender: str
    server: str
    password: str = ""

    def __repr__(self) -> str:
        return f"Mail({self.to})"

    @property
    def host(self) -> str:
        return urlsplit(self.server).hostname or ""

    def send(self, body: Mapping[str, Any]) -> str:
        """Why the server did not take it, "" where it did. An answer of the server is told without what it quotes."""
        try:
            with self._connect() as server:
                if trouble := self._secure(server):
                    return trouble
                server.send_message(self._message(body), self.sender, [self.to])
        except (OSError, ValueError) as error:  # smtplib's own are among the first
            return f"{self.host} {self._why(error)}"
        return ""

    def _why(self, error: Exception) -> str:
        if isinstance(error, smtplib.SMTPRecipientsRefused):
            return f"takes no mail for {self.to} ({next(iter(error.recipients.values()))[0]})"
        if isinstance(error, smtplib.SMTPAuthenticationError):
            return f"refuses the user and password ({error.smtp_code})"
        if isinstance(error, smtplib.SMTPResponseException):
            return f"answers {error.smtp_code}"
        if isinstance(error, smtplib.SMTPNotSupportedError):
            return "knows no way to sign in, or takes no such address"
        return f"does not answer: {str(getattr(error, 'strerror', '') or type(error).__name__).lower()}"

    def _connect(self) -> smtplib.SMTP:
        parts = urlsplit(self.server)
        port = parts.port or PORTS[parts.scheme]
        if parts.scheme == ENCRYPTED:
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(self.host, port, GREETING_NAME, timeout=SMTP_SECONDS, context=context)
        return smtplib.SMTP(self.host, port, GREETING_NAME, timeout=SMTP_SECONDS)

    def _secure(self, server: smtplib.SMTP) -> str:
        """Encrypt what follows where the server can, and sign in. Why that is not done; "" where all is well."""
        parts = urlsplit(self.server)
        server.ehlo()
        encrypted = parts.scheme == ENCRYPTED
        if not encrypted and server.has_extn("starttls"):
            server.starttls(context=ssl.create_default_context())
            server.ehlo()
            encrypted = True
        if not parts.username:
            return ""
        if not encrypted and not is_here(self.host):
            return f"{self.host} offers no encryption: the password was not sent"
        server.login(unquote(parts.username), self.password)
        return ""

    def _message(self, body: Mapping[str, Any]) -> EmailMessage:
        message = EmailMessage()
        message["Subject"] = f"Stigmer: {_in_one_line(str(body['text']).partition(chr(10))[0])}"
        message["From"], message["To"] = self.sender, self.to
        message["Date"] = formatdate()
        message["Message-ID"] = f"<{body['id']}@{self.sender.partition('@')[2]}>"  # the same each time that it is tried
        message["Auto-Submitted"] = "auto-generated"
        message.set_content("\n".join(_lines(body)))
        return message


def _in_one_line(text: str) -> str:
    words = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    return words if len(words) <= LONGEST_SUBJECT else f"{words[:LONGEST_SUBJECT]}…"


def _lines(body: Mapping[str, Any]) -> Iterator[str]:
    """What happened, and what to type to see more."""
    yield str(body["text"])
    runs = [run for group in body["failed"] for run in group["runs"]]
    if runs:
        yield ""
        yield from (f"stigmer executions show {run}" for run in runs)
