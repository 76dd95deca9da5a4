"""HTTP to addresses that users name, on a server of many machines: connected to as they were judged, by no proxy."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import httpcore2
import httpx2

from apps.shared.reach import Reach


class CheckedTransport(httpx2.AsyncHTTPTransport):
    """Every connection is judged, those of redirects too. Requests raise AddressRefused."""

    def __init__(self, reach: Reach) -> None:
        super().__init__()
        # The library lets nobody else choose it. Should it be called otherwise one day, this raises.
        pool = self._pool
        pool._network_backend = _Network(reach, pool._network_backend)  # noqa: SLF001


class _Network(httpcore2.AsyncNetworkBackend):
    def __init__(self, reach: Reach, inner: httpcore2.AsyncNetworkBackend) -> None:
        self._reach, self._inner = reach, inner

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        try:
            *others, last = await asyncio.to_thread(self._reach.addresses, host, port)
        except OSError as error:
            raise httpcore2.ConnectError(str(error)) from error
        for address in others:
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore2.NetworkError, httpcore2.TimeoutException):
                continue
        return await self._inner.connect_tcp(last, port, timeout, local_address, socket_options)

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)
