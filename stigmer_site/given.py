"""Secrets that operators give: each in a variable, or in the file that NAME_FILE names. They are never quoted."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from apps.backends.errors import BackendError

SHORTEST: Final = 32
"""Characters of a secret that nobody is to guess."""


class SettingWrong(BackendError):
    """A variable of the server is missing, or cannot be what it says."""

    reason = "stigmer.server.setting_wrong"

    def __init__(self, name: str, complaint: str, hint: str) -> None:
        super().__init__(f"{name}: {complaint}", hint=hint)


def source(environ: Mapping[str, str], name: str) -> Path | str:
    """The file that NAME_FILE names, what NAME says, or "". Raises SettingWrong where both are set."""
    text, file = environ.get(name, "").strip(), environ.get(f"{name}_FILE", "").strip()
    if text and file:
        raise SettingWrong(name, f"{name}_FILE is set, too", f"Set one of {name} and {name}_FILE")
    return Path(file) if file else text


def given(environ: Mapping[str, str], name: str) -> str:
    """The text itself. Raises SettingWrong for a file that cannot be read, or is empty."""
    found = source(environ, name)
    if isinstance(found, str):
        return found
    try:
        text = found.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingWrong(
            f"{name}_FILE", f"{found} cannot be read: {_why(error)}", "Mend the file, or name another"
        ) from error
    if not text:
        raise SettingWrong(f"{name}_FILE", f"{found} is empty", "Put the secret into it")
    return text


def secret(environ: Mapping[str, str]) -> str:
    """STIGMER_SECRET, "" where it is not set. Raises SettingWrong for one that could be guessed."""
    found = given(environ, "STIGMER_SECRET")
    if found and len(found) < SHORTEST:
        raise SettingWrong(
            "STIGMER_SECRET", f"it is shorter than {SHORTEST} characters", "Make one with `openssl rand -base64 48`"
        )
    return found


def broker(environ: Mapping[str, str]) -> str:
    """STIGMER_BROKER_URL, "" where it is not set. Raises SettingWrong, which does not quote its password."""
    url = given(environ, "STIGMER_BROKER_URL")
    if url and not url.startswith(("amqp://", "amqps://")):
        hint = "Name a RabbitMQ: amqp://USER:PASSWORD@HOST:PORT/VHOST"
        raise SettingWrong("STIGMER_BROKER_URL", "it is no address of RabbitMQ", hint)
    if url and find_spec("celery") is None:
        hint = "Install the distribution with its extra `cloud`, or unset the variable"
        raise SettingWrong("STIGMER_BROKER_URL", "Celery, which it needs, is not installed here", hint)
    return url


def derived(secret: str, purpose: str) -> str:
    """Another secret, which tells nothing of this one: 64 hexadecimal digits."""
    return hmac.digest(secret.encode(), f"stigmer {purpose}".encode(), "sha256").hex()


def _why(error: OSError | UnicodeDecodeError) -> str:
    return error.strerror or type(error).__name__ if isinstance(error, OSError) else "it holds no text"
