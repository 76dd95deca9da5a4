"""A gRPC service on loopback that describes itself by reflection, and remembers what it was asked."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc
from grpc_reflection.v1alpha import reflection
from stigmer_proto.agentic.workflow.v1 import api_pb2, io_pb2, query_pb2

SERVICE = query_pb2.DESCRIPTOR.services_by_name["WorkflowQueryController"].full_name


class Shop:
    """Knows one workflow; waits for `gate` when it is asked for `slow`."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.arrived, self.gate = threading.Event(), threading.Event()

    def get(self, request: Any, context: Any) -> Any:
        self.asked.append({"value": request.value, **dict(context.invocation_metadata())})
        if request.value == "slow":
            self.arrived.set()
            self.gate.wait(60)
        if request.value == "none":
            context.abort(grpc.StatusCode.NOT_FOUND, "there is none")
        found = api_pb2.Workflow(kind="Workflow")
        found.metadata.labels["asked"] = request.value
        return found


@contextmanager
def running_shop() -> Iterator[tuple[Shop, str]]:
    shop = Shop()
    server = grpc.server(ThreadPoolExecutor(4))
    handler = grpc.unary_unary_rpc_method_handler(
        shop.get, io_pb2.WorkflowId.FromString, lambda answer: answer.SerializeToString()
    )
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, {"get": handler}),))
    reflection.enable_server_reflection([SERVICE, reflection.SERVICE_NAME], server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield shop, f"127.0.0.1:{port}"
    shop.gate.set()
    server.stop(0).wait()
