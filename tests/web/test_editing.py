"""Changes by the admin go through the actions: checked, versioned, audited, all or nothing."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.resources.admin.links import add_url, change_url, edit_url
from apps.resources.base import Resource, Revision
from apps.resources.registry import BY_NAME
from apps.resources.secrets.vault import unseal
from tests.web.stored import form_of, store

AGENT, WORKFLOW, ORGANIZATION = BY_NAME["Agent"], BY_NAME["Workflow"], BY_NAME["Organization"]
BOMB = "l0: &l0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]\n" for n in range(1, 10)
)
GOOD = "instructions: Sort incoming tickets by urgency.\n"


@pytest.fixture
def agent(client: Client) -> Resource:
    del client
    return store("Agent", "Edited", {"instructions": "Do what you are told to."}, labels={"team": "care"}, tags=["one"])


def edit(client: Client, row: Resource, **typed: str) -> Resource:
    """Send the page's own form with some fields changed; the row as it is stored then."""
    url = edit_url(AGENT, row.pk)
    answer = client.post(url, {**form_of(client.get(url)), **typed})
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    return AGENT.model.objects.get(pk=row.pk)  # type: ignore[no-any-return]  # the manager's type is open


def errors_of(client: Client, url: str, **typed: str) -> dict[str, list[str]]:
    """What the form says about a refused change, by field."""
    before = Revision.objects.count()
    answer = client.post(url, {**form_of(client.get(url)), **typed})
    assert answer.status_code == 200, "it was accepted"
    assert Revision.objects.count() == before, "something was stored"
    form = answer.context["adminform"].form
    assert form["spec"].value() == typed.get("spec", form["spec"].value()), "what was typed is kept"
    return {field: [str(error) for error in errors] for field, errors in form.errors.items()}


def test_a_change_is_a_new_version_with_its_message(client: Client, agent: Resource) -> None:
    stored = edit(client, agent, name="Renamed", spec=GOOD, version_message="Better so.")
    assert (stored.name, stored.slug, stored.version) == ("Renamed", "edited", 2)
    assert stored.spec == {"instructions": "Sort incoming tickets by urgency."}
    revision = Revision.objects.filter(resource_id=agent.pk).first()
    assert revision is not None
    assert (revision.number, revision.event, revision.actor, revision.message) == (2, "updated", "local", "Better so.")


def test_what_is_not_touched_stays(client: Client, agent: Resource) -> None:
    stored = edit(client, agent, version_message="Nothing else.")
    for field in ("name", "slug", "org", "owner_scope", "labels", "annotations", "tags", "spec", "status"):
        assert getattr(stored, field) == getattr(agent, field), field


def test_labels_tags_and_annotations_are_yaml(client: Client, agent: Resource) -> None:
    typed = {
        "labels": "team: sales\ntier: 1\nlive: true",
        "tags": "- a\n- b",
        "annotations": "note: |\n  two\n  lines\n",
    }
    stored = edit(client, agent, **typed)
    assert stored.labels == {"team": "sales", "tier": "1", "live": "true"}
    assert stored.tags == ["a", "b"]
    assert stored.annotations == {"note": "two\nlines\n"}


def test_emptied_fields_are_emptied(client: Client, agent: Resource) -> None:
    stored = edit(client, agent, labels="", tags="")
    assert (stored.labels, stored.tags) == ({}, [])


def test_every_violation_is_shown_with_its_line(client: Client, agent: Resource) -> None:
    spec = "description: too little\ninstructions: short\nmcp_servers:\n- name: ''\n  stdio:\n    command: run\n"
    errors = errors_of(client, edit_url(AGENT, agent.pk), spec=spec)
    assert any(error.startswith("line 2: spec.instructions: ") for error in errors["spec"])
    assert any(error.startswith("line 4: spec.mcp_servers[0].name: ") for error in errors["spec"])


