"""Runs of agents: what every run promises, and the session it belongs to."""

from __future__ import annotations

from apps.resources.json_value import Json
from tests.factories import make_agent
from tests.suites.asking import refusal
from tests.suites.client import Api, Envelope, KindApi, unique
from tests.suites.run_suite import COMPLETED, IN_PROGRESS, RunSuite


class TestAgentExecution(RunSuite):
    kind = "AgentExecution"
    good_spec = {"message": "Where is my order?"}
    bad_specs = {"spec.message": {"message": ""}}
    scope = "api_resource_owner_scope_unspecified"
    text_field = "message"
    parent_kind, parent_field = "Agent", "agent_id"
    lists = {"listBySession": "session_id"}

    def make_parent(self, api: Api, **metadata: Json) -> Envelope:
        return make_agent(api, **metadata)

    def test_an_agent_alone_gets_a_new_session_of_its_default_instance(self, api: Api, kinds: KindApi) -> None:
        agent = make_agent(api)
        message = "Where is\n my order? " + "Please tell me. " * 20
        made = kinds.create(kinds.envelope({"agent_id": agent.metadata.id, "message": message}, owner_scope=0))
        session = api.of("Session").get(made.spec.session_id)
        assert session.spec.agent_instance_id == agent.status.default_instance_id
        assert session.metadata.owner_scope == 2
        assert session.spec.subject.startswith("Where is my order? Please")
        assert len(session.spec.subject) <= 80
        prefix, _, tail = session.metadata.slug.partition("-")
        assert (prefix, len(tail)) == ("session", 26)

    def test_a_session_is_continued(self, kinds: KindApi, stored: Envelope) -> None:
        spec = {"session_id": stored.spec.session_id, "message": "And now?"}
        second = kinds.create(kinds.envelope(spec, name=unique("run"), owner_scope=0))
        assert (second.spec.session_id, second.spec.agent_id) == (stored.spec.session_id, stored.spec.agent_id)
        assert self.pages(kinds, "listBySession", session_id=stored.spec.session_id) == [[second, stored]]

    def test_a_follower_sees_a_message_with_its_first_text_or_its_calls(self, kinds: KindApi, stored: Envelope) -> None:
        """Clients print a message when it first appears."""
        following = self.subscribe(kinds, stored)
        next(following)
        self.report(kinds, stored, phase=IN_PROGRESS)
        call = {"id": "c", "name": "look"}
        asked: list[Json] = [{"type": "MESSAGE_AI", "tool_calls": [call]}]
        for last in ("", "It", "It is here."):
            self.report(kinds, stored, messages=[{"type": "MESSAGE_AI"}])
            self.report(kinds, stored, messages=[*asked, {"type": "MESSAGE_AI", "content": last}])
        joined = self.subscribe(kinds, stored)
        self.report(kinds, stored, messages=[*asked, {"type": "MESSAGE_AI"}])
        self.report(kinds, stored, phase=COMPLETED)
        shown = [message for each in (*following, *joined) for message in each.status.messages]
        assert all(message.content or message.tool_calls for message in shown)
        assert {message.content for message in shown} == {"", "It", "It is here."}

    def test_a_page_of_long_messages_ends_where_a_message_is_full(self, kinds: KindApi, stored: Envelope) -> None:
        session = stored.spec.session_id
        for _ in range(7):
            spec = {"session_id": session, "message": "x" * 2**20}
            kinds.create(kinds.envelope(spec, name=unique("run"), owner_scope=0))
        pages = self.pages(kinds, "listBySession", session_id=session)
        assert [len(page) for page in pages] == [2, 2, 2, 2]
        ids = [run.metadata.id for page in pages for run in page]
        assert ids == sorted(ids, reverse=True)
        assert ids[-1] == stored.metadata.id

    def test_session_and_agent_must_agree(self, api: Api, kinds: KindApi, stored: Envelope) -> None:
        spec = {
            "session_id": stored.spec.session_id,
            "agent_id": make_agent(api).metadata.id,
            "message": "Who are you?",
        }
        refused = refusal(kinds, "create", kinds.envelope(spec, name=unique("run"), owner_scope=0))
        assert set(refused.violations) == {"spec.agent_id"}

    def test_a_refused_run_leaves_no_session_behind(self, api: Api, kinds: KindApi, stored: Envelope) -> None:
        before = len(api.page("Session", page_size=100).entries)
        spec = {"agent_id": stored.spec.agent_id, "message": "Again?"}
        refusal(kinds, "create", kinds.envelope(spec, name=stored.metadata.name, owner_scope=0))
        assert len(api.page("Session", page_size=100).entries) == before

    def test_messages_and_tool_calls_of_a_report_replace_those_before(self, kinds: KindApi, stored: Envelope) -> None:
        first = {"type": "MESSAGE_HUMAN", "content": "Where is my order?"}
        second = {"type": "MESSAGE_AI", "content": "On its way."}
        self.report(kinds, stored, phase=IN_PROGRESS, messages=[first])
        after = self.report(kinds, stored, messages=[first, second], tool_calls=[{"id": "1", "name": "search"}])
        assert [message.content for message in after.status.messages] == ["Where is my order?", "On its way."]
        kept = self.report(kinds, stored, tool_calls=[{"id": "1", "name": "search", "result": "found"}])
        assert len(kept.status.messages) == 2
        assert [call.result for call in kept.status.tool_calls] == ["found"]
