"""Runs that are started from a page: a form made from what is declared, and the server's own words."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import expect

from apps.resources.admin.links import change_url
from apps.resources.base import Resource
from apps.resources.errors import InvalidInput, Violation
from apps.resources.json_value import Json
from apps.resources.registry import BY_NAME
from apps.resources.run_errors import EngineUnavailable
from apps.resources.run_wish import RunWish
from apps.shared.annotations import INPUT_SCHEMA
from tests.factories import make_agent
from tests.suites.client import unique
from tests.support.machines import handed_over
from tests.web.browsing import Visit
from tests.web.conftest import Site
from tests.web.stored import store

SCHEMA: dict[str, Json] = {
    "type": "object",
    "required": ["who", "count"],
    "properties": {
        "who": {"type": "string", "description": "Whom to <b>greet</b>."},
        "count": {"$ref": "#/$defs/count"},
        "share": {"type": "number", "minimum": 0, "description": "What is kept."},
        "loud": {"type": "boolean", "default": True},
        "tone": {"enum": ["warm", "cool"], "default": "cool"},
        "day": {"type": "string", "format": "date", "title": "Day"},
        "at": {"type": "string", "format": "date-time", "title": "When"},
        "place": {"type": "object", "default": {"city": "Kiel"}},
        "tags": {"type": "array", "items": {"type": "string"}},
    },
    "$defs": {"count": {"type": "integer", "default": 3}},
}


class Server:
    """Stands in for the api unit: answers a stored run, or refuses, and remembers what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[RunWish] = []
        self.refusal: Exception | None = None
        self.run = ""

    def start(self, wish: RunWish) -> str:
        self.asked.append(wish)
        if self.refusal is not None:
            raise self.refusal
        return self.run


@pytest.fixture
def server(client: Client) -> Iterator[Server]:
    del client
    found = Server()
    with handed_over(start_run=found.start):
        yield found


@pytest.fixture
def workflow(server: Server) -> Resource:
    row = store("Workflow", "greeter", annotations={INPUT_SCHEMA: json.dumps(SCHEMA)})
    instance = BY_NAME["WorkflowInstance"].model.objects.get(workflow=row)
    server.run = store("WorkflowExecution", "made", {"workflow_instance_id": instance.pk}).pk
    return row


def run_url(kind: str, row: Resource) -> str:
    return f"/resources/{kind}/{row.pk}/run/"


def values(page: Any) -> dict[str, Any]:  # Any: texts, and lists of them
    """What the form of an answered page would send."""
    form = page.context["form"]
    found = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in found.items() if value not in (None, "", [])}


def test_a_form_has_a_field_of_its_sort_for_each_part_of_the_input(client: Client, workflow: Resource) -> None:
    page = client.get(run_url("workflow", workflow))
    html = page.content.decode()
    for sort in (
        r'<input type="text" name="input:who"[^>]*aria-required="true"',
        r'<input type="text" name="input:count" value="3"[^>]*inputmode="decimal"',
        r'<select name="input:loud"[^>]*>\s*<option value=""></option>\s*<option value="true" selected>',
        r'<select name="input:tone".*<option value="cool" selected>',
        r'<input type="date" name="input:day"',
        r'<textarea name="input:place"[^>]*>\s*{\s+&quot;city&quot;: &quot;Kiel&quot;\s+}</textarea>',
    ):
        assert re.search(sort, html, re.DOTALL), sort
    assert "&lt;b&gt;greet&lt;/b&gt;" in html
    assert "<b>greet</b>" not in html
    told = {name: field.help_text for name, field in page.context["form"].fields.items()}
    assert told["input:share"] == "What is kept. A number, at least 0"
    assert told["input:at"] == "When. A date and time, like 2026-12-01T14:30:00Z"
    assert (told["input:day"], told["input:tags"]) == ("", "A list as JSON")


