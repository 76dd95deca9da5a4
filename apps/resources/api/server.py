"""The gRPC server: health, reflection, graceful stop."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from apps.processes.addresses import Address, is_free, parse_address
from apps.resources.api.adapter import Wiring
from apps.resources.api.authentication import Admit, admit_everybody
from apps.resources.api.permission import Authorize, Identify, let_pass, local_person
from apps.resources.errors import AddressInUse
from apps.resources.storage.connections import close_kept

logger = logging.getLogger(__name__)

MAX_MESSAGE_BYTES = 10 * 1024 * 1024
GRACE_SECONDS = 5.0
OPTIONS = [
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    # Two servers must not share a port: the second one has to notice.
    ("grpc.so_reuseport", 0),
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
]


@dataclass
class RunningServer:
    """A started server. `stop` may be called from any thread, more than once."""

    server: grpc.Server
    health: health.HealthServicer
    wiring: Wiring
    pool: ThreadPoolExecutor
    addresses: list[str] = field(default_factory=list)

    def probe(self, answer: Callable[[], object]) -> None:
        """Call `answer` where unary calls are answered, as soon as one of those threads is free."""
        self.pool.submit(answer)

    def stop(self) -> None:
        """Refuse new calls, give those under way five seconds, then end."""
        self.health.enter_graceful_shutdown()
        self.server.stop(GRACE_SECONDS)

    def wait(self) -> None:
        self.server.wait_for_termination()
        self.wiring.streams.threads.shutdown(wait=False, cancel_futures=True)
        close_kept()


def serve(
    endpoint: str,
    add_services: Callable[[Wiring], None],
    *,
    workers: int,
    with_reflection: bool,
    admit: Admit = admit_everybody,
    authorize: Authorize = let_pass,
    identify: Identify = local_person,
    interceptors: Sequence[grpc.ServerInterceptor[Any, Any]] = (),
    credentials: grpc.ServerCredentials | None = None,
) -> RunningServer:
    """Start serving on `endpoint` (`localhost:50051`). Raises AddressInUse.

    `workers` threads answer unary calls; streams have a pool of their own. `admit`, `identify` and `authorize` are
    asked before every call. With `credentials` it speaks TLS.
    """
    pool = ThreadPoolExecutor(workers, thread_name_prefix="unary")
    server = grpc.server(pool, options=OPTIONS, interceptors=list(interceptors))
    wiring = Wiring(server, admit, authorize, identify)
    add_services(wiring)
    checks = health.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(checks, server)
    if with_reflection:
        names = [*wiring.names, health.SERVICE_NAME, reflection.SERVICE_NAME]
        reflection.enable_server_reflection(names, server)
    running = RunningServer(server, checks, wiring, pool, _bind(server, endpoint, credentials))
    server.start()
    for name in ("", *wiring.names):
        checks.set(name, health_pb2.HealthCheckResponse.SERVING)
    return running


def _bind(server: grpc.Server, endpoint: str, credentials: grpc.ServerCredentials | None) -> list[str]:
    """Bind every loopback address that the endpoint's host means; IPv6 only where the machine has it."""
    wanted = parse_address(endpoint)
    bound: list[str] = []
    for address in (str(Address(ip, wanted.port)) for _, ip in wanted.families):
        try:
            if credentials is None:
                server.add_insecure_port(address)
            else:
                server.add_secure_port(address, credentials)
        except RuntimeError as error:
            # Half of localhost in other hands would have clients talk to somebody else.
            if address.startswith("[::1]") and bound and is_free(parse_address(address)):
                logger.info("not serving on %s: %s", address, error)
                continue
            raise AddressInUse(address, "another process") from error
        bound.append(address)
    return bound