def test_what_cannot_be_read_is_told_as_apply_tells_it_all_at_once(client: Client, agent: Resource) -> None:
    spec = (
        "instrutions: Answer with care.\ndescription: 5\nmcpServers:\n- name: a\n  stdio: {command: run, args: [7]}\n"
    )
    assert errors_of(client, edit_url(AGENT, agent.pk), spec=spec)["spec"] == [
        'line 1: spec.instrutions: unknown field; did you mean "instructions"?',
        'line 2: spec.description: must be text, found the number 5: write "5" in quotes',
        'line 5: spec.mcp_servers[0].stdio.args[0]: must be text, found the number 7: write "7" in quotes',
    ]
    twice = errors_of(client, edit_url(AGENT, agent.pk), spec="a: 1\na: 2\nb: 1\nb: 2\n")["spec"]
    assert [error.partition(":")[0] for error in twice] == ["line 2, column 1", "line 4, column 1"]


@pytest.mark.parametrize(
    ("spec", "complaint"),
    [
        ("instructions: [", "line 1, column 16"),
        ("a: b: c", "line 1, column 5"),
        ("- a list", "must be a mapping"),
        ("just words", "must be a mapping"),
        ("instruction: A typing error in a name.", "instruction"),
        ("instructions: {}", "instructions"),
        ("\t- tab", "line 1"),
        ("a: !!python/object/apply:os.system [true]", "line 1"),
        ("[" * 100_000, "line 1, column 101: nested more than 100 levels deep"),
        ('instructions: "You answer\\0politely."', "line 1: spec.instructions: has the character NUL"),
        (BOMB, "more than 1,000,000 values once aliases are followed"),
    ],
)
def test_a_spec_that_cannot_be_read_is_refused_at_the_spec(
    client: Client, agent: Resource, spec: str, complaint: str
) -> None:
    (error,) = errors_of(client, edit_url(AGENT, agent.pk), spec=spec)["spec"]
    assert complaint in error


@pytest.mark.parametrize("levels", [40, 60, 90])
def test_a_value_that_no_message_can_hold_is_refused_at_the_spec(client: Client, levels: int) -> None:
    nested = "{a: " * levels + "x" + "}" * levels
    spec = form_of(client.get(add_url(WORKFLOW)))["spec"].replace("greeting: Hello", f"greeting: {nested}")
    (error,) = errors_of(client, add_url(WORKFLOW), name="deep", spec=spec)["spec"]
    assert "too deep" in error


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("labels", "just words"),
        ("labels", "- a"),
        ("labels", r'a: "\0"'),
        ("tags", "a: b"),
        ("annotations", "a: ["),
        ("name", ""),
    ],
)
def test_other_fields_are_refused_at_their_own_place(client: Client, agent: Resource, field: str, typed: str) -> None:
    assert list(errors_of(client, edit_url(AGENT, agent.pk), **{field: typed})) == [field]


def test_a_change_of_something_that_changed_meanwhile_is_refused(client: Client, agent: Resource) -> None:
    url = edit_url(AGENT, agent.pk)
    form = form_of(client.get(url))
    store("Agent", "Edited", {"instructions": "Somebody else was quicker."})
    answer = client.post(url, {**form, "spec": GOOD})
    (error,) = answer.context["adminform"].form.errors["__all__"]
    assert error.startswith("Somebody else has changed 'edited' since you opened it. Its revisions say what;")
    assert AGENT.model.objects.get(pk=agent.pk).spec == {"instructions": "Somebody else was quicker."}


def test_a_masked_secret_is_kept_and_a_new_one_replaces_it(client: Client) -> None:
    value = {"value": "first-secret", "is_secret": True, "description": "To sign in."}
    row = store("Agent", "keeper", {"instructions": "Keep what you know.", "env_spec": {"data": {"TOKEN": value}}})
    kept = edit(client, row, name="Keeper again")
    assert [unseal(sealed) for sealed in kept.secrets.values()] == ["first-secret"]
    spec = form_of(client.get(edit_url(AGENT, row.pk)))["spec"].replace("'********'", "second-secret")
    replaced = edit(client, row, spec=spec)
    assert [unseal(sealed) for sealed in replaced.secrets.values()] == ["second-secret"]
    assert "second-secret" not in str(replaced.spec)


