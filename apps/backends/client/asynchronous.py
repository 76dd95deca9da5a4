"""The client of programs on an event loop: the same, awaited.

Calls are made by a few threads of the client's own, and each run that is followed has one more: grpc's interface for
asyncio would belong to one loop for ever, and a server takes no more followers at once than threads are cheap.
"""

from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Self, TypeVar

from apps.backends.client.outcome import RunTimedOut
from apps.backends.client.sync import ANYTHING, Client, Execution
from apps.backends.closed import Closed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from types import TracebackType

    from apps.backends.client.batch import Batch, BatchResult
    from apps.backends.client.watch import Change, Watch
    from apps.backends.resource import Resource
    from apps.backends.runs import Json, Phase, RunEvent

CALLS_AT_ONCE = 16
Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")
END = None
"""What follows the last event."""


def awaited(
    method: Callable[Concatenate[Client, Arguments], Answer],
) -> Callable[Concatenate[AsyncClient, Arguments], Coroutine[Any, Any, Answer]]:
    """A method of Client for an AsyncClient."""

    @functools.wraps(method)
    async def call(client: AsyncClient, /, *arguments: Arguments.args, **named: Arguments.kwargs) -> Answer:
        whole = await client.connected()
        return await client.in_thread(functools.partial(method, whole, *arguments, **named))

    return call


def started(
    method: Callable[Concatenate[Client, Arguments], Execution],
) -> Callable[Concatenate[AsyncClient, Arguments], Coroutine[Any, Any, AsyncExecution]]:
    """The same for one that answers a run."""

    @functools.wraps(method)
    async def call(client: AsyncClient, /, *arguments: Arguments.args, **named: Arguments.kwargs) -> AsyncExecution:
        whole = await client.connected()
        return AsyncExecution(client, await client.in_thread(functools.partial(method, whole, *arguments, **named)))

    return call


def batched(
    method: Callable[Concatenate[Client, Arguments], Batch],
) -> Callable[Concatenate[AsyncClient, Arguments], Coroutine[Any, Any, AsyncBatch]]:
    """The same for one that answers a batch."""

    @functools.wraps(method)
    async def call(client: AsyncClient, /, *arguments: Arguments.args, **named: Arguments.kwargs) -> AsyncBatch:
        whole = await client.connected()
        return AsyncBatch(await client.in_thread(functools.partial(method, whole, *arguments, **named)))

    return call


class AsyncClient:
    """As Client, for programs on an event loop. It connects at its first call, or by `async with`."""

    def __init__(
        self, *, endpoint: str = "", token: str = "", start: bool = True, tls: bool | None = None, ca_file: str = ""
    ) -> None:
        """What to connect to: see Client."""
        named = {"endpoint": endpoint, "token": token, "ca_file": ca_file}
        self._connect = functools.partial(Client, **named, start=start, tls=tls)
        self._threads = ThreadPoolExecutor(CALLS_AT_ONCE, thread_name_prefix="stigmer")
        self._client: Client | None = None
        self._connecting = threading.Lock()
        self._is_closed = False

    async def __aenter__(self) -> Self:
        await self.connected()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Give the connection back: what still uses it raises Unreachable. Runs go on."""
        if self._client is not None and not self._is_closed:
            await self.in_thread(self._client.close)
        self._is_closed = True
        self._threads.shutdown(wait=False)

    run = started(Client.run)
    execution = started(Client.execution)
    batch = batched(Client.batch)
    rerun_batch = batched(Client.rerun_batch)
    apply = awaited(Client.apply)
    get = awaited(Client.get)
    cancel = awaited(Client.cancel)
    terminate = awaited(Client.terminate)
    pause = awaited(Client.pause)
    resume = awaited(Client.resume)
    signal = awaited(Client.signal)

    async def watch(self, kind: str, **wanted: Any) -> AsyncWatch:
        """What happens to the resources of a kind; see Client.watch, whose arguments it takes."""
        client = await self.connected()
        return AsyncWatch(await self.in_thread(functools.partial(client.watch, kind, **wanted)))

    async def list(self, kind: str, *, limit: int = ANYTHING) -> AsyncIterator[Resource]:
        """The resources of a kind, newest first, read page by page as they are asked for."""
        found = (await self.connected()).list(kind, limit=limit)
        while (resource := await self.in_thread(functools.partial(next, found, None))) is not None:
            yield resource

    async def connected(self) -> Client:
        """The client that does the work."""
        if self._client is not None:
            return self._client
        return await self.in_thread(self._connect_once)

    async def in_thread(self, act: Callable[[], Answer]) -> Answer:
        """`act`, off the loop. Raises Closed once this was closed."""
        if self._is_closed:
            raise Closed
        return await asyncio.get_running_loop().run_in_executor(self._threads, act)

    def _connect_once(self) -> Client:
        with self._connecting:
            client = self._client or self._connect()
            self._client = client
            return client


class AsyncWatch:
    """Changes as they happen: `async with` it, and `async for` over it; see Watch."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        # Of its own: it waits for days, and the client has but a few for calls.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="watch")

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Change:
        change = await asyncio.get_running_loop().run_in_executor(self._thread, next, self._watch, None)
        if change is None:
            raise StopAsyncIteration
        return change

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def position(self) -> str:
        """Where another watch goes on; see Watch."""
        return self._watch.position

    def close(self) -> None:
        """End it."""
        self._watch.close()
        self._thread.shutdown(wait=False)


