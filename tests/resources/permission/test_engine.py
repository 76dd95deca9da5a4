"""The engine against a telling of the same rules in plain Python, which looks at one thing at a time.

Whatever is asked about one resource, about all resources and about all accounts, the three agree.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.resources.base import OwnerScope, Resource
from apps.resources.kind import Kind
from apps.resources.kinds.agent.model import Agent
from apps.resources.kinds.agent_execution.model import AgentExecution
from apps.resources.kinds.agent_instance.model import AgentInstance
from apps.resources.kinds.iam_policy.model import IamPolicy
from apps.resources.kinds.identity_account.model import IdentityAccount
from apps.resources.kinds.organization.model import Organization
from apps.resources.kinds.session.model import Session
from apps.resources.permission.engine import principals, standing
from apps.resources.permission.facts import Facts, facts_of
from apps.resources.permission.rows import within
from apps.resources.registry import AGENT, AGENT_EXECUTION, IDENTITY_ACCOUNT, ORGANIZATION, SESSION
from apps.resources.storage.lookup import visible_to
from apps.resources.storage.tuples import Principal, Thing, Tuple
from tests.support.databases import both_databases, postgresql_only, sqlite_only

pytestmark = [both_databases, pytest.mark.django_db(transaction=True)]

ACCOUNTS = ("ida-1", "ida-2", "ida-3")
SUBJECTS = (
    *(("identity_account", account, "") for account in ACCOUNTS),
    ("team", "t-1", "member"),
    ("team", "t-2", "member"),
    ("organization", "org-1", "admin"),
    ("organization", "org-2", ""),
    ("platform", "stigmer", ""),
    ("agent", "agt-1", ""),
)
OBJECTS = (
    ("organization", "org-1"),
    ("organization", "org-2"),
    ("team", "t-1"),
    ("team", "t-2"),
    ("platform", "stigmer"),
    ("agent", "agt-1"),
    ("agent", "agt-2"),
    ("session", "ses-1"),
    ("agent_execution", "aex-1"),
)
RELATIONS = (
    "viewer",
    "member",
    "admin",
    "owner",
    "operator",
    "can_execute",
    "can_edit",
    "organization",
    "platform",
    "agent",
    "friend",
)
ASKED = ("can_view", "can_edit", "can_execute", "can_grant_access", "member", "owner", "operator", "friend")
Row = tuple[str, int, str]
Rows = tuple[Row, Row, Row, str]
WORKS = st.sampled_from(("viewer", "member", "admin", "owner"))
TUPLES = st.lists(
    st.one_of(
        st.builds(
            lambda org, role, account: Tuple("organization", org, role, "identity_account", account),
            st.sampled_from(("org-1", "org-2")),
            WORKS,
            st.sampled_from(ACCOUNTS),
        ),
        st.builds(
            lambda org, role, team: Tuple("organization", org, role, "team", team, "member"),
            st.sampled_from(("org-1", "org-2")),
            WORKS,
            st.sampled_from(("t-1", "t-2")),
        ),
        st.builds(
            lambda team, account: Tuple("team", team, "member", "identity_account", account),
            st.sampled_from(("t-1", "t-2")),
            st.sampled_from(ACCOUNTS),
        ),
        st.builds(
            lambda what, relation, who: Tuple(what[0], what[1], relation, who[0], who[1], who[2]),
            st.sampled_from(OBJECTS),
            st.sampled_from(RELATIONS),
            st.sampled_from(SUBJECTS),
        ),
    ),
    min_size=2,
    max_size=10,
    unique=True,
)
"""Most are such as people make; the rest are anything, circles included."""
ROWS = st.tuples(
    *[st.tuples(st.sampled_from(["1", "2"]), st.sampled_from(OwnerScope.values[1:]), st.sampled_from(ACCOUNTS))] * 3,
    st.sampled_from(ACCOUNTS),
)
"""Organization, scope and maker of two agents and a session; maker of the session's run."""


def test_who_made_what_is_on_the_platform_may_not_edit_it_for_that() -> None:
    given_here = [Tuple("agent", "agt-2", "member", "identity_account", "ida-3")]
    compare_and_forget(given_here, (("2", 3, "ida-1"), ("2", 1, "ida-3"), ("1", 1, "ida-3"), "ida-2"))


@sqlite_only
@pytest.mark.usefixtures("transactional_db")
@settings(max_examples=40, derandomize=True, suppress_health_check=[*HealthCheck], deadline=None, database=None)
@given(TUPLES, ROWS)
def test_checks_and_lists_are_what_plain_python_says(tuples: list[Tuple], rows: Rows) -> None:
    compare_and_forget(tuples, rows)


