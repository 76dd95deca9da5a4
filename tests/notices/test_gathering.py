"""What is told when: by a clock of the test's own."""

from __future__ import annotations

import json
from itertools import count

from apps.notices.gathering import (
    APART_SECONDS,
    CLAIM_SECONDS,
    DELAYS,
    GATHER_SECONDS,
    MOST_GROUPS,
    QUIET_SECONDS,
    Ending,
    Memory,
    Parcel,
)

NOW = 1_800_000_000.0


class Told:
    """A memory that is stored between any two looks, and what it had delivered."""

    def __init__(self) -> None:
        self.memory, self.numbers = Memory(), count(1)

    def look(self, now: float, *endings: Ending, recovery: bool = True) -> list[Parcel]:
        self.memory = Memory.from_json(json.loads(json.dumps(self.memory.as_json())), now)
        for ending in endings:
            self.memory.note(ending, now, with_recovery=recovery)
        self.memory.pack(f"ntf-{next(self.numbers)}", ["webhook"], now)
        return self.memory.take(now)

    def texts(self, now: float, *endings: Ending) -> list[str]:
        """Of what is delivered now, and taken."""
        found = self.look(now, *endings)
        for parcel in found:
            self.memory.settle(parcel.id, [], now)
        return [parcel.body["text"] for parcel in found]


def failed(error: str = "HTTP 500", *, name: str = "nightly", run: str = "wex-1") -> Ending:
    return Ending(run, "workflow", f"wfl-{name}", name, "shop", True, error, NOW)


def worked(name: str = "nightly") -> Ending:
    return Ending("wex-9", "workflow", f"wfl-{name}", name, "shop", False, "", NOW)


def test_failures_of_one_cause_are_one_message_and_then_quiet_for_five_minutes() -> None:
    told = Told()
    burst = [
        failed(f"run {number} got 'x{number}'", name=f"w{number % 7}", run=f"wex-{number}") for number in range(40)
    ]
    assert told.texts(NOW, *burst) == []
    (parcel,) = told.look(NOW + GATHER_SECONDS)
    (group,) = parcel.body["failed"]
    assert (group["count"], group["names"]) == (40, ["w0", "w1", "w2", "w3", "w4"])
    assert (group["runs"], group["projects"]) == ([f"wex-{number}" for number in range(5)], ["shop"])
    assert parcel.body["text"] == "workflow w0, w1, w2, w3, w4 failed 40 times: run 0 got 'x0'"
    told.memory.settle(parcel.id, [], NOW)
    later = NOW + GATHER_SECONDS + QUIET_SECONDS
    assert told.texts(NOW + 100, failed("run 77 got 'y'")) == []
    assert told.texts(later - 1, failed("run 78 got 'y'")) == []
    assert told.texts(later) == ["workflow nightly failed 2 times: run 77 got 'y'"]


def test_messages_are_a_minute_apart_whatever_they_are_about() -> None:
    told = Told()
    told.look(NOW, failed("one"))
    assert len(told.look(NOW + GATHER_SECONDS, failed("two"))) == 1
    assert told.texts(NOW + APART_SECONDS, failed("three")) == []
    (text,) = told.texts(NOW + APART_SECONDS + 2 * GATHER_SECONDS)
    assert text.splitlines() == ["workflow nightly failed: two", "workflow nightly failed: three"]


def test_more_causes_than_one_can_read_are_counted() -> None:
    told = Told()
    told.look(NOW, *(failed("cause " + "x" * number) for number in range(1, MOST_GROUPS + 8)))
    (parcel,) = told.look(NOW + GATHER_SECONDS)
    assert (len(parcel.body["failed"]), parcel.body["more"]) == (MOST_GROUPS, 7)
    assert parcel.body["text"].endswith("and 7 more runs failed")


def test_what_works_again_is_told_once() -> None:
    told = Told()
    told.texts(NOW, failed(), worked("other"))
    told.texts(NOW + GATHER_SECONDS)
    assert told.texts(NOW + APART_SECONDS, worked(), worked()) == []
    assert told.texts(NOW + 2 * APART_SECONDS) == ["workflow nightly works again"]
    assert told.texts(NOW + 3 * APART_SECONDS, worked()) == []


def test_nobody_is_told_of_what_works_who_does_not_want_to_be() -> None:
    told = Told()
    told.texts(NOW, failed())
    told.texts(NOW + GATHER_SECONDS)
    told.look(NOW + APART_SECONDS, worked(), recovery=False)
    assert told.texts(NOW + 2 * APART_SECONDS) == []


def test_a_delivery_that_fails_is_tried_again_later_and_then_given_up() -> None:
    told = Told()
    told.look(NOW, failed())
    now = NOW + GATHER_SECONDS
    for delay in DELAYS:
        (parcel,) = told.look(now)
        assert (parcel.id, told.memory.settle(parcel.id, ["webhook"], now)) == ("ntf-2", False)
        assert told.look(now + delay - 1) == []
        now += delay
    (parcel,) = told.look(now)
    assert told.memory.settle(parcel.id, ["webhook"], now) is True
    assert told.look(now + 10 * DELAYS[-1]) == []


def test_what_somebody_took_and_did_not_settle_is_delivered_again_under_its_id() -> None:
    told = Told()
    told.look(NOW, failed())
    (first,) = told.look(NOW + GATHER_SECONDS)
    assert told.look(NOW + GATHER_SECONDS + CLAIM_SECONDS - 1) == []
    (second,) = told.look(NOW + GATHER_SECONDS + CLAIM_SECONDS)
    assert (second.id, second.body) == (first.id, first.body)


def test_a_clock_that_is_set_back_silences_nothing() -> None:
    told = Told()
    told.texts(NOW, failed())
    told.texts(NOW + GATHER_SECONDS)
    back = NOW - 86_400
    told.look(back, failed())
    assert told.texts(back + QUIET_SECONDS) == ["workflow nightly failed: HTTP 500"]
