"""A server that has the published contract and nothing else: a proxy in front of a real one, which answers
UNIMPLEMENTED to our extension API.

    with contract_only(installation.endpoint) as endpoint: ...
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc

EXTENSION = "/ai.stigmer.controlplane."


class Proxy(grpc.GenericRpcHandler):  # type: ignore[type-arg]  # generic in the stubs only
    """Passes on the bytes of calls and streams."""

    def __init__(self, channel: grpc.Channel) -> None:
        self.channel = channel

    def service(self, handler_call_details: Any) -> Any:  # grpc's own untyped classes
        method = handler_call_details.method
        if method.startswith(EXTENSION):
            return None
        if method.endswith("/subscribe"):
            return grpc.unary_stream_rpc_method_handler(lambda request, context: self.stream(method, request, context))
        return grpc.unary_unary_rpc_method_handler(lambda request, context: self.call(method, request, context))

    def call(self, method: str, request: bytes, context: grpc.ServicerContext) -> bytes:
        """One request, one answer."""
        try:
            answer: bytes = self.channel.unary_unary(method, None, None)(request, timeout=30)
        except grpc.RpcError as failed:
            error: Any = failed  # a Call, too
            context.set_trailing_metadata(error.trailing_metadata())
            context.abort(error.code(), error.details())
        return answer

    def stream(self, method: str, request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
        """One request, many answers; the caller's end is the server's."""
        answers = self.channel.unary_stream(method, None, None)(request)
        context.add_callback(answers.cancel)
        yield from answers


@contextmanager
def contract_only(endpoint: str) -> Iterator[str]:
    """The address of such a server in front of the one at `endpoint`."""
    with grpc.insecure_channel(endpoint) as channel:
        server = grpc.server(ThreadPoolExecutor(8))
        port = server.add_insecure_port("127.0.0.1:0")
        server.add_generic_rpc_handlers((Proxy(channel),))
        server.start()
        try:
            yield f"127.0.0.1:{port}"
        finally:
            server.stop(None).wait(5)
