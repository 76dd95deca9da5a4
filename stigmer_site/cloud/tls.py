"""Certificate and key of a unit that terminates TLS itself: two files, checked at its start and when they change."""

from __future__ import annotations

import logging
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import grpc
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from stigmer_site.given import SettingsWrong, SettingWrong

logger = logging.getLogger(__name__)

CERTIFICATE: Final = "STIGMER_TLS_CERT_FILE"
KEY: Final = "STIGMER_TLS_KEY_FILE"
HINTS: Final = {
    CERTIFICATE: "Name a file in PEM: the certificate of this server, and those between it and the authority",
    KEY: "Name the file in PEM with the key of that certificate, without a password",
}


@dataclass(frozen=True)
class Pair:
    """In PEM. `key` is a secret."""

    chain: bytes
    key: bytes

    def __repr__(self) -> str:
        return "Pair()"


class TlsFiles:
    """The pair as it is now. Whoever replaces the files may do one after the other: half of it changes nothing."""

    def __init__(self, certificate: Path, key: Path) -> None:
        """Raises SettingWrong."""
        self._certificate, self._key = certificate, key
        self._lock = threading.Lock()
        self._seen = self._stamp()
        self._pair = self._read()
        self._context = _context(certificate, key)

    def changed(self) -> Pair | None:
        """The pair, where it is another one than at the last time that somebody asked; else None."""
        with self._lock:
            before = self._pair
            self._look()
            return self._pair if self._pair is not before else None

    def credentials(self) -> grpc.ServerCredentials:
        """For gRPC, which asks at each connection whether there is another pair."""

        def configuration(pair: Pair) -> grpc.ServerCertificateConfiguration:
            return grpc.ssl_server_certificate_configuration([(pair.key, pair.chain)])

        def fetch() -> grpc.ServerCertificateConfiguration | None:
            pair = self.changed()
            return configuration(pair) if pair else None

        # None, for what is still the same, is missing from its types.
        return grpc.dynamic_ssl_server_credentials(configuration(self._pair), fetch)  # type: ignore[arg-type]

    def context(self) -> ssl.SSLContext:
        """For the next connection."""
        with self._lock:
            self._look()
            return self._context

    def _look(self) -> None:
        seen = self._stamp()
        if seen == self._seen:
            return
        self._seen = seen
        try:
            pair = self._read()
            self._pair, self._context = pair, _context(self._certificate, self._key)
        except (SettingWrong, OSError) as wrong:
            logger.warning("the certificate before holds on: %s", wrong)
        else:
            logger.info("the certificate was changed")

    def _stamp(self) -> tuple[tuple[int, ...], ...]:
        return tuple(_state_of(path) for path in (self._certificate, self._key))

    def _read(self) -> Pair:
        """Raises SettingWrong, which repeats nothing of the files."""
        pair = Pair(_content(CERTIFICATE, self._certificate), _content(KEY, self._key))
        try:
            certificate = x509.load_pem_x509_certificates(pair.chain)[0]
        except ValueError:
            raise _wrong(CERTIFICATE, f"{self._certificate} holds no certificate") from None
        key = _key_in(self._key, pair.key)
        form = Encoding.DER, PublicFormat.SubjectPublicKeyInfo
        if key.public_key().public_bytes(*form) != certificate.public_key().public_bytes(*form):
            raise _wrong(KEY, f"{self._key} is the key of another certificate than {self._certificate}")
        now = datetime.now(UTC)
        if now > certificate.not_valid_after_utc:
            raise _wrong(CERTIFICATE, f"{self._certificate} has expired, {certificate.not_valid_after_utc:%Y-%m-%d}")
        if now < certificate.not_valid_before_utc:
            begin = certificate.not_valid_before_utc
            raise _wrong(CERTIFICATE, f"{self._certificate} is not valid before {begin:%Y-%m-%d %H:%M} UTC")
        return pair


def tls_files(environ: Mapping[str, str]) -> TlsFiles | None:
    """None where the variables name none. Raises SettingsWrong."""
    named = {name: environ.get(name, "").strip() for name in (CERTIFICATE, KEY)}
    if not any(named.values()):
        return None
    complaints = [_wrong(name, "it is not set, and the other one is") for name, said in named.items() if not said]
    if environ.get("STIGMER_TLS", "").strip():
        hint = "Have either proxies terminate TLS, or the unit itself"
        complaints.append(SettingWrong("STIGMER_TLS", f"{CERTIFICATE} is set, too", hint))
    if complaints:
        raise SettingsWrong(complaints)
    try:
        return TlsFiles(Path(named[CERTIFICATE]), Path(named[KEY]))
    except SettingWrong as wrong:
        raise SettingsWrong([wrong]) from wrong


def _content(name: str, path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _wrong(name, f"{path} cannot be read: {error.strerror}") from error


def _key_in(path: Path, content: bytes) -> PrivateKeyTypes:
    try:
        return load_pem_private_key(content, None)
    except TypeError:
        raise _wrong(KEY, f"{path} is protected by a password") from None
    except ValueError:
        raise _wrong(KEY, f"{path} holds no key") from None


def _wrong(name: str, complaint: str) -> SettingWrong:
    return SettingWrong(name, complaint, HINTS[name])


def _state_of(path: Path) -> tuple[int, ...]:
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _context(certificate: Path, key: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(["http/1.1"])
    context.load_cert_chain(certificate, key)
    return context
