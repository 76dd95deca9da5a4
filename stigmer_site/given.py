"""Secrets that operators give: each in a variable, or in the file that NAME_FILE names. They are never quoted."""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
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


class SettingsWrong(BackendError):
    """All that is wrong with the variables of a unit."""

    reason = SettingWrong.reason

    def __init__(self, complaints: Sequence[SettingWrong]) -> None:
        super().__init__("\n".join(each.message for each in complaints))
        self.complaints = complaints


def source(environ: Mapping[str, str], *names: str) -> Path | str:
    """The file that NAME_FILE names, what NAME says, or "". Raises SettingWrong where several are set."""
    return _source(environ, names)[1]


def given(environ: Mapping[str, str], *names: str) -> str:
    """The text itself. Raises SettingWrong for a file that cannot be read, or is empty."""
    name, found = _source(environ, names)
    if isinstance(found, str):
        return found
    try:
        text = found.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingWrong(name, f"{found} cannot be read: {_why(error)}", "Mend the file, or name another") from error
    if not text:
        raise SettingWrong(name, f"{found} is empty", "Put the secret into it")
    return text


def _source(environ: Mapping[str, str], names: Sequence[str]) -> tuple[str, Path | str]:
    """The variable that is set, and what it says; the first one and "" where none is."""
    forms = [form for name in names for form in (name, f"{name}_FILE")]
    found = [form for form in forms if environ.get(form, "").strip()]
    if not found:
        return names[0], ""
    if len(found) > 1:
        raise SettingWrong(found[0], f"{found[1]} is set, too", f"Set one of {' and '.join(found)}")
    text = environ[found[0]].strip()
    return found[0], Path(text) if found[0].endswith("_FILE") else text


def secret(environ: Mapping[str, str]) -> str:
    """STIGMER_SECRET, "" where it is not set. Raises SettingWrong for one that could be guessed."""
    found = given(environ, "STIGMER_SECRET")
    if found and len(found) < SHORTEST:
        raise SettingWrong(
            "STIGMER_SECRET", f"it is shorter than {SHORTEST} characters", "Make one with `openssl rand -base64 48`"
        )
    return found


def is_cloud(environ: Mapping[str, str]) -> bool:
    """Whether this is a unit of a server of many machines. Raises SettingWrong."""
    mode = environ.get("STIGMER_MODE", "")
    if mode not in {"", "local", "cloud"}:
        raise SettingWrong("STIGMER_MODE", f"there is no mode {mode!r}", "Set it to cloud or local, or unset it")
    return mode == "cloud"


def broker(environ: Mapping[str, str], *others: str) -> str:
    """STIGMER_BROKER_URL, "" where it is not set. Raises SettingWrong, which does not quote its password.

    `others`: names that it may have, too.
    """
    url = given(environ, "STIGMER_BROKER_URL", *others)
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