@postgresql_only
@pytest.mark.usefixtures("transactional_db")
@settings(
    max_examples=12, derandomize=True, suppress_health_check=[*HealthCheck], deadline=None, database=None
)  # three seconds each
@given(TUPLES, ROWS)
def test_and_on_postgresql_as_well(tuples: list[Tuple], rows: Rows) -> None:
    compare_and_forget(tuples, rows)


def compare_and_forget(tuples: list[Tuple], rows: Rows) -> None:
    with transaction.atomic():
        try:
            compare(World.made(tuples, rows))
        finally:
            transaction.set_rollback(True)


@pytest.mark.usefixtures("transactional_db")
def test_policies_that_are_supposed_count_as_those_that_are_stored() -> None:
    with transaction.atomic():
        world = World.made([], (("1", 2, "ida-1"), ("2", 2, "ida-1"), ("1", 2, "ida-1"), "ida-1"))
        supposed = [
            Tuple("team", "t-1", "member", "identity_account", "ida-3"),
            Tuple("organization", "org-1", "admin", "team", "t-1", "member"),
        ]
        who = Principal("identity_account", "ida-3")
        facts = facts_of(AGENT, "agt-1")
        assert not standing(who, facts).allows("can_edit")
        assert standing(who, facts, supposed).allows("can_edit")
        assert ids(AGENT, who, "can_edit", supposed) == {"agt-1"}
        assert "ida-3" in principals(Thing("agent", "agt-1"), "can_edit", "identity_account", supposed)
        assert world.tuples == []
        transaction.set_rollback(True)


@pytest.mark.usefixtures("transactional_db")
def test_circles_end_and_six_tuples_are_far_enough() -> None:
    with transaction.atomic():
        chain = [Tuple("team", "a-0", "member", "identity_account", "ida-1")]
        chain += [Tuple("team", f"a-{n}", "member", "team", f"a-{n - 1}", "member") for n in range(1, 6)]
        chain += [Tuple("team", "a-0", "member", "team", "a-5", "member")]
        store(chain + [Tuple("organization", "org-9", "viewer", "team", f"a-{n}", "member") for n in (4, 5)])
        who = Principal("identity_account", "ida-1")
        assert all(has_something(who, Thing("team", f"a-{n}")) for n in range(6))
        further = [Tuple("organization", "org-8", "viewer", "team", "a-5", "member")]
        store(further)
        assert not has_something(who, Thing("organization", "org-8")), "seven tuples"
        transaction.set_rollback(True)


def has_something(who: Principal, thing: Thing) -> bool:
    return bool(standing(who, Facts((thing,))).held)


def compare(world: World) -> None:
    for kind, row in world.resources():
        facts = facts_of(kind, row.pk)
        for relation in ASKED:
            expected = {account for account in ACCOUNTS if world.has(account, relation, kind, row)}
            one_by_one = {
                account
                for account in ACCOUNTS
                if standing(Principal("identity_account", account), facts).allows(relation)
            }
            assert one_by_one == expected, (relation, row.pk)
            found = principals(Thing(kind.word, row.pk), relation, "identity_account")
            assert set(found) & set(ACCOUNTS) == expected, ("principals", relation, row.pk)
    for kind in {kind for kind, _ in world.resources()}:
        rows = [row for each, row in world.resources() if each is kind]
        for account in ACCOUNTS:
            for relation in ASKED:
                expected = {row.pk for row in rows if world.has(account, relation, kind, row)}
                listed = ids(kind, Principal("identity_account", account), relation)
                assert listed == expected, ("rows", account, relation, kind.name)


def ids(kind: Kind, who: Principal, relation: str, more: list[Tuple] | None = None) -> set[str]:
    return set(visible_to(kind, within(kind, who, relation, more or [])).values_list("pk", flat=True))


# The same told in plain Python.

RANK = {"viewer": 1, "member": 2, "admin": 3, "owner": 4, "operator": 5}
NEEDED = {"can_view": 1, "can_execute": 2, "can_edit": 3, "can_grant_access": 3, **RANK}
LINKS = {"organization", "platform", "agent"}


def rank(relation: str) -> int:
    return RANK.get(relation, 1 if relation in NEEDED else 0)


