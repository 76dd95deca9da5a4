"""What a unit counts, for Prometheus. Labels are names of our own: never anything that a caller chose."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import grpc
from django.db import DatabaseError, connection
from prometheus_client import Counter, Gauge, Histogram, Info, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from apps.resources.caller import SYSTEM
from apps.resources.executions.model import Phase
from apps.resources.registry import AGENT_EXECUTION, WORKFLOW_EXECUTION
from apps.resources.storage.lookup import visible

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
"""Seconds."""
CALLS: Final = Counter("stigmer_calls", "Calls of the API that have ended.", ["method", "code"])
SECONDS: Final = Histogram("stigmer_call_seconds", "How long calls without streams took.", ["method"], buckets=BUCKETS)
STREAMS: Final = Gauge("stigmer_streams", "Streams that are open.")
BUILD: Final = Info("stigmer", "What runs here.")

Handler = Any  # of grpc: behaviours of four kinds, each with types of its own


class Runs(Collector):
    """How many runs wait, and how many are under way: by which those who do them are made more, or fewer."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        runs = GaugeMetricFamily("stigmer_runs", "Runs that have not ended.", labels=["kind", "phase"])
        try:
            for kind in (AGENT_EXECUTION, WORKFLOW_EXECUTION):
                for phase in (Phase.PENDING, Phase.IN_PROGRESS):
                    count = visible(kind, SYSTEM).filter(phase=phase).count()
                    runs.add_metric([kind.name, phase.wire_name], count)
        except DatabaseError:
            return
        finally:
            connection.close()
        yield runs

    def describe(self) -> list[GaugeMetricFamily]:
        """Nothing: to be registered must not take a look at the database."""
        return []


def text() -> bytes:
    return generate_latest()


class CountedCalls(grpc.ServerInterceptor):  # type: ignore[type-arg]  # it has none at run time
    """Counts the calls of methods that there are."""

    def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Handler | None],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler | None:
        handler = continuation(handler_call_details)
        if handler is None:
            return None
        method = str(getattr(handler_call_details, "method", "")).rpartition(".")[2]
        if handler.unary_unary is not None:
            return handler._replace(unary_unary=_counted(method, handler.unary_unary))
        if handler.unary_stream is not None:
            return handler._replace(unary_stream=_counted_stream(method, handler.unary_stream))
        if handler.stream_unary is not None:
            return handler._replace(stream_unary=_counted(method, handler.stream_unary))
        return handler


def _counted(method: str, behaviour: Handler) -> Handler:
    def serve(request: Any, context: Any) -> Any:  # Any: as Handler
        begun = time.perf_counter()
        with _counting(method, context):
            answer = behaviour(request, context)
        SECONDS.labels(method).observe(time.perf_counter() - begun)
        return answer

    return _on_its_threads(serve, behaviour)


def _counted_stream(method: str, behaviour: Handler) -> Handler:
    def serve(request: Any, context: Any) -> Iterator[Any]:  # Any: as Handler
        with STREAMS.track_inprogress(), _counting(method, context):
            yield from behaviour(request, context)

    return _on_its_threads(serve, behaviour)


@contextmanager
def _counting(method: str, context: Any) -> Iterator[None]:  # Any: as in adapter.py, the stubs lack `code`
    try:
        yield
    finally:
        code = context.code() or (grpc.StatusCode.OK if context.is_active() else grpc.StatusCode.CANCELLED)
        CALLS.labels(method, code.name).inc()


def _on_its_threads(serve: Handler, behaviour: Handler) -> Handler:
    """grpc reads off a behaviour on which threads it runs."""
    if hasattr(behaviour, "experimental_thread_pool"):
        serve.experimental_thread_pool = behaviour.experimental_thread_pool
    return serve
