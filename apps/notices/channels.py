"""The ways to reach somebody: program, web hook, mail, desktop. Each says why it could not, "" when it could."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlsplit

from apps.notices.mail import Mail
from apps.notices.message import encoded
from apps.shared.loopback import is_here

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

COMMAND: Final = "command"
WEBHOOK: Final = "webhook"
MAIL: Final = "mail"
DESKTOP: Final = "desktop"
COMMAND_SECONDS = 30.0
WEBHOOK_SECONDS = 10.0
TITLE = "Stigmer"
NOT_FOR_COMMANDS: Final = frozenset(
    {"STIGMER_SETTINGS", "STIGMER_SUPERVISOR_FD", "STIGMER_NOTIFY_TOKEN", "STIGMER_NOTIFY_SMTP_PASSWORD"}
)
MAC_SCRIPT = "on run argv\ndisplay notification (item 1 of argv) with title (item 2 of argv)\nend run"


class Channels(NamedTuple):
    """Where to: "" for what nobody asked for. `environ` is what commands are started with."""

    environ: Mapping[str, str]
    command: str = ""
    webhook: str = ""
    token: str = ""
    mail: Mail | None = None
    desktop: bool = False
    recovery: bool = True

    def __repr__(self) -> str:
        return f"Channels({', '.join(self.names)})"  # the address of a web hook is often all that it takes to use it

    @property
    def names(self) -> list[str]:
        given = {
            COMMAND: bool(self.command),
            WEBHOOK: bool(self.webhook),
            MAIL: self.mail is not None,
            DESKTOP: self.desktop,
        }
        return [name for name, is_given in given.items() if is_given]

    def shown(self, name: str) -> str:
        """For people: of the web hook its host alone."""
        if name == COMMAND:
            return f"command {self.command}"
        if name == MAIL and self.mail is not None:
            return f"mail to {self.mail.to}"
        return f"webhook {urlsplit(self.webhook).netloc.rpartition('@')[2]}" if name == WEBHOOK else name

    def deliver(self, body: Mapping[str, Any], names: Iterable[str]) -> dict[str, str]:
        """Send it by these channels, as far as they are still wanted. By name: why not, "" where it was taken."""
        ways = {COMMAND: self._run, WEBHOOK: self._post, MAIL: self._mail, DESKTOP: self._show}
        return {name: ways[name](dict(body)) for name in names if name in self.names}

    def trouble(self, name: str) -> str:
        """What is known to be in the way before anything is sent."""
        path = self.environ.get("PATH", "")
        if name == COMMAND:
            try:
                words = shlex.split(self.command)
            except ValueError as error:
                return f"notify.command cannot be read: {str(error).lower()}"
            if not words or shutil.which(str(Path(words[0]).expanduser()), path=path) is None:
                return f"there is no program {words[0]!r}" if words else "notify.command names no program"
        if name == DESKTOP and shutil.which(_desktop_program(), path=path) is None:
            return f"{_desktop_program()} is not installed"
        return ""

    @property
    def warnings(self) -> list[str]:
        """What is in nobody's way, and should be known."""
        parts = urlsplit(self.webhook)
        if self.token and parts.scheme == "http" and not is_here(parts.hostname or ""):
            return [f"{self.shown(WEBHOOK)} is not encrypted (http): whoever is on the way there can read its token"]
        return []

    def _mail(self, body: dict[str, Any]) -> str:
        return self.mail.send(body) if self.mail is not None else ""

    def _run(self, body: dict[str, Any]) -> str:
        if trouble := self.trouble(COMMAND):
            return trouble
        first, *more = shlex.split(self.command)
        return self._start([str(Path(first).expanduser()), *more], encoded(body))

    def _show(self, body: dict[str, Any]) -> str:
        if trouble := self.trouble(DESKTOP):
            return trouble
        text = str(body["text"])
        if sys.platform == "darwin":
            return self._start(["osascript", "-e", MAC_SCRIPT, text, TITLE], b"")
        return self._start(["notify-send", "--app-name", TITLE, "--", TITLE, text], b"")

    def _start(self, words: list[str], given: bytes) -> str:
        """Run it to its end, or to that of its time: then with all that it has started."""
        home = self.environ.get("HOME", "")
        environ = {name: value for name, value in self.environ.items() if name not in NOT_FOR_COMMANDS}
        try:
            process = subprocess.Popen(
                words,
                env=environ,
                cwd=home if home and Path(home).is_dir() else "/",  # the same from a terminal and from the server
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            return f"{words[0]} cannot be started: {(error.strerror or str(error)).lower()}"
        with process:
            try:
                _, said = process.communicate(given, timeout=COMMAND_SECONDS)
            except subprocess.TimeoutExpired:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                return f"{words[0]} took longer than {COMMAND_SECONDS:.0f} s"
        if process.returncode == 0:
            return ""
        last = said.decode(errors="replace").strip().rpartition("\n")[2][:200]
        return f"{words[0]} ended with {process.returncode}" + (f": {last}" if last else "")

    def _post(self, body: dict[str, Any]) -> str:
        headers = {"content-type": "application/json", "user-agent": "stigmer", "x-stigmer-id": str(body["id"])}
        if self.token:
            headers["authorization"] = f"Bearer {self.token}"
        request = urllib.request.Request(self.webhook, encoded(body), headers)  # noqa: S310 - http(s), by its type
        try:
            _opener(self.webhook).open(request, timeout=WEBHOOK_SECONDS).close()
        except urllib.error.HTTPError as error:
            error.close()
            return f"{self.shown(WEBHOOK)} answers {error.code}"
        except (OSError, ValueError) as error:
            cause = getattr(error, "reason", error)
            why = getattr(cause, "strerror", "") or (str(cause) if isinstance(cause, OSError) else "")
            return f"{self.shown(WEBHOOK)} does not answer: {(why or type(cause).__name__).lower()}"
        return ""


class _Stay(urllib.request.HTTPRedirectHandler):
    """What is told, and the token, are for the host that was named."""

    def redirect_request(self, *_: object) -> None:
        return None


def _opener(url: str) -> urllib.request.OpenerDirector:
    """Proxies are for other machines."""
    is_ours = is_here(urlsplit(url).hostname or "")
    return urllib.request.build_opener(_Stay, *([urllib.request.ProxyHandler({})] if is_ours else []))


def _desktop_program() -> str:
    return "osascript" if sys.platform == "darwin" else "notify-send"