class AsyncBatch:
    """Runs of one thing, so many at a time: `async for` over it starts them; see Batch."""

    def __init__(self, batch: Batch) -> None:
        self._batch = batch

    def __repr__(self) -> str:
        return repr(self._batch).replace("Batch", "AsyncBatch", 1)

    @property
    def name(self) -> str:
        """By which it is gone on with, and what failed of it run once more."""
        return self._batch.name

    @property
    def total(self) -> int:
        """How many runs it has."""
        return self._batch.total

    async def __aiter__(self) -> AsyncIterator[BatchResult]:
        loop, ends = asyncio.get_running_loop(), iter(self._batch)
        # Of its own: it waits for as long as the runs take, and the client has but a few for calls.
        thread = ThreadPoolExecutor(1, thread_name_prefix="batch")
        try:
            while (result := await loop.run_in_executor(thread, next, ends, None)) is not None:
                yield result
        finally:
            self.stop()
            thread.shutdown(wait=False)

    async def results(self) -> list[BatchResult]:
        """Wait until all have ended and answer what became of them, in the order of their lines; see Batch."""
        return sorted([result async for result in self], key=lambda result: result.line)

    def stop(self) -> None:
        """Start nothing more and wait for nothing; what runs goes on."""
        self._batch.stop()


class AsyncExecution:
    """One run. `async for` over it gives its events from the first on until it has ended."""

    def __init__(self, client: AsyncClient, run: Execution) -> None:
        self._client = client
        self._run = run

    def __aiter__(self) -> AsyncIterator[RunEvent]:
        return self.events()

    def __repr__(self) -> str:
        return repr(self._run).replace("Execution", "AsyncExecution", 1)

    @property
    def id(self) -> str:
        """`aex-...` or `wex-...`."""
        return self._run.id

    @property
    def phase(self) -> Phase:
        """Where it stood when it was last looked at."""
        return self._run.phase

    @property
    def output(self) -> Json:
        """What it had answered by then: a workflow's output, an agent's last text; None before."""
        return self._run.output

    @property
    def error(self) -> str:
        """Why it failed; "" where it did not."""
        return self._run.error

    @property
    def resource(self) -> Resource:
        """The whole run: its `message` of the contract, and `record()` as plain data."""
        return self._run.resource

    async def refresh(self) -> Self:
        """Look at it again."""
        await self._client.in_thread(self._run.refresh)
        return self

    async def events(self, *, after: int = 0) -> AsyncIterator[RunEvent]:
        """Its events with an id above `after`, as they happen. Leaving the loop ends the call."""
        loop = asyncio.get_running_loop()
        queue: asyncio.Queue[RunEvent | BaseException | None] = asyncio.Queue()
        left = threading.Event()

        def read() -> None:
            last: BaseException | None = END
            try:
                for event in self._run.watch(after):
                    if left.is_set():
                        return
                    if event is not None:
                        loop.call_soon_threadsafe(queue.put_nowait, event)
            except BaseException as error:  # raised again where the events are read
                last = error
            if not left.is_set():
                loop.call_soon_threadsafe(queue.put_nowait, last)

        threading.Thread(target=read, name=f"follow {self.id}", daemon=True).start()
        try:
            while (item := await queue.get()) is not END:
                if isinstance(item, BaseException):
                    raise item
                yield item
        finally:
            left.set()

    async def result(self, timeout: float | None = None) -> Json:
        """Wait until it has ended and answer its output. `timeout` is in seconds.

        Raises RunFailed, RunCancelled, and RunTimedOut, which leaves it going on.
        """
        try:
            async with asyncio.timeout(timeout):
                if not (await self.refresh()).phase.is_terminal:
                    async for _ in self.events():
                        pass
        except TimeoutError as error:
            raise RunTimedOut(self.id, timeout or 0.0) from error
        return self._run.answered()

    async def rerun(self, *, pinned: bool = False) -> AsyncExecution:
        """Start it once more, from the beginning; see Execution.rerun."""
        run = await self._client.in_thread(functools.partial(self._run.rerun, pinned=pinned))
        return AsyncExecution(self._client, run)

    async def retry(self, task: str = "") -> AsyncExecution:
        """Have a run of a workflow that failed go on from the task that failed, or from one with this name or path.

        It is a new run, and what was done before is not done again. Raises Conflict for one that cannot be retried.
        """
        return AsyncExecution(self._client, await self._client.in_thread(functools.partial(self._run.retry, task)))

    async def signal(self, name: str, data: Json = None, *, id: str = "") -> None:  # noqa: A002  # as on the wire
        """Send it a signal; see Execution.signal."""
        await self._client.in_thread(functools.partial(self._run.signal, name, data, id=id))

    async def update(self, name: str, data: Json = None, *, id: str = "", timeout: float | None = None) -> Json:  # noqa: A002
        """As `signal`, and wait for the output of the task that takes it; see Execution.update."""
        return await self._client.in_thread(functools.partial(self._run.update, name, data, id=id, timeout=timeout))

    async def query(self, name: str, *, timeout: float | None = 20.0) -> Json:  # as the other client
        """The data of the run; see Execution.query."""
        return await self._client.in_thread(functools.partial(self._run.query, name, timeout=timeout))

    async def cancel(self, reason: str = "") -> None:
        """Ask it to end; it may take a moment. Raises Conflict when it has ended."""
        await self._client.in_thread(functools.partial(self._run.cancel, reason))

    async def terminate(self, reason: str = "") -> None:
        """End it now; see Execution.terminate."""
        await self._client.in_thread(functools.partial(self._run.terminate, reason))

    async def pause(self, reason: str = "") -> None:
        """Have it begin nothing new; see Execution.pause."""
        await self._client.in_thread(functools.partial(self._run.pause, reason))

    async def resume(self, reason: str = "") -> None:
        """Let it go on; see Execution.resume."""
        await self._client.in_thread(functools.partial(self._run.resume, reason))
