"""What runs have asked of models and what that costs: summed up by the database, priced by what is known today."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from importlib.metadata import version
from typing import Any

import grpc
import pytest
from genai_prices import Usage, calc_price
from stigmer_proto.controlplane.v1 import runs_pb2

from tests.factories import make_agent, make_workflow
from tests.suites.client import EXTENSION, Api, Envelope, Refused, opened, unique
from tests.support.databases import both_databases

pytestmark = both_databases
AI = 2


KNOWN, LONG = "openai:gpt-4o", "google:gemini-2.5-pro"


@pytest.fixture
def api(idle_api: Api) -> Api:
    return idle_api


def cost(model: str, *asked: tuple[int, int]) -> str:
    """What these requests cost one by one, by the package itself."""
    provider, _, name = model.partition(":")
    amounts = (
        calc_price(Usage(input_tokens=read, output_tokens=written), name, provider_id=provider).total_price
        for read, written in asked
    )
    return format(sum(amounts, Decimal(0)).quantize(Decimal("0.000001")).normalize(), "f")


def ended(api: Api, agent: Envelope, *turns: tuple[str, int, int]) -> str:
    """The id of a run whose turns asked (model, tokens read, tokens written)."""
    request = runs_pb2.StartRunRequest(agent=agent.metadata.id, message="Go on.")
    run = opened(api.call(f"{EXTENSION}.RunController.start", request)).metadata.id
    kind = api.of("AgentExecution")
    update: Any = kind.request("Command", "updateStatus", execution_id=run)  # Any: a generated class
    update.status.phase = 2
    for model, read, written in turns:
        message = update.status.messages.add(type=AI, content="So.")
        message.metadata.update({"model": model, "input_tokens": read, "output_tokens": written})
    kind.command("updateStatus", update)
    last: Any = kind.request("Command", "updateStatus", execution_id=run)  # Any: as above
    last.status.phase = 3
    kind.command("updateStatus", last)
    return str(run)


def usage(api: Api, **wanted: Any) -> runs_pb2.UsageResponse:  # Any: fields of the request
    answer = api.call(f"{EXTENSION}.RunController.usage", runs_pb2.UsageRequest(**wanted))
    assert isinstance(answer, runs_pb2.UsageResponse)
    return answer


def told(entries: Any) -> list[tuple[str, int, int, int, str, int]]:  # Any: a repeated field
    return [
        (each.key, each.runs, each.input_tokens, each.output_tokens, each.cost, each.unpriced_tokens)
        for each in entries
    ]


def test_sums_by_agent_and_by_model(api: Api) -> None:
    known, other = KNOWN, f"other:{unique('m')}"
    one, two = make_agent(api), make_agent(api)
    ended(api, one, (known, 10, 2), (known, 5, 1))
    ended(api, one, (known, 1, 0), (other, 7, 3))
    ended(api, two, (other, 100, 50))
    of_one = usage(api, agent=one.metadata.slug)
    assert told(of_one.entries) == [(one.metadata.slug, 2, 23, 6, cost(known, (10, 2), (5, 1), (1, 0)), 10)]
    assert told([of_one.total]) == [("", 2, 23, 6, cost(known, (10, 2), (5, 1), (1, 0)), 10)]
    assert ([*of_one.unpriced_models], of_one.price_source) == ([other], f"genai-prices {version('genai-prices')}")
    by_model = usage(api, by="model", agent=one.metadata.slug)
    assert told(by_model.entries) == [
        (known, 2, 16, 3, cost(known, (10, 2), (5, 1), (1, 0)), 0),
        (other, 1, 7, 3, "", 10),
    ]
    assert told(usage(api, model=other).entries) == [
        (two.metadata.slug, 1, 100, 50, "", 150),
        (one.metadata.slug, 1, 7, 3, "", 10),
    ]


def test_long_prompts_have_a_price_of_their_own(api: Api) -> None:
    agent = make_agent(api)
    ended(api, agent, (LONG, 200_001, 5), (LONG, 31_000, 6))
    dear = cost(LONG, (200_001, 5), (31_000, 6))
    assert Decimal(dear) > Decimal(cost(LONG, (31_000, 11))) * 200_001 / 31_000
    assert told(usage(api, agent=agent.metadata.slug).entries) == [
        (agent.metadata.slug, 1, 231_001, 11, dear, 0),
    ]


def test_days_are_those_of_who_asks(api: Api) -> None:
    agent = make_agent(api)
    ended(api, agent, (KNOWN, 1, 0))
    now = datetime.now(UTC)
    for offset in (-43_200, 0, 43_200):
        days = {(now + timedelta(seconds=offset) - timedelta(minutes=each)).date().isoformat() for each in (0, 10)}
        (entry,) = usage(api, by="day", agent=agent.metadata.slug, utc_offset_seconds=offset).entries
        assert entry.key in days
    tomorrow = usage(api, agent=agent.metadata.slug, since=now + timedelta(days=1))
    assert (told(tomorrow.entries), told([tomorrow.total])) == ([], [("", 0, 0, 0, "", 0)])
    assert told(usage(api, agent=agent.metadata.slug, until=now - timedelta(days=1)).entries) == []


def test_a_run_tells_what_it_has_cost_and_takes_that_with_it(api: Api) -> None:
    agent = make_agent(api)
    run = ended(api, agent, (KNOWN, 3000, 1))
    details = api.call(f"{EXTENSION}.RunController.describe", runs_pb2.DescribeRunRequest(execution_id=run))
    assert told(details.usage) == [(KNOWN, 1, 3000, 1, cost(KNOWN, (3000, 1)), 0)]
    assert (details.run.id, details.run.tokens, details.run.cost, details.project) == (
        run,
        3001,
        cost(KNOWN, (3000, 1)),
        "",
    )
    for with_cost in (True, False):
        request = runs_pb2.ListRunsRequest(agent=agent.metadata.slug, with_cost=with_cost)
        (listed,) = api.call(f"{EXTENSION}.RunController.list", request).runs
        assert listed.cost == (details.run.cost if with_cost else "")
    api.of("AgentExecution").delete(run)
    assert told(usage(api, agent=agent.metadata.slug).entries) == []


def test_a_run_without_models_has_no_usage(api: Api) -> None:
    workflow = make_workflow(api)
    request = runs_pb2.StartRunRequest(workflow=workflow.metadata.id)
    run = opened(api.call(f"{EXTENSION}.RunController.start", request)).metadata.id
    details = api.call(f"{EXTENSION}.RunController.describe", runs_pb2.DescribeRunRequest(execution_id=run))
    assert (details.run.name, details.run.cost, told(details.usage)) == (workflow.metadata.slug, "", [])


def test_what_cannot_be_summed_up_is_refused(api: Api) -> None:
    with pytest.raises(Refused) as refused:
        usage(api, by="hour")
    assert refused.value.code is grpc.StatusCode.INVALID_ARGUMENT
    assert "agent, model, day, project" in str(refused.value)
    with pytest.raises(Refused) as missing:
        api.call(f"{EXTENSION}.RunController.describe", runs_pb2.DescribeRunRequest(execution_id="aex-1"))
    assert missing.value.code is grpc.StatusCode.NOT_FOUND
