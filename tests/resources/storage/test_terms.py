"""Lists by tags and labels read no more than they must."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.resources.caller import LOCAL
from apps.resources.registry import BY_NAME
from apps.resources.storage import lookup, paging
from apps.resources.storage.terms import terms_of, with_terms
from apps.resources.term import ResourceTerm
from apps.resources.wire.codec import draft_from_json
from apps.resources.writes import actions
from tests.factories import AGENT_SPEC
from tests.suites.client import unique
from tests.support.databases import both_databases

pytestmark = [both_databases, pytest.mark.django_db(transaction=True)]
AGENT = BY_NAME["Agent"]


@pytest.fixture(autouse=True)
def organization(transactional_db: None) -> None:
    actions.ensure_organization("local", "")


def store(name: str, *, tags: tuple[str, ...] = (), **labels: str) -> str:
    metadata = {"name": name, "owner_scope": "organization", "tags": [*tags], "labels": labels}
    draft = draft_from_json(AGENT, {"metadata": metadata, "spec": AGENT_SPEC}, LOCAL)
    return actions.apply([draft], LOCAL)[0].row.pk


def page(terms: list[str], *, size: int = 2, token: str = "") -> tuple[int, str]:
    rows = lookup.visible(AGENT, LOCAL)
    found = paging.list_page(AGENT, rows, page_size=size, page_token=token, terms=terms)
    return len(found.snapshots), found.next_token


def found(terms: list[str]) -> list[str]:
    rows = with_terms(lookup.visible(AGENT, LOCAL), terms)
    return sorted(rows.values_list("pk", flat=True))


def test_what_a_resource_carries_now_finds_it_and_what_it_carried_does_not() -> None:
    name = unique("carrier")
    pk = store(name, tags=("a", "b"), team="one")
    old, new = terms_of(AGENT, ["b"], {"team": "one"}), terms_of(AGENT, ["c"], {"team": "two"})
    assert (found(old), found(new)) == ([pk], [])
    assert store(name, tags=("a", "c"), team="two") == pk
    assert (found(old), found(new), found(terms_of(AGENT, ["a"], {}))) == ([], [pk], [pk])
    actions.delete(AGENT, pk, LOCAL)
    assert not ResourceTerm.objects.filter(resource_id=pk).exists()


def test_a_tag_is_no_label_and_another_kind_has_its_own() -> None:
    assert not set(terms_of(AGENT, ["a"], {})) & set(terms_of(AGENT, [], {"a": ""}))
    assert not set(terms_of(AGENT, ["a"], {})) & set(terms_of(BY_NAME["Session"], ["a"], {}))


def test_pages_by_several_terms_are_complete() -> None:
    common, rare = unique("common"), unique("rare")
    for number in range(12):
        store(unique("paged"), tags=(common, rare) if number % 3 == 0 else (common,))
    terms = terms_of(AGENT, [common, rare], {})
    counts, token = [], ""
    while True:
        count, token = page(terms, size=3, token=token)
        counts.append(count)
        if not token:
            break
    assert counts == [3, 1]


def test_a_page_by_a_term_reads_so_many_rows_whatever_there_is() -> None:
    tag, statements = unique("tag"), []
    for more in (5, 60):
        for _ in range(more):
            store(unique("read"), tags=(tag,))
        with CaptureQueriesContext(connection) as queries:
            page(terms_of(AGENT, [tag], {}))
        statements.append(len(queries))
    assert statements == [3, 3]  # the ids of the term, which of them are to be seen, and their envelopes


def test_what_carries_one_of_two_common_terms_is_not_read_for_both() -> None:
    one, other, statements = unique("one"), unique("other"), []
    terms = terms_of(AGENT, [one, other], {})
    for more in (3, 40):
        for number in range(more):
            store(unique("apart"), tags=(one if number % 2 else other,))
        with CaptureQueriesContext(connection) as captured:
            assert page(terms) == (0, "")
        statements.append(len(captured))
        assert not any(" IN (SELECT" in each["sql"] for each in captured)
    assert statements[0] == statements[1]
