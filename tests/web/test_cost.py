"""Money in the pages: in the charts of the home page, and on the page of a run, in the words of `usage`."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.resources.admin.links import change_url, list_url
from apps.resources.caller import LOCAL
from apps.resources.executions import actions
from apps.resources.executions.events import MessageAdded, MessageEnded, Speaker
from apps.resources.executions.hourly_usage import UsageMemory, usage_by_hour
from apps.resources.executions.model import Phase, RunUsage
from apps.resources.registry import AGENT_EXECUTION
from apps.resources.registry import WORKFLOW_EXECUTION as FLOW
from apps.shared.prices import Prices, Tariff, UnitPrice
from tests.support.databases import both_databases
from tests.support.machines import handed_over
from tests.web.stored import store
from tests.web.test_home import ended

pytestmark = both_databases
PRICE = UnitPrice(Decimal("0.000002"), Decimal("0.00001"))


class Known:
    """A list with one model in it."""

    def look_up(self, wanted: Collection[Tariff]) -> Prices:
        return Prices({each: PRICE if each.model == "known" else None for each in wanted}, "a list", "prices.yaml")


@pytest.fixture(autouse=True)
def prices(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for place in ("stigmer_site.charts.PATIENCE_SECONDS", "apps.resources.admin.runs.PAGE_PATIENCE_SECONDS"):
        monkeypatch.setattr(place, 60.0)
    with handed_over(prices=Known()):
        yield


def asked(row: Any, model: str, read: int, written: int, hours_ago: int = 0) -> None:
    """As it is noted when a run ends, which is tested where it lives."""
    second = int((timezone.now() - timedelta(hours=hours_ago)).timestamp())
    RunUsage.objects.create(
        execution_id=row.pk, model=model, input_tokens=read, output_tokens=written, ended_second=second
    )


def test_the_home_page_tells_what_runs_have_cost_and_that_some_have_no_price(client: Client) -> None:
    row = ended("run", timezone.now())
    asked(row, "known", 100_000, 10_000)
    asked(row, "unheard-of", 5, 5)
    asked(ended("before", timezone.now()), "known", 1_000, 0, hours_ago=72)
    page = client.get("/")
    day, weeks = page.context["periods"]
    assert [chart.total for chart in (day.charts[3], weeks.charts[3])] == ["$0.30+", "$0.30+"]
    assert sum(bucket.cost for bucket in weeks.buckets if bucket.cost) == Decimal("0.302")
    text = page.content.decode()
    assert "<td>$0.30+</td>" in text
    assert "<td>$0.002</td>" in text


def test_the_page_of_a_run_tells_its_cost(client: Client) -> None:
    dear, unknown, silent = (ended(name, timezone.now()) for name in ("dear", "unknown", "silent"))
    asked(dear, "known", 100_000, 10_000)
    asked(dear, "unheard-of", 5, 5)
    asked(unknown, "unheard-of", 5, 5)
    told = {row.pk: client.get(change_url(AGENT_EXECUTION, row.pk)).context["run"]["cost"] for row in (dear, unknown)}
    assert told[dear.pk]["said"] == "$0.30+"
    assert told[dear.pk]["why"] == (
        "US dollars by a list, without discounts and cached tokens. No price is known of unheard-of: 10 tokens."
    )
    assert told[unknown.pk]["said"] == "no price is known of unheard-of"
    news = [client.get(f"{list_url(AGENT_EXECUTION)}{row.pk}/news/").json()["cost"] for row in (dear, silent)]
    assert news == [told[dear.pk], {}]


def test_the_page_of_a_run_under_way_tells_what_it_and_the_agents_it_started_have_cost_so_far(client: Client) -> None:
    flow = store("WorkflowExecution", "flow")
    runs = [store("AgentExecution", name, slug=slug) for name, slug in (("alone", ""), ("task", f"{flow.pk}-task"))]
    for run in runs:
        actions.claim(AGENT_EXECUTION, run.pk, "a runner", seconds=60)
        said = [MessageAdded(0, Speaker.HUMAN, "hello"), MessageAdded(1, Speaker.AI, "Hi.", {"model": "known"})]
        actions.append(AGENT_EXECUTION, run.pk, "a runner", said)
        assert client.get(news_url(AGENT_EXECUTION, run.pk)).json()["cost"] == {}, "the answer has not ended"
        tokens = {"input_tokens": 50_000, "output_tokens": 1_000}
        actions.append(AGENT_EXECUTION, run.pk, "a runner", [MessageEnded(1, tokens)])
    page = client.get(change_url(AGENT_EXECUTION, runs[0].pk)).context["run"]["cost"]
    told = [client.get(news_url(*each)).json()["cost"] for each in [(AGENT_EXECUTION, runs[0].pk), (FLOW, flow.pk)]]
    assert [each["said"] for each in (page, *told)] == ["$0.11"] * 3
    actions.finish(AGENT_EXECUTION, runs[1].pk, "a runner", Phase.COMPLETED)
    assert client.get(news_url(FLOW, flow.pk)).json()["cost"] == told[1], "it is counted once"
    assert "cost" not in client.get(news_url(FLOW, flow.pk).partition("?")[0]).json()


def news_url(kind: Any, pk: str) -> str:
    return f"{list_url(kind)}{pk}/news/?cost="


def test_of_much_that_was_asked_hours_are_summed_up_by_and_by(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    del client
    now = timezone.now()
    for number in range(3):
        asked(ended(f"run {number}", now), "known", 10, 1, hours_ago=10 * number + 2)
    first = (now - timedelta(hours=50)).replace(minute=0, second=0, microsecond=0)
    read = usage_by_hour(first, now, LOCAL, UsageMemory())
    monkeypatch.setattr("apps.resources.executions.hourly_usage.MOST_READ", 1)
    monkeypatch.setattr("apps.resources.executions.hourly_usage.HOURS_AT_ONCE", 20)
    memory = UsageMemory()
    found = [usage_by_hour(first, now, LOCAL, memory) for _ in range(3)]
    assert [part.is_whole for part in found] == [False, False, True]
    assert (found[-1].hours, len(read.hours)) == (read.hours, 3)
    with CaptureQueriesContext(connection) as captured:
        usage_by_hour(first, now, LOCAL, memory)
    assert len(captured) <= 4, "what is over is not summed up again"
