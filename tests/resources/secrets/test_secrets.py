"""Secret values: masked wherever they are read, kept when the mask is written back, never on disk in plain."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import grpc
import pytest

from apps.resources.caller import LOCAL
from apps.resources.json_value import Json
from apps.resources.registry import BY_NAME
from apps.resources.secrets import vault
from apps.resources.wire.codec import draft_from_json
from tests.factories import AGENT_SPEC, WORKFLOW_SPEC, make_environment
from tests.suites.api_unit import ApiUnit, StartUnit
from tests.suites.client import Api, Refused, opened, unique

CANARY = "canary-5f0e7c1b"
MASK = "********"


def with_values(spec: dict[str, Json], **values: str) -> dict[str, Json]:
    data: dict[str, Json] = {name: {"value": value, "is_secret": True} for name, value in values.items()}
    return {**spec, "env_spec": {"data": {"PLAIN": {"value": "visible"}, **data}}}


def envelope_of(api: Api, **values: str) -> Any:  # Any: an Agent message
    return api.of("Agent").envelope(with_values(AGENT_SPEC, **values), name=unique("secret"))


@pytest.mark.parametrize(("kind", "spec"), [("Agent", AGENT_SPEC), ("Workflow", WORKFLOW_SPEC)])
def test_a_secret_is_masked_in_every_answer(api: Api, kind: str, spec: dict[str, Json]) -> None:
    kinds = api.of(kind)
    wanted = kinds.envelope(with_values(spec, TOKEN=CANARY), name=unique("secret"))
    made = kinds.create(wanted)
    second = kinds.apply(again(made, TOKEN=f"{CANARY}-2"))
    answers = [
        made,
        second,
        kinds.get(made.metadata.id),
        kinds.find(made.metadata.slug),
        kinds.find(made.metadata.slug, version=made.metadata.version.id),
        *(opened(entry) for entry in api.page(kind, page_size=100).entries),
        opened(api.batch([again(second, TOKEN=f"{CANARY}-3")])[0].resource),
        kinds.delete(made.metadata.id),
    ]
    for answer in answers:
        assert CANARY not in str(answer)
    assert made.spec.env_spec.data["TOKEN"].value == MASK
    assert made.spec.env_spec.data["PLAIN"].value == "visible"


def test_the_values_of_an_environment_are_masked(api: Api) -> None:
    made = make_environment(api, {"TOKEN": {"value": CANARY, "is_secret": True}, "REGION": {"value": "eu"}})
    assert {name: each.value for name, each in made.spec.data.items()} == {"TOKEN": MASK, "REGION": "eu"}


def test_the_mask_keeps_what_is_stored(api: Api) -> None:
    agents = api.of("Agent")
    made = agents.create(envelope_of(api, TOKEN=CANARY, OTHER="o"))
    assert agents.apply(again(made, TOKEN=MASK, OTHER=MASK)) == made
    assert agents.apply(again(made, TOKEN=CANARY, OTHER="o")) == made, "the same value in plain is no change either"
    changed = agents.apply(again(made, TOKEN=MASK, OTHER="new"))
    assert changed.metadata.version.previous_version_id == made.metadata.version.id
    assert agents.apply(again(changed, TOKEN=CANARY, OTHER="new")) == changed, "TOKEN was kept by the mask"


def test_another_value_is_a_change_that_shows_neither(api: Api) -> None:
    made = api.of("Agent").create(envelope_of(api, TOKEN=CANARY))
    (result,) = api.batch([again(made, TOKEN=f"{CANARY}-2")])
    (change,) = result.changes
    assert change.path == 'spec.env_spec.data["TOKEN"].value'
    assert (change.before_json, change.after_json) == (f'"{MASK}"', f'"{MASK}"')


def test_the_mask_is_refused_where_nothing_is_stored(api: Api) -> None:
    agents = api.of("Agent")
    made = agents.create(envelope_of(api, TOKEN=CANARY))
    for verb, envelope in (("create", envelope_of(api, TOKEN=MASK)), ("apply", again(made, TOKEN=MASK, FRESH=MASK))):
        with pytest.raises(Refused) as caught:
            agents.command(verb, envelope)
        assert caught.value.code is grpc.StatusCode.INVALID_ARGUMENT
        (path,) = caught.value.violations
        assert path.endswith("].value")


def test_taking_the_mark_off_needs_a_value_and_reveals_nothing(api: Api) -> None:
    agents = api.of("Agent")
    made = agents.create(envelope_of(api, TOKEN=CANARY))
    revealed = again(made, TOKEN=MASK)
    revealed.spec.env_spec.data["TOKEN"].is_secret = False
    with pytest.raises(Refused) as caught:
        agents.apply(revealed)
    assert list(caught.value.violations) == ['spec.env_spec.data["TOKEN"].value']
    assert CANARY not in str(agents.get(made.metadata.id))


def test_deleted_and_made_again_a_secret_is_gone(api: Api) -> None:
    agents = api.of("Agent")
    made = agents.create(envelope_of(api, TOKEN=CANARY))
    agents.delete(made.metadata.id)
    with pytest.raises(Refused) as caught:
        agents.create(again(made, TOKEN=MASK))
    assert caught.value.code is grpc.StatusCode.INVALID_ARGUMENT


def test_errors_do_not_repeat_a_secret(api: Api) -> None:
    envelope = envelope_of(api, TOKEN=CANARY)
    envelope.spec.instructions = "short"
    with pytest.raises(Refused) as caught:
        api.of("Agent").create(envelope)
    assert CANARY not in str(caught.value)


def test_nothing_on_disk_holds_a_secret(start_unit: StartUnit) -> None:
    unit = start_unit(env={"STIGMER_LOG_LEVEL": "DEBUG"})
    with Api(unit.endpoint) as api:
        agents = api.of("Agent")
        made = agents.create(envelope_of(api, TOKEN=CANARY))
        agents.update(again(made, TOKEN=f"{CANARY}-2"))
        bad = envelope_of(api, TOKEN=CANARY)
        bad.spec.instructions = ""
        with pytest.raises(Refused):
            agents.create(bad)
        agents.delete(made.metadata.id)
        assert holders(unit, "visible"), "a value that is not secret is found, so the search works"
        assert holders(unit, CANARY) == []
    unit.signal(signal.SIGTERM)
    unit.wait()
    assert holders(unit, CANARY) == []


def test_secrets_survive_a_restart_and_their_key_is_closed_to_others(start_unit: StartUnit) -> None:
    unit = start_unit()
    with Api(unit.endpoint) as api:
        made = api.of("Agent").create(envelope_of(api, TOKEN=CANARY))
    key = unit.data_dir / "keys" / "secrets"
    assert key.stat().st_mode & 0o777 == 0o600
    assert key.parent.stat().st_mode & 0o777 == 0o700
    unit.signal(signal.SIGTERM)
    unit.restart()
    with Api(unit.endpoint) as api:
        assert api.of("Agent").apply(again(made, TOKEN=CANARY)) == made


def test_a_draft_does_not_show_its_secrets() -> None:
    envelope = {
        "metadata": {"name": "quiet", "owner_scope": "organization"},
        "spec": with_values(AGENT_SPEC, TOKEN=CANARY),
    }
    draft = draft_from_json(BY_NAME["Agent"], envelope, LOCAL)
    assert list(draft.secrets.values()) == [CANARY]
    assert CANARY not in repr(draft)


def test_a_sealed_value_names_its_key_and_is_different_each_time() -> None:
    first, second = vault.seal(CANARY), vault.seal(CANARY)
    assert first != second
    assert first.startswith("k1-")
    assert CANARY not in first
    assert vault.unseal(first) == vault.unseal(second) == CANARY
    assert vault.same(first, CANARY)
    assert not vault.same(first, "other")
    with pytest.raises(KeyError):
        vault.unseal("k9:" + first.partition(":")[2])


@pytest.mark.parametrize("plain", [b"", CANARY.encode(), b":" * 5000])
def test_sealed_bytes_name_their_key_and_are_different_each_time(plain: bytes) -> None:
    first, second = vault.seal_bytes(plain), vault.seal_bytes(plain)
    assert first != second
    assert first.startswith(b"k1-")
    assert vault.unseal_bytes(first) == vault.unseal_bytes(second) == plain
    assert not plain or plain not in first
    for damaged in (b"k9:" + first.partition(b":")[2], first[:-1] + bytes([first[-1] ^ 1]), first[:20]):
        with pytest.raises(KeyError):
            vault.unseal_bytes(damaged)


def again(stored: Any, **values: str) -> Any:  # Any: an envelope of either kind
    """The same resource with these secret values, as somebody writes it who has not read it."""
    wanted = type(stored)()
    wanted.CopyFrom(stored)
    wanted.metadata.id = ""
    wanted.metadata.version.Clear()
    for name in [name for name, value in wanted.spec.env_spec.data.items() if value.is_secret]:
        del wanted.spec.env_spec.data[name]
    for name, value in values.items():
        wanted.spec.env_spec.data[name].value = value
        wanted.spec.env_spec.data[name].is_secret = True
    return wanted


def holders(unit: ApiUnit, text: str) -> list[Path]:
    """Files of a unit, its log included, that hold `text`."""
    return [path for path in unit.home.rglob("*") if path.is_file() and text.encode() in path.read_bytes()]
