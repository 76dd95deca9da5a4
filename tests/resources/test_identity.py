"""Ids and slugs."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.resources.identity import _DIGITS as DIGITS
from apps.resources.identity import _Ulids, is_id, new_id, slug_complaint
from apps.shared.slugs import slug_of


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Support Agent", "support-agent"),
        ("  padded  ", "padded"),
        ("a  b", "a-b"),
        ("a -- b", "a-b"),
        ("snake_case.name", "snakecasename"),
        ("Größe 7", "gre-7"),
        ("tab\tand\nnewline", "tabandnewline"),
        ("---", ""),
        ("日本", ""),
        ("", ""),
    ],
)
def test_a_slug_is_what_is_left_of_a_name(name: str, slug: str) -> None:
    assert slug_of(name) == slug


@given(st.text(max_size=60))
def test_every_slug_that_a_name_makes_is_a_good_one(name: str) -> None:
    slug = slug_of(name)
    assert slug == "" or slug_complaint(slug) == ""
    assert slug_of(slug) == slug


@given(st.from_regex(r"[a-z0-9-]{1,70}", fullmatch=True))
def test_a_good_slug_is_its_own(slug: str) -> None:
    if slug_complaint(slug) == "":
        assert slug_of(slug) == slug
    else:
        assert len(slug) > 63 or slug != slug.strip("-") or "--" in slug


@pytest.mark.parametrize("slug", ["", "A", "a_b", "a b", "-a", "a-", "a--b", "ä", "a\n", "a" * 64])
def test_a_bad_slug_is_complained_about(slug: str) -> None:
    assert slug_complaint(slug)


def test_later_ids_are_greater() -> None:
    ids = [new_id("agt") for _ in range(10_000)]
    assert sorted(set(ids)) == ids


def test_ids_are_in_order_when_the_clock_is_set_back() -> None:
    ulids = _Ulids()
    ulids.latest = 9_999_999_999_999 << 80
    assert [ulids() - (9_999_999_999_999 << 80) for _ in range(3)] == [1, 2, 3]


def test_an_id_tells_when_it_was_made() -> None:
    before = time.time_ns() // 1_000_000
    written = new_id("agt").removeprefix("agt-")[:10]
    made = sum(DIGITS.index(digit) << 5 * place for place, digit in enumerate(reversed(written)))
    assert before <= made <= time.time_ns() // 1_000_000


@pytest.mark.parametrize(
    ("value", "good"),
    [
        ("agt-01arz3ndektsv4rrffq69g5fav", True),
        ("ain-01arz3ndektsv4rrffq69g5fav", False),
        ("agt-01ARZ3NDEKTSV4RRFFQ69G5FAV", False),
        ("agt-81arz3ndektsv4rrffq69g5fav", False),
        ("agt-01arz3ndektsv4rrffq69g5fa", False),
        ("agt-01arz3ndektsv4rrffq69g5favx", False),
        ("agt-01arz3ndektsv4rrffq69g5fav\n", False),
        ("agt-", False),
        ("", False),
    ],
)
def test_an_id_is_its_prefix_and_a_ulid(value: str, good: bool) -> None:
    assert is_id(value, "agt") is good
