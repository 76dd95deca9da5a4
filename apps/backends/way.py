"""The way to a server: plain on this machine, TLS anywhere else; and what is wrong with it when it does not work."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import grpc

from apps.backends.base import Unreachable
from apps.backends.errors import BackendError
from apps.processes.addresses import Address, parse_address
from apps.shared.loopback import is_here
from apps.shared.tls import is_refused_by_tls

LOOK_SECONDS: Final = 3.0
PLAIN: Final = "`stigmer.Client(endpoint=..., tls=False)`"
SPOKEN: Final = "`stigmer.Client(endpoint=..., tls=True)`"


class AuthoritiesWrong(BackendError):
    """The file of authorities cannot be used."""

    reason = "stigmer.client.authorities_wrong"


@dataclass(frozen=True)
class Way:
    """`ca_file`: authorities in PEM; "" for those of the system, which SSL_CERT_FILE may name."""

    is_tls: bool
    ca_file: str = ""

    def channel(self, endpoint: str, options: Any) -> grpc.Channel:  # Any: as gRPC has them
        """Raises AuthoritiesWrong."""
        if not self.is_tls:
            return grpc.insecure_channel(endpoint, options=options)
        return grpc.secure_channel(endpoint, grpc.ssl_channel_credentials(self._authorities()), options=options)

    def trouble(self, endpoint: str) -> Unreachable | None:
        """Why a server that is there cannot be spoken to; None for what is no matter of TLS. Connects once more."""
        place = parse_address(endpoint)
        try:
            with socket.create_connection((place.host, place.port), LOOK_SECONDS) as connection:
                return self._looked_at(place, connection)
        except OSError:
            return None

    def _looked_at(self, place: Address, connection: socket.socket) -> Unreachable | None:
        if not self.is_tls:
            anybody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
            anybody.set_alpn_protocols(["h2"])
            anybody.wrap_socket(connection).close()
            return Unreachable(f"{place} speaks TLS, and this program did not", hint=f"Ask for it: {SPOKEN}")
        context = ssl.create_default_context(cafile=self.ca_file or None)
        context.set_alpn_protocols(["h2"])
        try:
            context.wrap_socket(connection, server_hostname=place.host).close()
        except ssl.SSLCertVerificationError as error:
            own = "Name a file of authorities that vouch for it: `stigmer.Client(endpoint=..., ca_file=FILE)`"
            hint = f"Look at what {self.ca_file} vouches for, and at the name" if self.ca_file else own
            return Unreachable(
                f"the certificate of {place} does not hold: {error.verify_message.rstrip('.')}", hint=hint
            )
        except ssl.SSLError as error:
            if not is_refused_by_tls(error):
                return None
            return Unreachable(f"{place} does not speak TLS", hint=f"Ask without, if that is meant: {PLAIN}")
        return None

    def _authorities(self) -> bytes | None:
        """gRPC brings its own, among which no company's are. Raises AuthoritiesWrong."""
        file = self.ca_file or ssl.get_default_verify_paths().cafile
        if not file:
            return None
        try:
            ssl.create_default_context(cafile=file)
            return Path(file).read_bytes()
        except OSError as error:  # ssl.SSLError is one
            why = error.strerror if not isinstance(error, ssl.SSLError) else "it holds no certificate"
            raise AuthoritiesWrong(
                f"{file} cannot be used: {why}", hint="Name a file of certificates in PEM"
            ) from error


def way_to(endpoint: str, *, is_tls: bool | None, ca_file: str) -> Way:
    """Where nothing is said (None): TLS, except to this machine. Raises ValueError for what is no address."""
    return Way(bool(ca_file) or not is_here(parse_address(endpoint).host) if is_tls is None else is_tls, ca_file)
