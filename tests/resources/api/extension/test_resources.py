"""Listing, reading and deleting resources of every kind by its name."""

from __future__ import annotations

import threading
from typing import Any

import grpc
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from stigmer_proto.controlplane.v1 import resources_pb2

from apps.resources.api.extension.resources import ResourceService
from apps.resources.base import Revision
from apps.resources.caller import LOCAL
from apps.resources.registry import BY_NAME
from apps.resources.wire.codec import draft_from_json
from apps.resources.writes import actions
from tests.factories import AGENT_SPEC, make_agent
from tests.suites.client import EXTENSION, Api, Refused, opened, unique
from tests.support.databases import both_databases

pytestmark = both_databases


def all_pages(api: Api, **options: Any) -> list[list[str]]:  # Any: fields of the request
    """Ids page by page."""
    pages, token = [], ""
    while True:
        answer = api.page("Agent", page_token=token, **options)
        pages.append([opened(entry).metadata.id for entry in answer.entries])
        token = answer.next_page_token
        if not token:
            return pages


def many(api: Api, count: int, tag: str, *more: str) -> list[str]:
    """Ids of `count` new agents with these tags, newest first."""
    agents = api.of("Agent")
    made = api.batch([agents.envelope(AGENT_SPEC, name=unique("listed"), tags=[tag, *more]) for _ in range(count)])
    return [result.id for result in reversed(made)]


def test_pages_are_complete_newest_first_and_end(api: Api) -> None:
    tag = unique("tag")
    ids = many(api, 25, tag)
    assert all_pages(api, tags=[tag], page_size=10) == [ids[:10], ids[10:20], ids[20:]]
    assert all_pages(api, tags=[tag], page_size=25) == [ids]
    assert all_pages(api, tags=[tag]) == [ids]
    assert all_pages(api, tags=[unique("tag")]) == [[]]


def test_a_page_has_fifty_unless_told(api: Api) -> None:
    tag = unique("tag")
    many(api, 60, tag)
    assert [len(page) for page in all_pages(api, tags=[tag])] == [50, 10]


def test_pages_neither_repeat_nor_miss_while_others_write(api: Api) -> None:
    tag = unique("tag")
    ids = many(api, 60, tag)
    done = threading.Event()

    def write() -> None:
        while not done.is_set():
            many(api, 1, tag)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        found = [each for page in all_pages(api, tags=[tag], page_size=7) for each in page]
    finally:
        done.set()
        writer.join()
    assert len(set(found)) == len(found)
    assert [each for each in found if each in ids] == ids


def test_a_deleted_row_does_not_break_the_pages_after_it(api: Api) -> None:
    tag = unique("tag")
    ids = many(api, 4, tag)
    first = api.page("Agent", tags=[tag], page_size=2)
    api.of("Agent").delete(ids[1])
    second = api.page("Agent", tags=[tag], page_size=2, page_token=first.next_page_token)
    assert [opened(entry).metadata.id for entry in second.entries] == ids[2:]


def test_every_tag_must_be_there(api: Api) -> None:
    one, other = unique("tag"), unique("tag")
    both = many(api, 2, one, other)
    only = many(api, 1, one)
    assert all_pages(api, tags=[one]) == [only + both]
    assert all_pages(api, tags=[one, other]) == [both]
    assert all_pages(api, tags=[one, "' OR 1=1 --"]) == [[]]


def test_an_organization_narrows(api: Api) -> None:
    tag = unique("tag")
    (own,) = many(api, 1, tag)
    shared = make_agent(api, owner_scope="platform", tags=[tag]).metadata.id
    assert all_pages(api, tags=[tag]) == [[shared, own]]
    assert all_pages(api, tags=[tag], org="local") == [[own]]
    assert all_pages(api, tags=[tag], org="nowhere") == [[]]


@pytest.mark.parametrize("size", [-1, 101])
def test_a_bad_page_size_is_invalid(api: Api, size: int) -> None:
    with pytest.raises(Refused) as caught:
        api.page("Agent", page_size=size)
    assert (caught.value.code, set(caught.value.violations)) == (grpc.StatusCode.INVALID_ARGUMENT, {"page_size"})


def test_a_token_of_another_list_or_maker_is_invalid(api: Api) -> None:
    many(api, 2, "any")
    token = api.page("Agent", page_size=1).next_page_token
    assert api.page("Agent", page_size=1, page_token=token).entries
    for kind, bad in (("AgentInstance", token), ("Agent", f"{token}x"), ("Agent", "agt-1"), ("Agent", "x" * 9999)):
        with pytest.raises(Refused) as caught:
            api.page(kind, page_token=bad)
        assert (caught.value.code, set(caught.value.violations)) == (grpc.StatusCode.INVALID_ARGUMENT, {"page_token"})


def test_an_unknown_kind_is_invalid_and_the_known_ones_are_named(api: Api) -> None:
    with pytest.raises(Refused) as caught:
        api.page("Robot")
    assert (caught.value.code, set(caught.value.violations)) == (grpc.StatusCode.INVALID_ARGUMENT, {"kind"})
    assert "WorkflowInstance" in caught.value.message


