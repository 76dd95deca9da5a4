"""Prints, as JSON, what deciding costs in a database with 20,000 resources and 500 users. A process of its own."""

from __future__ import annotations

import itertools
import json
import os
import statistics
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stigmer_site.settings")

import django

django.setup()

from django.conf import settings
from django.core.management import call_command
from google.protobuf import descriptor_pool
from stigmer_proto.agentic.agent.v1 import io_pb2, query_pb2  # noqa: F401  # declare the service

from apps.resources.api.authentication import admit_everybody
from apps.resources.api.permission import Gate, let_pass, local_person
from apps.resources.caller import Caller
from apps.resources.kinds.agent.model import Agent
from apps.resources.kinds.iam_policy.model import IamPolicy
from apps.resources.permission.callers import caller_of
from apps.resources.permission.engine import standing
from apps.resources.permission.facts import facts_of
from apps.resources.registry import AGENT
from apps.resources.storage.lookup import organization_id, visible
from apps.resources.storage.paging import list_page
from apps.resources.storage.tuples import Principal
from apps.resources.writes import actions
from benchmarks.measuring import milliseconds

ORGANIZATIONS, USERS, RESOURCES, TEAMS = 20, 500, 20_000, 50
ROLES = ("viewer", "member", "admin", "owner")
RUNS = 400


def main() -> None:
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    call_command("migrate", verbosity=0)
    fill()
    users, resources = itertools.cycle(range(USERS)), itertools.cycle(range(0, RESOURCES, 47))
    checks = [milliseconds(lambda: check(next(users), next(resources))) for _ in range(RUNS)]
    callers = itertools.cycle([caller_of(account(user)) for user in range(0, USERS, 10)])  # as kept for a second
    pages = [milliseconds(lambda: page(next(callers))) for _ in range(RUNS)]
    print(json.dumps({"local": local(), "check": statistics.median(checks), "page": statistics.median(pages)}))


def fill() -> None:
    """Users in teams that have a role in an organization, some with a role of their own; agents in all of these."""
    organizations = []
    for number in range(ORGANIZATIONS):
        actions.ensure_organization(f"org-{number}", "")
        organizations.append(organization_id(f"org-{number}"))
    tuples = [("team", f"t-{user % TEAMS}", "member", "identity_account", account(user), "") for user in range(USERS)]
    tuples += [
        ("organization", organizations[team % ORGANIZATIONS], ROLES[team % 3], "team", f"t-{team}", "member")
        for team in range(TEAMS)
    ]
    tuples += [
        ("organization", organizations[user % ORGANIZATIONS], ROLES[user % 4], "identity_account", account(user), "")
        for user in range(0, USERS, 5)
    ]
    tuples += [
        ("agent", agent(number), "viewer", "identity_account", account(number % USERS), "")
        for number in range(0, RESOURCES, 20)
    ]
    columns = ("resource_kind", "resource_id", "relation", "principal_kind", "principal_id", "principal_relation")
    IamPolicy.objects.bulk_create(
        [
            IamPolicy(pk=f"iamp-{index:06}", slug=f"p-{index}", **dict(zip(columns, each, strict=True)))
            for index, each in enumerate(tuples)
        ]
    )
    Agent.objects.bulk_create(
        [
            Agent(pk=agent(number), slug=f"a-{number}", org=f"org-{number % ORGANIZATIONS}", created_by=account(0))
            for number in range(RESOURCES)
        ]
    )


def account(number: int) -> str:
    return f"ida-{number:06}"


def agent(number: int) -> str:
    return f"agt-{number:06}"


def check(user: int, number: int) -> bool:
    return standing(Principal("identity_account", account(user)), facts_of(AGENT, agent(number))).allows("can_view")


def page(caller: Caller) -> None:
    list_page(AGENT, visible(AGENT, caller), page_size=50, page_token="")


def local() -> float:
    """Of the whole gate of a call, in a thousand."""
    method = descriptor_pool.Default().FindServiceByName("ai.stigmer.agentic.agent.v1.AgentQueryController")
    gate = Gate.of(method.methods_by_name["get"], admit_everybody, let_pass, local_person)
    request, context = io_pb2.AgentId(value="agt-1"), Any
    return milliseconds(lambda: [gate.admit(context, request) for _ in range(1000)]) / 1000  # type: ignore[arg-type]  # nobody looks at it


if __name__ == "__main__":
    main()