@dataclass
class World:
    tuples: list[Tuple]
    rows: list[tuple[Kind, Resource]] = field(default_factory=list)

    @classmethod
    def made(cls, tuples: list[Tuple], rows: Rows) -> World:
        world = cls(tuples)
        first, second, conversation, run_maker = rows
        for number in "12":
            world.add(ORGANIZATION, Organization(pk=f"org-{number}", slug=f"o{number}", owner_scope=0))
        for account in ACCOUNTS:
            row = IdentityAccount(pk=account, slug=account, owner_scope=3, idp_id=account)
            world.add(IDENTITY_ACCOUNT, row)
        for index, (org, scope, maker) in enumerate((first, second), 1):
            world.add(AGENT, Agent(pk=f"agt-{index}", slug=f"a{index}", **place(org, scope, maker)))
        instance = AgentInstance(pk="ain-1", slug="i1", agent_id="agt-1", owner_scope=2, org="o1")
        instance.save()
        session = Session(pk="ses-1", slug="s1", agent_instance_id="ain-1", **place(*conversation))
        world.add(SESSION, session)
        run = AgentExecution(pk="aex-1", slug="r1", session_id="ses-1", owner_scope=0, org=session.org)
        run.created_by = run_maker
        world.add(AGENT_EXECUTION, run)
        store(tuples)
        return world

    def add(self, kind: Kind, row: Resource) -> None:
        row.save()
        self.rows.append((kind, row))

    def resources(self) -> list[tuple[Kind, Resource]]:
        return self.rows

    def held(self, account: str) -> set[tuple[str, str, str]]:
        """(kind, id, relation) of all that an account has, at most six tuples far."""
        found = {
            (each.resource_kind, each.resource_id, each.relation)
            for each in self.tuples
            if each[3:] == ("identity_account", account, "")
        }
        for _ in range(5):
            found |= {step for held in found for each in self.tuples for step in self.steps(held, each)}
        return found

    def steps(self, held: tuple[str, str, str], each: Tuple) -> Iterator[tuple[str, str, str]]:
        if (each.principal_kind, each.principal_id) != held[:2]:
            return
        if not each.principal_relation and each.relation in LINKS:
            yield each.resource_kind, each.resource_id, held[2]
        wanted = each.principal_relation
        if wanted and (wanted == held[2] or rank(held[2]) >= rank(wanted) > 0):
            yield each.resource_kind, each.resource_id, each.relation

    def has(self, account: str, relation: str, kind: Kind, row: Resource) -> bool:
        above, owner, makers, is_for_all = self.place(kind, row)
        own = (kind.word, row.pk)
        held = [(thing[:2], thing[2]) for thing in self.held(account) if thing[:2] in {own, *above}]
        if relation not in NEEDED:
            return (own, relation) in held
        needed = NEEDED[relation]
        if kind is ORGANIZATION and relation == "can_edit":
            needed = RANK["owner"]
        best = max([rank(each) for _, each in held], default=0)
        given = 4 if owner == account else 1 if is_for_all else 0
        if max(best, given) >= needed or any(each == relation for _, each in held):
            return True
        return relation == "can_edit" and kind is not ORGANIZATION and account in makers and best >= 2

    def place(self, kind: Kind, row: Resource) -> tuple[set[tuple[str, str]], str, set[str], bool]:
        """What it belongs to, whose alone it is, who made it, and whether all see it."""
        if kind is ORGANIZATION:
            return set(), "", set(), False
        if kind is IDENTITY_ACCOUNT:
            return {("platform", "stigmer")}, row.pk, set(), False
        if isinstance(row, AgentExecution):
            above, owner, makers, is_for_all = self.place(SESSION, Session.objects.get(pk=row.session_id))
            return above | {("session", row.session_id)}, owner, makers | {row.created_by}, is_for_all
        if row.owner_scope == OwnerScope.IDENTITY_ACCOUNT:
            return set(), row.created_by, {row.created_by}, False
        if row.owner_scope == OwnerScope.PLATFORM:
            return {("platform", "stigmer")}, "", set(), True
        return {("organization", f"org-{row.org[1:]}")}, "", {row.created_by}, False


def place(org: str, scope: int, maker: str) -> dict[str, object]:
    in_organization = {} if scope == OwnerScope.PLATFORM else {"org": f"o{org}"}
    return {"owner_scope": scope, "created_by": maker, **in_organization}


def store(tuples: list[Tuple]) -> None:
    IamPolicy.objects.bulk_create(
        IamPolicy(pk=f"iamp-{IamPolicy.objects.count()}-{number}", slug=f"p{number}-{hash(each)}", **each._asdict())
        for number, each in enumerate(tuples)
    )
