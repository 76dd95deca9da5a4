"""A secret that comes back in another form is masked, wherever it came from; one in an address arrives as one value."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.agents.agents import Agents
from tests.support.http import Answer, Asked, StandIn
from tests.workflows.worker.kit import COMPLETED, FAILED, Engine, Run, http, set_, task

MASK = "********"
DECLARED = {"env_spec": {"data": {"TOKEN": {"is_secret": True}}}}
Json = Any


def run(engine: Engine, token: str, *tasks: Json, **given: Json) -> Run:
    return engine.run([*tasks], spec=DECLARED, runtime_env={"TOKEN": {"value": token, "is_secret": True}}, **given)


def echo(service: StandIn, route: str) -> None:
    """Have a route repeat its request, the body as the text that it was."""
    answer = Answer()

    def repeat(asked: Asked) -> None:
        body = asked.body.decode() if isinstance(asked.body, bytes) else json.dumps(asked.body)
        answer.body = {"target": asked.path, "headers": asked.headers, "body": body}

    answer.before = repeat
    service._routes[route] = [answer]


def targets(service: StandIn) -> list[str]:
    return [f"{asked.method} {asked.path}" for asked in service.asked]


def test_a_request_that_is_repeated_as_text_shows_nothing(engine: Engine, service: StandIn) -> None:
    echo(service, "POST /echo")
    ended = run(
        engine,
        'pa"ss\\word',
        http("call", f"{service.url}/echo", "POST", body={"t": "${ .secrets.TOKEN }"}),
        set_("out", body="${ .call.body }"),
    )
    assert ended.output == {"body": f'{{"t": "{MASK}"}}'}
    assert "word" not in str(ended.envelope)


def test_a_path_that_is_repeated_shows_nothing_and_goes_out_again_as_it_was(engine: Engine, service: StandIn) -> None:
    for route in ("GET /echo/wo%22rt%5C77", "GET /wo%22rt%5C77"):
        echo(service, route)
    ended = run(
        engine,
        'wo"rt\\77',
        http("call", f"{service.url}/echo/${{ .secrets.TOKEN }}"),
        http("again", f"{service.url}/${{ .secrets.TOKEN | @uri }}"),
        set_("out", target="${ .call.target }", again="${ .again.target }"),
    )
    assert ended.output == {"target": f"/echo/{MASK}", "again": f"/{MASK}"}
    assert targets(service) == ["GET /echo/wo%22rt%5C77", "GET /wo%22rt%5C77"]


def test_a_link_with_an_encoded_secret_leads_to_where_it_points(engine: Engine, service: StandIn) -> None:
    link = f"{service.url}/next?key=p%26w%231&page=2"
    service.on("GET /list", body={"next": link})
    service.on("GET /next", body={"n": 2})
    ended = run(
        engine,
        "p&w#1",
        http("list", f"{service.url}/list?key=${{ .secrets.TOKEN }}"),
        http("more", "${ .list.next }"),
        set_("out", link="${ .list.next }"),
    )
    assert ended.output == {"link": f"{service.url}/next?key={MASK}&page=2"}
    assert targets(service) == ["GET /list?key=p%26w%231", "GET /next?key=p%26w%231&page=2"]


def test_a_number_that_is_a_secret_is_masked_and_sent_on_as_a_number(engine: Engine, service: StandIn) -> None:
    service.on("GET /pin", body={"pin": 123456, "count": 12345})
    service.on("POST /pin", body={})
    ended = run(
        engine,
        "123456",
        http("call", f"{service.url}/pin"),
        http("send", f"{service.url}/pin", "POST", body={"pin": "${ .call.pin }"}),
        set_("out", pin="${ .call.pin }", count="${ .call.count }"),
    )
    assert ended.output == {"pin": MASK, "count": 12345.0}
    assert service.asked[1].body == {"pin": 123456}
    assert "123456" not in str(ended.envelope)


def test_text_that_has_it_as_json_escapes_it_shows_nothing(engine: Engine, service: StandIn) -> None:
    service.on("GET /escaped", body=b"it is pa\\u00dfwort-77")
    ended = run(engine, "paßwort-77", http("call", f"{service.url}/escaped"), set_("out", text="${ .call }"))
    assert ended.output == {"text": f"it is {MASK}"}


def test_an_error_that_quotes_it_is_told_without_it(engine: Engine, service: StandIn) -> None:
    """Nor half of it, where the text of the error is cut."""
    quoted = repr(b"pa\"ss'word-77").encode()
    service.on("POST /refuse", body=b"x" * 480 + b" not valid: " + quoted, status=422)
    refused = http("call", f"{service.url}/refuse", "POST", body={"t": "${ .secrets.TOKEN }"})
    catch = {"as": "e", "do": [set_("seen", said="${ .error.message }")]}
    ended = run(engine, "pa\"ss'word-77", task("guard", "TRY", {"try": [refused], "catch": catch}))
    assert "answered 422" in ended.output["said"]
    shown = str(ended.envelope)
    assert "word" not in shown
    assert "pa" not in ended.output["said"].partition("not valid")[2]


def test_a_header_that_cannot_be_sent_is_named_and_not_quoted(engine: Engine, service: StandIn) -> None:
    ended = run(
        engine,
        "sample-token-value\n",
        task(
            "guard",
            "TRY",
            {
                "try": [http("call", f"{service.url}/echo", headers={"Authorization": "Bearer ${ .secrets.TOKEN }"})],
                "catch": {"as": "e", "do": [task("on", "RAISE", {"error": "Mine", "message": "${ .error.message }"})]},
            },
        ),
    )
    assert ended.phase == FAILED
    assert "'Authorization' has a line break" in ended.error
    assert "sample-token" not in str(ended.envelope)
    assert service.asked == []


@pytest.mark.parametrize(
    "uri", ["?key=${ .secrets.TOKEN }&z=1", "?key=${ .secrets.TOKEN | @uri }&z=1", "?key=${ .set }&z=1"]
)
def test_a_secret_in_a_query_is_one_value(engine: Engine, service: StandIn, uri: str) -> None:
    service.on("GET /echo", body={})
    ended = run(engine, "pw12&x=1#frag", set_("s", set="${ .secrets.TOKEN }"), http("call", f"{service.url}/echo{uri}"))
    assert ended.phase == COMPLETED, ended.error
    assert targets(service) == ["GET /echo?key=pw12%26x%3D1%23frag&z=1"]


@pytest.mark.parametrize(
    ("uri", "target"),
    [
        ("${ .secrets.TOKEN }", "/base-77"),
        ("${ .secrets.TOKEN }/echo/more", "/base-77/echo/more"),
        ("${ .kept }/echo", "/base-77/echo"),
        ('${ .secrets.TOKEN + "?a=" + "b" }', "/base-77?a=b"),
    ],
)
def test_a_secret_may_be_an_address_or_its_beginning(engine: Engine, service: StandIn, uri: str, target: str) -> None:
    echo(service, f"POST {target.partition('?')[0]}")
    ended = run(
        engine,
        f"{service.url}/base-77",
        set_("keep", kept="${ .secrets.TOKEN }"),
        http("call", uri, "POST", body={"text": "hi"}),
        set_("out", target="${ .call.target }"),
    )
    assert ended.phase == COMPLETED, ended.error
    assert ended.output == {"target": target.replace("base-77", MASK)}
    assert targets(service) == [f"POST {target}"]
    assert "base-77" not in str(ended.envelope)


@pytest.mark.parametrize("uri", ["${ .secrets.TOKEN }", "${ .secrets.TOKEN }/x", "x${ .secrets.TOKEN }"])
def test_a_secret_that_is_no_address_is_refused_without_showing_anything(engine: Engine, uri: str) -> None:
    ended = run(engine, "gopher-77", http("call", uri))
    assert ended.phase == FAILED
    assert "http:// or https://" in ended.error
    shown = str(ended.envelope)
    assert "gopher" not in shown
    assert "⟪" not in json.dumps(ended.tasks, ensure_ascii=False) + ended.error


def test_a_password_in_an_address_is_masked_where_it_is_refused(engine: Engine, service: StandIn) -> None:
    host = service.url.removeprefix("http://")
    ended = run(engine, "some-token", http("call", f"http://me:hidden-77@{host}/echo"))
    assert ended.phase == FAILED
    assert f"GET http://{MASK}@{host}/echo" in ended.error
    assert "Authorization header" in ended.error
    assert "hidden-77" not in str(ended.envelope.status)


def test_a_secret_that_was_typed_into_the_input_is_masked_and_arrives(engine: Engine, service: StandIn) -> None:
    service.on("POST /use", body={})
    ended = run(
        engine,
        "sample-token-77",
        http("use", f"{service.url}/use", "POST", body={"a": "${ $input.token }", "b": "${ $input.trigger_message }"}),
        set_("out", said="${ $input.trigger_message }"),
        trigger_message="my token is sample-token-77",
        trigger_metadata={"token": "sample-token-77"},
    )
    assert ended.output == {"said": f"my token is {MASK}"}
    assert service.asked[0].body == {"a": "sample-token-77", "b": "my token is sample-token-77"}
    assert ended.envelope.spec.trigger_message == f"my token is {MASK}"
    assert dict(ended.envelope.spec.trigger_metadata) == {"token": MASK}
    assert "sample-token" not in str(ended.envelope)


def test_a_message_to_an_agent_that_has_it_in_words_is_masked(engine: Engine, tmp_path: Path) -> None:
    """The agent's run has other secrets than the workflow's: it could not know."""
    agent = Agents(engine.api, tmp_path).agent()
    call = {"agent": agent.metadata.slug, "message": "take sample-token-78", "config": {"timeout": 1}}
    ended = run(engine, "sample-token-78", task("ask", "AGENT_CALL", call))
    assert ended.phase == FAILED
    kept = [entry.value for entry in engine.api.page("AgentExecution").entries]
    assert any(b"take ********" in each for each in kept)
    assert not any(b"sample-token-78" in each for each in kept)


def test_a_literal_of_the_definition_that_is_a_secret_of_the_run_is_masked(engine: Engine) -> None:
    ended = run(engine, "sample-token-77", set_("out", said="it is sample-token-77"))
    assert ended.output == {"said": f"it is {MASK}"}
    assert "sample-token" not in str(ended.envelope)
