"""HTTP_CALL: one request, its answer's body as output."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus

from apps.shared.durations import duration
from apps.shared.masking import without_user
from apps.workflows.calls import CallFailed
from apps.workflows.dataflow.base import Done
from apps.workflows.definition import Config
from apps.workflows.effects.http_call import HttpCall, HttpReply
from apps.workflows.errors import HTTP_NAME, Problem, TaskFailed, forbidden
from apps.workflows.expressions import Template
from apps.workflows.expressions.errors import shorten
from apps.workflows.http.bodies import form_of, is_coding
from apps.workflows.reading import Reader
from apps.workflows.secrets import begins_sealed, mask
from apps.workflows.steps.base import ParseTasks
from apps.workflows.steps.context import TaskContext
from apps.workflows.steps.retries import LONGEST_DELAY_SECONDS, Retry, delay_after, read_retry
from apps.workflows.values import Json, to_text

UNKNOWN = "whether it took effect is unknown"
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH")
DEFAULT_TIMEOUT_SECONDS = 30
LONGEST_TIMEOUT_SECONDS = 300


@dataclass(frozen=True)
class HttpCallConfig(Config):
    method: str
    uri: Template
    headers: dict[str, Template]
    body: Json
    """With a Template for every string; None for no body."""
    timeout_seconds: int
    retry: Retry | None = None


def parse(reader: Reader, _tasks: ParseTasks) -> HttpCallConfig:
    fields = reader.fields("method", "endpoint", "headers", "body", "timeout_seconds", "retry")
    uri_reader = fields["endpoint"].required().fields("uri")["uri"]
    uri = uri_reader.template()
    if uri.is_literal and uri.text and not is_web_address(uri.text):
        uri_reader.complain(f"must begin with http:// or https://, got {shorten(without_user(uri.text), 80)}")
    headers, body = fields["headers"].template_map(), fields["body"].object_data()
    if body is not None:
        _check_headers_of_body(fields["headers"], headers)
    return HttpCallConfig(
        method=fields["method"].one_of(*METHODS),
        uri=uri,
        headers=headers,
        body=body,
        timeout_seconds=fields["timeout_seconds"].integer(
            least=1, most=LONGEST_TIMEOUT_SECONDS, default=DEFAULT_TIMEOUT_SECONDS
        ),
        retry=read_retry(fields["retry"]),
    )


def _check_headers_of_body(reader: Reader, headers: Mapping[str, Template]) -> None:
    """Complain of what says that the body has a form in which it cannot be written."""
    for name, template in headers.items():
        shown = shorten(template.text, 80)
        if not template.is_literal:
            continue
        if name.lower() == "content-type" and not form_of(template.text):
            reader.child(name).complain(f"a body cannot be written as {shown}")
        if name.lower() == "content-encoding" and not is_coding(template.text):
            reader.child(name).complain(f"a body cannot be packed with {shown}")


def is_web_address(uri: str) -> bool:
    return uri.lower().startswith(("http://", "https://"))


async def run(active: TaskContext, config: HttpCallConfig) -> Done:
    """4xx and what TLS refuses are final; 429, 5xx and broken connections are tried again by the run's policy."""
    uri = active.text(config.uri)
    headers = {name: active.text(template) for name, template in config.headers.items()}
    body = active.values(config.body)
    arguments = {"method": config.method, "uri": without_user(uri), "headers": headers, "body": body}
    active.begin({name: value for name, value in arguments.items() if value not in (None, {})})
    if not (is_web_address(uri) or begins_sealed(uri, active.nonce)):
        begin = shorten(
            without_user(mask(uri, active.nonce)), 80
        )  # masked first: of a placeholder that is cut, a part stays
        raise TaskFailed(_problem("configuration", f"{begin} does not begin with http:// or https://"))
    while True:
        call = HttpCall(
            path=active.path,
            attempt=active.attempt,
            method=config.method,
            uri=uri,
            headers=headers,
            body=body,
            timeout_seconds=config.timeout_seconds,
        )
        try:
            answer = await active.perform(call)
        except CallFailed as failure:
            problem, again = _judge_failure(call, failure)
        else:
            if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
                return Done(answer.body)
            problem = _judge_answer(call, answer, mask(answer.body, active.nonce))
            is_final = answer.leaves_unknown or answer.was_worked_on
            failed = answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR and not is_final
            again = failed or answer.was_turned_away
        delay = delay_after(active, config.retry, problem, is_harmless=again)
        if delay is None:
            raise TaskFailed(problem)
        await active.again(problem, delay)


def _judge_answer(call: HttpCall, answer: HttpReply, body: Json) -> Problem:
    """What an answer outside 200..299 means, whose masked body is `body`; redirects are not followed, so errors."""
    phrase = http.client.responses.get(answer.status, "")
    detail = f"{call.method} {without_user(call.uri)} answered {answer.status} {phrase}".rstrip()
    if body not in (None, ""):
        detail = f"{detail}: {shorten(to_text(body), 500)}"
    if answer.leaves_unknown:
        detail = f"{detail}; {UNKNOWN}"
    if answer.wait_seconds:
        detail = f"{detail}; it asks to be left alone for {duration(answer.wait_seconds)}"
    if answer.wait_seconds > LONGEST_DELAY_SECONDS:
        detail = f"{detail}, longer than the {duration(LONGEST_DELAY_SECONDS)} that a run waits"
    problem = _problem("communication", detail, status=answer.status, title=phrase)
    return replace(problem, wait_seconds=answer.wait_seconds)


def _judge_failure(call: HttpCall, failure: CallFailed) -> tuple[Problem, bool]:
    """What a missing answer means, and whether to try again.

    A request that may have arrived is only repeated when its method says that this does no harm.
    """
    within = f" within {call.timeout_seconds} s" if failure.reason == "timeout" else ""
    detail = f"{call.method} {without_user(call.uri)}: {failure}{within}"
    unknown = f"{detail}; {UNKNOWN}"
    match failure.reason:
        case "unreachable" | "lost" if failure.reason == "unreachable" or call.is_repeatable:
            return _problem("communication", detail), True
        case "untrusted":
            return _problem("communication", detail), False
        case "timeout":
            return _problem("timeout", detail if call.is_repeatable else unknown), False
        case "refused" | "forbidden":
            return forbidden(detail) if failure.reason == "forbidden" else _problem("configuration", detail), False
        case "unknown" | "broken":
            return _problem("runtime", detail if call.only_reads else unknown), False
        case _:
            says_nothing = failure.reason == "garbled" and call.is_repeatable
            return _problem(
                "communication", detail if failure.reason == "unreadable" or says_nothing else unknown
            ), False


def _problem(kind: str, detail: str, *, status: int = 0, title: str = "") -> Problem:
    # Everything an HTTP step fails with, bad configuration aside, is one error to the programs that match names.
    name = HTTP_NAME if kind in ("communication", "runtime") else ""
    extra = {"statusCode": status} if status else {}
    return Problem(kind, detail, status=status, title=title, name=name, extra=extra)
