"""What failures of TLS mean."""

from __future__ import annotations

import ssl
from typing import TypeGuard

_BROKEN_OFF = (
    ssl.SSLEOFError,
    ssl.SSLZeroReturnError,
    ssl.SSLSyscallError,
    ssl.SSLWantReadError,
    ssl.SSLWantWriteError,
)


def is_refused_by_tls(error: BaseException) -> TypeGuard[ssl.SSLError]:
    """Whether both sides were there and found no way to trust or to understand each other: time does not mend that.

    A connection that merely broke during the handshake is something else.
    """
    return isinstance(error, ssl.SSLError) and not isinstance(error, _BROKEN_OFF)


_UNKNOWN_AUTHORITY = frozenset({18, 19, 20, 21})
"""OpenSSL's codes of certificates that nobody known has signed, the host itself included."""
_NO_TLS = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG", "UNKNOWN_PROTOCOL"})
"""What OpenSSL makes of an answer that is none of TLS."""


def tls_words(error: ssl.SSLError) -> str:
    """What went wrong with TLS, for people, with a way out where there is one. Quotes nothing that was sent."""
    if isinstance(error, ssl.SSLCertVerificationError):
        way_out = "; SSL_CERT_FILE, set where the server is started, names the authorities that are trusted"
        is_unknown = error.verify_code in _UNKNOWN_AUTHORITY
        return f"its certificate does not hold: {error.verify_message.rstrip('.')}{way_out if is_unknown else ''}"
    reason = error.reason or "no reason given"
    way_out = "; should the address begin with http://?" if reason in _NO_TLS else ""
    return f"TLS failed: {reason.replace('_', ' ').lower()}{way_out}"