def test_get_takes_an_id_or_a_reference(api: Api) -> None:
    agent = make_agent(api)
    by_id = resources_pb2.GetResourceRequest(kind="Agent", id=agent.metadata.id)
    by_slug = resources_pb2.GetResourceRequest(kind="Agent", reference={"slug": agent.metadata.slug})
    neither = resources_pb2.GetResourceRequest(kind="Agent")
    for request in (by_id, by_slug):
        assert opened(api.call(f"{EXTENSION}.ResourceController.get", request)) == agent
    with pytest.raises(Refused) as caught:
        api.call(f"{EXTENSION}.ResourceController.get", neither)
    assert caught.value.code is grpc.StatusCode.INVALID_ARGUMENT


def test_by_name_slugs_stand_where_ids_do(api: Api) -> None:
    agent, instances = make_agent(api), api.of("AgentInstance")
    made = instances.create(instances.envelope({"agent_id": agent.metadata.slug}, name=unique("instance")))
    request = resources_pb2.GetResourceRequest(kind="AgentInstance", id=made.metadata.id)
    assert opened(api.call(f"{EXTENSION}.ResourceController.get", request)) == made
    request.by_name = True
    named = opened(api.call(f"{EXTENSION}.ResourceController.get", request))
    assert named.spec.agent_id == agent.metadata.slug
    assert opened(api.page("AgentInstance", by_name=True, page_size=1).entries[0]) == named
    named.metadata.ClearField("id")
    assert instances.apply(named) == made


def test_an_id_stays_that_no_slug_leads_back_to(api: Api) -> None:
    """Of an agent of the platform that one of the organization hides."""
    ours = make_agent(api)
    theirs = make_agent(api, name=ours.metadata.name, owner_scope="platform")
    instances = api.of("AgentInstance")
    for agent, shown in ((ours, ours.metadata.slug), (theirs, theirs.metadata.id)):
        made = instances.create(instances.envelope({"agent_id": agent.metadata.id}, name=unique("instance")))
        request = resources_pb2.GetResourceRequest(kind="AgentInstance", id=made.metadata.id, by_name=True)
        assert opened(api.call(f"{EXTENSION}.ResourceController.get", request)).spec.agent_id == shown


def test_delete_answers_what_was_there(api: Api) -> None:
    agent = make_agent(api)
    request = resources_pb2.DeleteResourceRequest(kind="Agent", id=agent.metadata.id, message="not needed any more")
    assert opened(api.call(f"{EXTENSION}.ResourceController.delete", request)) == agent
    with pytest.raises(Refused) as caught:
        api.call(f"{EXTENSION}.ResourceController.delete", request)
    assert caught.value.code is grpc.StatusCode.NOT_FOUND


def test_what_belongs_to_a_resource_is_counted(api: Api) -> None:
    agent = api.batch([api.of("Agent").envelope(AGENT_SPEC, name=unique("counted"))])[0]
    request = resources_pb2.CountBelongingsRequest(kind="Agent", id=agent.id)
    counted = api.call(f"{EXTENSION}.ResourceController.countBelongings", request)
    assert [(each.kind, each.count) for each in counted.belongings] == [("AgentInstance", 1)]
    request.id = "agt-01m84vtjb1p5003pehs82a2bad"
    with pytest.raises(Refused) as refused:
        api.call(f"{EXTENSION}.ResourceController.countBelongings", request)
    assert refused.value.code is grpc.StatusCode.NOT_FOUND


def store(count: int) -> None:
    kind = BY_NAME["Agent"]
    actions.ensure_organization("local", "")
    envelopes = [
        {"metadata": {"name": unique("row"), "owner_scope": "organization", "tags": ["t"]}, "spec": AGENT_SPEC}
        for _ in range(count)
    ]
    actions.apply([draft_from_json(kind, envelope, LOCAL) for envelope in envelopes], LOCAL)


@pytest.mark.django_db
@pytest.mark.parametrize(("tags", "most"), [([], 2), (["t"], 5)])
def test_a_list_takes_few_queries_however_many_rows_there_are(tags: list[str], most: int) -> None:
    counts = []
    for more in (5, 200):
        store(more)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            request = resources_pb2.ListResourcesRequest(kind="Agent", tags=tags, page_size=100)
            ResourceService.list(ResourceService(caller=LOCAL), request, None)  # type: ignore[arg-type]  # it needs no context
        counts.append(len(queries))
    # Where a watch goes on from here, and the page; those of a tag are looked up first.
    assert max(counts) <= most


@pytest.mark.django_db
def test_applying_many_takes_few_statements() -> None:
    store(1)
    with CaptureQueriesContext(connection) as queries:
        store(400)
    assert len(queries) < 400 // 8  # SQLite takes 999 values in one, which is some 40 rows


@pytest.mark.django_db
def test_revisions_outlive_what_they_are_of() -> None:
    store(1)
    agent = BY_NAME["Agent"].model.objects.get()
    instance_id = agent.status["default_instance_id"]
    snapshot = actions.delete(BY_NAME["Agent"], agent.pk, LOCAL, message="not needed any more")
    kept = Revision.objects.filter(resource_id=agent.pk).order_by("id")
    assert [(each.event, each.message) for each in kept] == [("created", ""), ("deleted", "not needed any more")]
    assert bytes(kept[1].snapshot) == snapshot
    assert [each.event for each in Revision.objects.filter(resource_id=instance_id).order_by("id")] == [
        "created",
        "deleted",
    ]