def test_a_resource_is_created_with_its_default_instance(client: Client) -> None:
    typed = {**form_of(client.get(add_url(AGENT))), "name": "Brand New", "spec": GOOD}
    answer = client.post(add_url(AGENT), typed)
    row = AGENT.model.objects.get(slug="brand-new")
    assert answer.headers["Location"] == change_url(AGENT, row.pk)
    assert (row.org, row.created_by, row.event) == ("local", "local", "created")
    assert row.status["default_instance_id"] == BY_NAME["AgentInstance"].model.objects.get(agent=row).pk


def test_the_example_that_a_new_form_shows_can_be_stored(client: Client) -> None:
    for kind in (AGENT, WORKFLOW):
        answer = client.post(add_url(kind), {**form_of(client.get(add_url(kind))), "name": "From The Example"})
        assert answer.status_code == 302, answer.context["adminform"].form.errors


def test_a_name_that_is_taken_is_refused(client: Client, agent: Resource) -> None:
    errors = errors_of(client, add_url(AGENT), name=agent.name, spec=GOOD)
    assert "already exists" in errors["__all__"][0]


def test_a_name_without_a_slug_and_a_bad_slug_are_refused_at_their_fields(client: Client) -> None:
    assert "makes no slug" in errors_of(client, add_url(AGENT), name="!!!", spec=GOOD)["name"][0]
    assert "lowercase" in errors_of(client, add_url(AGENT), name="ok", slug="Not OK", spec=GOOD)["slug"][0]


def test_an_instance_of_nothing_is_refused_at_the_spec(client: Client) -> None:
    url = add_url(BY_NAME["AgentInstance"])
    errors = errors_of(client, url, name="orphan", spec="agent_id: agt-01jzzzzzzzzzzzzzzzzzzzzzzz\n")
    assert errors["spec"][0].startswith("line 1: spec.agent_id: ")


def test_an_instance_can_be_added_from_its_agent(client: Client, agent: Resource) -> None:
    kind = BY_NAME["AgentInstance"]
    url = add_url(kind, agent=agent.pk)
    assert client.post(url, {**form_of(client.get(url)), "name": "Second"}).status_code == 302
    assert kind.model.objects.get(slug="second").agent_id == agent.pk


def test_deleting_takes_what_belongs_to_it_and_keeps_the_revisions(client: Client, agent: Resource) -> None:
    url = f"/resources/agent/{agent.pk}/delete/"
    store("AgentInstance", "another", {"agent_id": agent.pk})
    asked = client.get(url).content.decode()
    assert "Delete the agent edited?" in asked
    assert "<b>2</b> agent instances" in asked
    assert "sessions" not in asked.partition('id="main"')[2], "there are none"
    assert client.post(url, {"post": "yes"}).status_code == 302
    assert not AGENT.model.objects.exists()
    assert not BY_NAME["AgentInstance"].model.objects.exists()
    events = Revision.objects.filter(event="deleted").values_list("slug", flat=True)
    assert sorted(events) == ["another", "edited", "edited-default"]


def test_asking_whether_to_delete_costs_the_same_however_much_goes(client: Client, agent: Resource) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(f"/resources/agent/{agent.pk}/delete/").status_code == 200
        return len(captured)

    few = queries()
    for number in range(30):
        store("AgentInstance", f"another {number}", {"agent_id": agent.pk})
    assert queries() == few


def test_the_organization_can_be_described_but_neither_added_nor_deleted(client: Client) -> None:
    row = ORGANIZATION.model.objects.get()
    assert client.get(add_url(ORGANIZATION)).status_code == 403
    assert client.post(f"/resources/organization/{row.pk}/delete/", {"post": "yes"}).status_code == 403
    url = edit_url(ORGANIZATION, row.pk)
    assert client.post(url, {**form_of(client.get(url)), "spec": "description: Ours."}).status_code == 302
    assert ORGANIZATION.model.objects.get().spec == {"description": "Ours."}


def test_the_admin_keeps_no_second_log_of_its_own(client: Client, agent: Resource) -> None:
    from django.contrib.admin.models import LogEntry

    edit(client, agent, name="Renamed")
    assert not LogEntry.objects.exists()
