"""The host name of the admin: one that nobody else on this machine serves pages under.

Browsers keep cookies by host and leave the port aside: the session of 127.0.0.1:8234 is sent to whatever listens on
any other port of 127.0.0.1, other users' programs included. `stigmer-0123….localhost` is this machine as well, and
nobody knows the name but the browser that was sent there.
"""

from __future__ import annotations

import hashlib
import hmac


def name_of(secret_key: str) -> str:
    """Of the installation with this key: the same for ever, and not to be guessed."""
    return f"stigmer-{hmac.digest(secret_key.encode(), b'host name', hashlib.sha256).hex()[:20]}.localhost"
