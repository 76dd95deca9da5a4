"""The web unit as a real child process, and what `stigmer ui` leaves for it."""

from __future__ import annotations

import hashlib
import secrets
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Any, ClassVar

from stigmer_site.host_name import name_of
from tests.suites.api_unit import ApiUnit


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Message
    text: str


class WebUnit(ApiUnit):
    command: ClassVar[str] = "webserver"

    def __init__(
        self, home: Path, *, env: Mapping[str, str] | None = None, host: str = "127.0.0.1", **options: Any
    ) -> None:
        self.host = host
        (home / "data").mkdir(mode=0o700, parents=True, exist_ok=True)
        super().__init__(home, env=env, **options)

    def __enter__(self) -> WebUnit:
        return self

    @property
    def address(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.address}"

    @property
    def named_url(self) -> str:
        """Where a browser ends up."""
        return f"http://{name_of((self.data_dir / 'keys' / 'django').read_text())}:{self.port}"

    def get(self, path: str = "/", *, host: str = "", method: str = "GET", name: str = "") -> Answer:
        """Follows no redirect to elsewhere; error answers are answers. `name` is what to call the server."""
        headers = {"Host": name} if name else {}
        request = urllib.request.Request(f"http://{host or self.address}{path}", headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return Answer(answer.status, answer.headers, answer.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.headers, error.read().decode())

    def sign_in_url(self) -> str:
        return f"{self.url}/sign-in/?token={leave_token(self.data_dir / 'run' / 'ui')}"

    def _environment(self, channel: int) -> dict[str, str]:
        own = {"STIGMER_WEB_ADDR": self.address, "STIGMER_SERVER_ADDR": "localhost:1", **self.env}
        return {**super()._environment(channel), **own}


def leave_token(directory: Path) -> str:
    """As `stigmer ui` does: a file named after the token's hash. Returns the token."""
    token = secrets.token_urlsafe(32)
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    (directory / hashlib.sha256(token.encode()).hexdigest()).touch(mode=0o600)
    return token
