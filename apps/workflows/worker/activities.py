"""The half with effects: what runs between the steps of a workflow, each safe to be repeated."""

from __future__ import annotations

import contextvars
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from django.db import close_old_connections
from temporalio import activity
from temporalio.exceptions import ApplicationError

from apps.resources.errors import LeaseLost
from apps.workflows.http.content import decode_answer
from apps.workflows.http.exchange import Aborted
from apps.workflows.interpreter.effects import HttpFailure
from apps.workflows.secrets import UnknownSecret, conceal, reveal
from apps.workflows.steps.http_call import REPEATABLE
from apps.workflows.values import Json
from apps.workflows.worker import agents, ledger, plans
from apps.workflows.worker.contracts import RUN_GONE, AgentInput, AgentReply, HttpInput, HttpReply
from apps.workflows.worker.ledger import Begun
from apps.workflows.worker.plans import RunSecrets
from apps.workflows.worker.process_state import Host

if TYPE_CHECKING:
    from apps.workflows.http.client import HttpClient

logger = logging.getLogger(__name__)

HEARTBEAT_SECONDS: Final = 5.0


class Activities:
    """The activities of one worker process."""

    def __init__(self, host: Host) -> None:
        self.host = host

    @cached_property
    def client(self) -> HttpClient:
        from apps.workflows.http.client import HttpClient  # takes 60 ms, most of it for what httpcore itself imports

        return HttpClient()

    def prepare(self) -> None:
        """Load what the first request needs, while the unit waits for others."""
        _ = self.client

    @property
    def all(self) -> list[Callable[..., Any]]:  # Any: what Temporal registers
        return [self.send_http, self.run_agent, self.cancel_agent, self.pause]

    @activity.defn(name="send_http")
    def send_http(self, request: HttpInput) -> HttpReply:
        """Send a request unless it was sent before; then answer what it came to."""
        with _guarded():
            begun = self._begin(request)
            if begun.has_ended:
                return HttpReply(**begun.result)
            if begun.is_repeat and request.method not in REPEATABLE:
                return HttpReply(reason="unknown", detail="an earlier try was cut off")
            try:
                reply = self._send(request, self._secrets_of(request.execution_id))
            except Aborted:
                return HttpReply(reason="cancelled", detail="the run was cancelled")
            self._end(request, reply)
            return reply

    def _begin(self, request: HttpInput) -> Begun:
        """Look the step up, and note it before it acts; a request that only reads needs no note."""
        step = request.execution_id, request.path, request.attempt
        recorder = self.host.recorders.get(request.execution_id)
        if request.method == "GET":
            if recorder:
                recorder.flush()
            return Begun() if request.execution_id in self.host.fresh else ledger.look_up(*step)
        write = recorder.take() if recorder else None

        def begin() -> Begun:
            if write:
                write()
            return ledger.begin(*step, asdict(request))

        return self.host.committer.call(begin)

    def _end(self, request: HttpInput, reply: HttpReply) -> None:
        """Keep the answer. Not waited for: it stands in line before whatever the run does next.

        Who dies before it is written is told of an outcome that is unknown, which is true.
        """
        recorder = self.host.recorders.get(request.execution_id)
        if request.method == "GET" and recorder:
            recorder.keep(request, reply)
            return
        step = request.execution_id, request.path, request.attempt
        self.host.committer.submit(lambda: ledger.end(*step, asdict(reply)))

    @activity.defn(name="run_agent")
    def run_agent(self, request: AgentInput) -> AgentReply:
        """Start an agent run, or find the one started before, which answers through the task token."""
        with _guarded():
            secrets = self._secrets_of(request.execution_id)
            reply = agents.start(request, secrets, activity.info().task_token)
        if reply is None:
            activity.raise_complete_async()
        return reply

    @activity.defn(name="cancel_agent")
    def cancel_agent(self, request: AgentInput) -> None:
        """End the agent run of a call that nobody waits for any more."""
        with _guarded():
            agents.cancel(request, "the workflow no longer waits for it")

    @activity.defn(name="pause")
    def pause(self, execution_id: str) -> bool:
        """Nothing, between many tasks that only compute. Answers whether the run is being cancelled."""
        return execution_id in self.host.cancelling

    def _send(self, request: HttpInput, secrets: RunSecrets) -> HttpReply:
        try:
            uri, headers, body = _opened([request.uri, request.headers, request.body], secrets)
            response = self.client.send(
                request.method,
                uri,
                headers,
                body,
                seconds=request.timeout_seconds,
                watch=lambda abort: self.host.calls.under_way(request.execution_id, abort),
            )
            content = decode_answer(response.status, response.headers.get("content-type", ""), response.body)
        except HttpFailure as failure:
            detail = conceal(str(failure), secrets.nonce, secrets.values)
            return HttpReply(reason=failure.reason, detail=detail)
        closed = conceal([content, response.headers], secrets.nonce, secrets.values)
        return HttpReply(response.status, closed[0], closed[1])

    def _secrets_of(self, execution_id: str) -> RunSecrets:
        known = self.host.secrets
        if execution_id not in known:
            known[execution_id] = plans.secrets_of(execution_id)
        return known[execution_id]


def _opened(value: Json, secrets: RunSecrets) -> Json:
    def lookup(name: str) -> str:
        if name not in secrets.values:
            raise UnknownSecret(name)
        return secrets.values[name]

    try:
        return reveal(value, secrets.nonce, lookup)
    except UnknownSecret as error:
        raise HttpFailure("refused", str(error)) from None


@contextmanager
def _guarded() -> Iterator[None]:
    """Database connections of this thread in order, heartbeats while it works, and the end of a run told apart."""
    close_old_connections()
    try:
        with _heartbeats():
            yield
    except LeaseLost as error:
        raise ApplicationError(str(error), type=RUN_GONE, non_retryable=True) from None
    finally:
        close_old_connections()


@contextmanager
def _heartbeats() -> Iterator[None]:
    """Heartbeat from another thread. Local activities need none."""
    if activity.info().is_local:
        yield
        return
    done = threading.Event()

    def beat() -> None:
        while not done.wait(HEARTBEAT_SECONDS):
            activity.heartbeat()

    thread = threading.Thread(target=contextvars.copy_context().run, args=[beat], daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
