"""The program of a stdio server: started in a process group of its own, and ended with all that it started."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections import deque
from collections.abc import AsyncIterator
from pathlib import Path

from apps.agents.runtime.mcp import leftovers
from apps.agents.runtime.mcp.definition import StdioServer
from apps.agents.runtime.mcp.joining import PAUSE
from apps.agents.runtime.mcp.reading import MAX_ANSWER
from apps.agents.runtime.mcp.strays import STRAYS, descendants
from apps.agents.runtime.tools.base import ToolFailed
from apps.shared.masking import Masker

INHERITED = ("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "TZ")
"""Programs hardly start without these; nothing else of our own environment is passed on."""
END_SECONDS = 2.0
"""For each step: after the end of its input, after TERM, after KILL."""
PAUSE_SECONDS = 1.0
"""Between two lines of one message: far longer than a program takes that writes it at once."""
REMEMBERED_LINES = 20


class ToolProcess:
    """Of one server. `start`, then `lines` and `write`, then `end`."""

    def __init__(self, server: StdioServer, *, working_dir: Path, register: Path, masker: Masker) -> None:
        self.server, self.working_dir, self.register, self._masker = server, working_dir, register, masker
        self._said: deque[str] = deque(maxlen=REMEMBERED_LINES)
        self._listening: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Raises ToolFailed when there is no such program."""
        inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
        try:
            with STRAYS.starting():
                self._process = await asyncio.create_subprocess_exec(
                    self.server.command,
                    *self.server.arguments,
                    env=inherited | self.server.environment | leftovers.mark(),
                    cwd=self.working_dir,
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=asyncio.subprocess.PIPE,
                    limit=MAX_ANSWER,
                    start_new_session=True,
                )
                STRAYS.has_started(self._process.pid)
        except FileNotFoundError:
            raise ToolFailed(self._not_found()) from None
        except (OSError, ValueError) as error:
            raise ToolFailed(f"cannot start {self.server.command!r}: {error}") from None
        leftovers.note(self.register, self._process.pid)
        self._listening = asyncio.create_task(self._listen())

    async def lines(self) -> AsyncIterator[bytes | None]:
        """Standard output line by line; None for a line that was too long, PAUSE where for a while there is none."""
        reader = self._stream(self._process.stdout)
        is_too_long, is_quiet = False, True
        while True:
            try:
                async with asyncio.timeout(None if is_quiet else PAUSE_SECONDS):
                    line = await reader.readuntil(b"\n")
            except TimeoutError:
                is_quiet = True
                yield PAUSE
                continue
            except asyncio.LimitOverrunError as error:
                is_too_long = True
                await reader.readexactly(error.consumed)
                continue
            except asyncio.IncompleteReadError as error:
                if error.partial and not is_too_long:
                    yield error.partial
                yield PAUSE
                return
            except ConnectionError:
                return
            yield None if is_too_long else line
            is_too_long = is_quiet = False

    async def write(self, line: bytes) -> None:
        """Raises ConnectionError when the program does not read any more."""
        stdin = self._process.stdin
        if stdin is None:
            raise TypeError("started without a pipe")
        stdin.write(line)
        await stdin.drain()

    async def end(self) -> None:
        """Its input is closed, so that it can tidy up; whoever of its group is left gets TERM, at last KILL.

        What it started and what left the group is killed then.
        """
        process = self._process
        started = descendants(process.pid)
        if process.stdin is not None:
            process.stdin.close()
        for number in (signal.SIGTERM, signal.SIGKILL):
            if await self._is_gone_in(END_SECONDS):
                break
            self._signal(number)
        else:
            await self._is_gone_in(END_SECONDS)
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)
        for stray in started:
            stray.end()
        STRAYS.has_ended(process.pid)
        # What a survivor holds open must not keep the pipes of ours.
        process._transport.close()  # type: ignore[attr-defined]  # noqa: SLF001  # asyncio has no other way
        leftovers.forget(self.register, process.pid)

    async def last_words(self) -> str:
        """How it ended and what it said last on its standard error, for an error message."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.5):
                await self._process.wait()
                if self._listening is not None:
                    await self._listening
        code = self._process.returncode
        how = "closed its output" if code is None else f"ended with code {code}" if code >= 0 else _signal_name(-code)
        said = " | ".join(self._said)[-600:]
        return f"{how}; it said: {said}" if said else how

    async def _is_gone_in(self, seconds: float) -> bool:
        """Whether the whole group has ended, as soon as it has."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._process.wait()
                while leftovers.group_exists(self._process.pid):
                    await asyncio.sleep(0.02)
                return True
        return False

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)

    async def _listen(self) -> None:
        """Read standard error, or a talkative program would block; keep the end of it."""
        reader = self._stream(self._process.stderr)
        while True:
            try:
                line = await reader.readline()
            except ValueError:
                continue  # longer than the limit: the reader has thrown it away
            if not line:
                return
            if text := line.decode(errors="replace").strip():
                self._said.append(self._masker.text(text)[-300:])  # masked first: half of a secret is one, too

    def _not_found(self) -> str:
        if not self.working_dir.is_dir():
            return f"cannot start {self.server.command!r}: there is no directory {self.working_dir}"
        return f"there is no program {self.server.command!r} on this machine; install it, or give its whole path"

    @staticmethod
    def _stream(stream: asyncio.StreamReader | None) -> asyncio.StreamReader:
        if stream is None:
            raise TypeError("started without a pipe")
        return stream


def _signal_name(number: int) -> str:
    try:
        return f"was ended by {signal.Signals(number).name}"
    except ValueError:
        return f"was ended by signal {number}"