def test_what_is_typed_is_sent_as_text_and_leads_to_the_run(client: Client, workflow: Resource, server: Server) -> None:
    store("Environment", "staging")
    url = run_url("workflow", workflow)
    typed = {**values(client.get(url)), "input:who": "Ada\r\nand Bob", "environments": ["staging"], "input:day": ""}
    answer = client.post(url, typed)
    assert answer.headers["Location"] == change_url(BY_NAME["WorkflowExecution"], server.run)
    (wish,) = server.asked
    assert (wish.target, wish.key, wish.environments) == ("workflow", workflow.pk, ("staging",))
    assert wish.input_texts == {
        "who": "Ada\nand Bob",
        "count": "3",
        "loud": "true",
        "tone": "cool",
        "place": '{\n  "city": "Kiel"\n}',
    }


def test_what_is_sent_twice_is_the_same_request_and_another_form_is_another(
    client: Client, workflow: Resource, server: Server
) -> None:
    url = run_url("workflow", workflow)
    typed = values(client.get(url))
    for form in (typed, typed, values(client.get(url))):
        client.post(url, form)
    first, second, third = server.asked
    assert first == second
    assert first.request_id != third.request_id


def test_what_the_server_refuses_is_told_at_its_field_in_its_words(
    client: Client, workflow: Resource, server: Server
) -> None:
    url = run_url("workflow", workflow)
    server.refusal = InvalidInput(
        [
            Violation('input["who"]', "is required"),
            Violation('input["place"].city[0]', "must be text"),
            Violation("environments[0]", "there is none"),
            Violation("spec.tasks[0]", "cannot run"),
        ]
    )
    answer = client.post(url, {**values(client.get(url)), "input:tags": "[1]"})
    assert answer.status_code == 422
    assert answer.context["form"].errors == {
        "input:who": ["is required"],
        "input:place": ["city[0]: must be text"],
        "__all__": ["environments[0]: there is none", "spec.tasks[0]: cannot run"],
    }
    assert answer.context["form"]["input:tags"].value() == "[1]", "what was typed is kept"
    server.refusal = EngineUnavailable("nobody answers", hint="Start it")
    answer = client.post(url, values(client.get(url)))
    assert answer.context["form"].errors["__all__"] == ["Nobody answers. Start it."]


def test_without_a_schema_the_input_is_one_object(client: Client, server: Server) -> None:
    row = store("Workflow", "undeclared")
    url = run_url("workflow", row)
    instance = BY_NAME["WorkflowInstance"].model.objects.get(workflow=row)
    server.run = store("WorkflowExecution", "made", {"workflow_instance_id": instance.pk}).pk
    for typed, said in (
        ("[1]", "must be an object"),
        ("{", "is not JSON"),
        ('{"a": NaN}', "NaN is no value of it"),
        ('{"a": 1E400}', "1E400 is too large"),
        ('{"a": [9007199254740993]}', "the number 9007199254740993 would lose digits"),
        ('{"a": "\\ud83d"}', "has half of a character in it"),
    ):
        answer = client.post(url, {**values(client.get(url)), "input": typed})
        assert said in answer.context["form"].errors["input"][0]
    assert server.asked == []
    assert client.post(url, {**values(client.get(url)), "input": '{"who": "Ada", "n": 1}'}).status_code == 302
    assert server.asked[0].input == {"who": "Ada", "n": 1}


def test_an_agent_gets_a_message_its_variables_and_a_model(client: Client, server: Server) -> None:
    data = {"TOKEN": {"is_secret": True}, "REGION": {"value": "eu", "description": "Where."}}
    row = store("Agent", "helper", {"instructions": "Help whoever asks.", "env_spec": {"data": data}})
    server.run = store("AgentExecution", "made").pk
    url = run_url("agent", row)
    page = client.get(url)
    assert re.search(r'<input type="password" name="env:TOKEN"', page.content.decode())
    typed = {**values(page), "message": "Hello.", "env:TOKEN": "s3cret", "model": "scripted:x"}
    server.refusal = InvalidInput([Violation('runtime_env["REGION"]', "is odd")])
    refused = client.post(url, typed)
    assert refused.context["form"].errors == {"env:REGION": ["is odd"]}
    assert "s3cret" not in refused.content.decode()
    server.refusal = None
    assert client.post(url, typed).status_code == 302
    wish = server.asked[-1]
    assert (wish.target, wish.message, wish.model) == ("agent", "Hello.", "scripted:x")
    assert wish.runtime_env == {"TOKEN": ("s3cret", True)}


