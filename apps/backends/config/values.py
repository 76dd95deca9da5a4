"""The types a setting can have: each turns text into a value or says, in a sentence, why it cannot."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Final, NamedTuple

from apps.processes.addresses import parse_address

Value = str | int | bool
MOST_DAYS: Final = 3650


class ValueType(NamedTuple):
    """`parse` raises ValueError with a sentence that fits behind "must be ...: "."""

    name: str
    parse: Callable[[str], Value]


def choice(*allowed: str) -> ValueType:
    def parse(text: str) -> Value:
        if text not in allowed:
            raise ValueError(f"must be {_either(allowed)}, got {text!r}")
        return text

    return ValueType(" | ".join(allowed), parse)


def _either(words: tuple[str, ...]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _text(text: str) -> Value:
    if not text.strip():
        raise ValueError("must not be empty")
    if any(character < " " for character in text):
        raise ValueError("must be one line of plain text")
    return text.strip()


def _boolean(text: str) -> Value:
    word = text.strip().lower()
    if word not in {"true", "false"}:
        raise ValueError(f"must be true or false, got {text!r}")
    return word == "true"


def _port(text: str) -> Value:
    try:
        return parse_address(f"host:{text}").port
    except ValueError:
        raise ValueError(f"must be a port (1 to 65535), got {text!r}") from None


def _days(text: str) -> Value:
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= MOST_DAYS):
        raise ValueError(f"must be a number of days (1 to {MOST_DAYS}), got {text!r}")
    return int(text)


def _address(text: str) -> Value:
    try:
        parse_address(text)
    except ValueError:
        raise ValueError(f"must be HOST:PORT with a port from 1 to 65535, got {text!r}") from None
    return text


def _loopback(text: str) -> Value:
    _address(text)
    host = parse_address(text).host
    if host != "localhost" and not _is_loopback(host):
        raise ValueError(
            f"must be on this machine (localhost, 127.0.0.1 or [::1]), got {text!r}: the local backend has no passwords"
        )
    return text


def _is_loopback(host: str) -> bool:
    if host in {"127.0.0.1", "::1"}:
        return True
    import ipaddress

    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_url(text: str) -> bool:
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(text)
        is_whole = bool(parts.hostname) and parts.port != 0
    except ValueError:  # brackets that are not closed, a port that is none
        return False
    has_space = any(each.isspace() or not each.isprintable() for each in text)
    return is_whole and not has_space and text.startswith(("http://", "https://"))


def _base_url(text: str) -> Value:
    """The beginning of addresses: what a host is asked is put behind it."""
    if not _is_url(text) or "?" in text or "#" in text:
        got = "" if "@" in text else f", got {text!r}"  # before it stands a password
        raise ValueError(f"must be a URL such as http://localhost:11434, without ? and #{got}")
    return text.rstrip("/")


def _webhook(text: str) -> Value:
    if not _is_url(text):  # whoever has the address may use it: it is not repeated
        raise ValueError("must be a URL such as https://hooks.example.com/...")
    return text.rstrip("/")


def _mail(text: str) -> Value:
    address = str(_text(text))
    if not (address.isascii() and re.fullmatch(r"[^\s<>(),;:@\\\"]+@[^\s<>(),;:@\\\"]+", address)):
        raise ValueError(f"must be one address such as me@example.com, got {text!r}")
    return address


def _smtp(text: str) -> Value:
    from urllib.parse import urlsplit

    example = "must be a URL such as smtps://me@mail.example.com"
    try:
        parts = urlsplit(str(_text(text)))
        port = parts.port
    except ValueError:
        raise ValueError(example) from None
    if parts.password is not None:  # it is not repeated
        raise ValueError("must not hold the password: that is STIGMER_NOTIFY_SMTP_PASSWORD in the environment")
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or port == 0 or parts.path.strip("/") or parts.query:
        raise ValueError(f"{example}, got {text!r}")
    return text.strip().rstrip("/")


def _version(text: str) -> Value:
    # It becomes the name of a directory and a part of a URL.
    if not all(part.isascii() and part.isdecimal() for part in text.split(".")):
        raise ValueError(f"must be a version such as 1.5.1, got {text!r}")
    return text


def _path(text: str) -> Value:
    path = os.path.expanduser(str(_text(text)))
    if not os.path.isabs(path):
        raise ValueError(f"must be an absolute path or begin with ~, got {text!r}")
    return os.path.normpath(path)


TEXT = ValueType("text", _text)
BOOLEAN = ValueType("true | false", _boolean)
DAYS = ValueType("days", _days)
PORT = ValueType("port", _port)
ADDRESS = ValueType("HOST:PORT", _address)
LOOPBACK = ValueType("HOST:PORT on this machine", _loopback)
BASE_URL = ValueType("URL", _base_url)
WEBHOOK = ValueType("URL", _webhook)
MAIL = ValueType("mail address", _mail)
SMTP = ValueType("smtp(s) URL", _smtp)
VERSION = ValueType("version", _version)
FILE = ValueType("file", _path)
DIRECTORY = ValueType("directory", _path)
