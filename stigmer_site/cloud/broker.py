"""Whether RabbitMQ answers as BROKER_URL says: it is spoken to as those speak to it who put runs into its queue."""

from __future__ import annotations

import socket
import ssl
import time
from dataclasses import dataclass, field
from typing import Final

from amqp.exceptions import AccessRefused, AMQPError, NotAllowed
from kombu import Connection

from apps.processes.addresses import Address
from apps.shared.tls import is_refused_by_tls, tls_words
from stigmer_site.celery import tls_of
from stigmer_site.given import SettingsWrong, SettingWrong

ANSWER_SECONDS: Final = 3.0
BELIEVED_SECONDS: Final = 10.0
"""Each look is a line or two in the broker's log."""
PORT: Final = 5672
AWAY: Final = "does not answer"
TLS: Final = "speaks TLS there, which amqp:// does not"
NO_TLS: Final = "does not speak TLS there, which amqps:// does"
HINT: Final = "Name a RabbitMQ: amqp://USER:PASSWORD@HOST:PORT/VHOST, or amqps:// where it speaks TLS"


@dataclass
class Broker:
    """A Check. `url` holds a password, and is never quoted."""

    url: str = field(repr=False)
    _believed_until: float = 0.0

    def __call__(self) -> str:
        if time.monotonic() < self._believed_until:
            return ""
        said = self._look()
        self._believed_until = 0.0 if said else time.monotonic() + BELIEVED_SECONDS
        return said

    def refuse_wrong(self) -> None:
        """Raises SettingsWrong for what time does not mend. A broker that is away may come, and runs wait for it."""
        said = self()
        if said not in ("", AWAY):
            raise SettingsWrong([SettingWrong("BROKER_URL", f"the broker {said}", HINT)])

    def _look(self) -> str:
        # Connects once, where kombu's own `connect` would try again.
        connection = Connection(self.url, ssl=tls_of(self.url), connect_timeout=ANSWER_SECONDS)
        try:
            connection.transport.establish_connection().close()
        except AccessRefused:
            return "refuses the user or the password"
        except NotAllowed:
            return f"has no vhost {connection.virtual_host or '/'}, or its user may not use it"
        except (OSError, AMQPError) as error:
            return self._broken(connection, error)
        return ""

    def _broken(self, connection: Connection, error: Exception) -> str:
        if is_refused_by_tls(error):
            return NO_TLS if error.reason == "WRONG_VERSION_NUMBER" else f"is not trusted, {tls_words(error)}"
        place = Address(connection.hostname or "localhost", int(connection.port or PORT))
        if not isinstance(error, ConnectionRefusedError | TimeoutError) and not connection.ssl and _speaks_tls(place):
            return TLS
        return AWAY


def _speaks_tls(place: Address) -> bool:
    """Whatever its certificate is worth."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with (
            socket.create_connection((place.host, place.port), ANSWER_SECONDS) as plain,
            context.wrap_socket(plain),
        ):
            return True
    except OSError:
        return False