def test_running_again_begins_with_what_was_given_but_secrets(
    client: Client, workflow: Resource, server: Server
) -> None:
    model = BY_NAME["WorkflowExecution"].model
    given = {"who": "Ada", "count": 7, "place": {"city": "Bonn"}}
    model.objects.filter(pk=server.run).update(input=given, environments=["gone"])
    page = client.get(f"/resources/workflowexecution/{server.run}/again/")
    shown = values(page)
    assert (shown["input:who"], shown["input:count"]) == ("Ada", "7")
    assert json.loads(shown["input:place"]) == {"city": "Bonn"}
    assert shown["environments"] == ["gone"]
    assert client.post(page.request["PATH_INFO"], shown).status_code == 302
    assert (server.asked[0].target, server.asked[0].rerun_of) == ("workflow_instance", server.run)


def test_only_what_can_be_run_has_the_page_and_no_other_form_starts_one(client: Client, server: Server) -> None:
    environment, agent = store("Environment", "plain"), store("Agent", "guarded")
    assert client.get(f"/resources/environment/{environment.pk}/run/").status_code in {302, 404}
    assert "Run…" not in client.get(change_url(BY_NAME["Environment"], environment.pk)).content.decode()
    assert "Run…" in client.get(change_url(BY_NAME["Agent"], agent.pk)).content.decode()
    client.handler.enforce_csrf_checks = True
    assert client.post(run_url("agent", agent), {"message": "Hi.", "request_id": "1"}).status_code == 403
    assert server.asked == []


def test_a_person_starts_a_run_and_another_one_like_it(visit: Callable[..., Visit], site: Site) -> None:
    """By the real server, which stores it."""
    agent = make_agent(site.api, unique("asked"))
    started = visit()
    started.sign_in()
    page = started.open(f"/resources/agent/{agent.metadata.id}/change/")
    page.get_by_role("link", name="Run…").click()
    page.get_by_role("button", name="Start the run").click()
    expect(page.locator(".has-errors")).to_contain_text("must be at least 1 characters")
    page.get_by_label("Message").fill("Where is my order?")
    page.get_by_role("button", name="Start the run").click()
    expect(page.get_by_role("heading", name="Where is my order?")).to_be_visible()
    page.get_by_role("link", name="Run again…").click()
    expect(page.get_by_label("Message")).to_have_value("Where is my order?")
    page.get_by_label("Message").fill("And where is the other one?")
    page.get_by_role("button", name="Start the run").click()
    expect(page.get_by_role("heading", name="And where is the other one?")).to_be_visible()
    assert [each for each in started.complaints if "422" not in each] == []


def test_a_form_that_is_sent_twice_at_once_makes_one_run(visit: Callable[..., Visit], site: Site) -> None:
    agent = make_agent(site.api, unique("twice"))
    started = visit()
    started.sign_in()
    page = started.open(f"/resources/agent/{agent.metadata.id}/run/")
    page.get_by_label("Message").fill("Only once.")
    first, second = page.evaluate(TWICE)
    assert "/resources/agentexecution/" in first
    assert first == second
    assert started.complaints == []


TWICE = """async () => {
    const form = document.querySelector("form.run-form");
    const send = async () => (await fetch(location.href, { method: "POST", body: new FormData(form) })).url;
    return Promise.all([send(), send()]);
}"""
