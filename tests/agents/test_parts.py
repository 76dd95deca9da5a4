"""The parts of the runtime, each by itself."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

import mcp_types as types
import psutil
import pytest

from apps.agents import process_identity
from apps.agents.runtime import context_window
from apps.agents.runtime.errors import RunFailed
from apps.agents.runtime.history import Said, conversation
from apps.agents.runtime.limits import Budget, Limits
from apps.agents.runtime.mcp.definition import HttpServer, StdioServer, servers
from apps.agents.runtime.mcp.results import text_of
from apps.agents.runtime.mcp.toolbox import Offer, bound
from apps.agents.runtime.models.base import Answer, CallRequest, Human, Message, ToolResult
from apps.agents.runtime.models.choice import ModelDefaults, choose, choose_temperature
from apps.agents.runtime.recorder import CallRecord, Recorder
from apps.agents.runtime.session import Past, recall
from apps.agents.runtime.summary import Exchange, Summary, transcript
from apps.agents.runtime.tools.base import Outcome
from apps.processes import process
from apps.resources.executions.events import Speaker
from apps.resources.json_value import Json
from apps.shared.masking import Masker

KEYS = {"OPENAI_API_KEY": "of-the-settings", "ANTHROPIC_API_KEY": "of-the-settings"}


class TestFitting:
    def test_the_oldest_exchanges_go_first(self) -> None:
        messages: list[Message] = [Human("a" * 50), Answer("b" * 50), Human("c" * 50), Answer("d" * 20)]
        assert context_window.fit(messages, characters=200) == messages
        kept = context_window.fit(messages, characters=100)
        assert [len(message.text) for message in kept[1:]] == [20]
        assert kept[0].text.startswith("[2 older messages of this conversation were left out")

    def test_older_results_of_the_last_exchange_go_next(self) -> None:
        results = [ToolResult(str(number), "find", "x" * 100) for number in range(6)]
        kept = context_window.fit([Human("a"), *results], characters=600)
        assert [message.text == context_window.LEFT_OUT for message in kept[1:]] == [
            True,
            True,
            False,
            False,
            False,
            False,
        ]

    def test_what_still_does_not_fit_is_refused(self) -> None:
        with pytest.raises(RunFailed, match="larger than the model can read"):
            context_window.fit([Human("a" * 101)], characters=100)


class TestChoice:
    @pytest.mark.parametrize(
        ("wishes", "chosen"),
        [
            ((), ("ollama", "llama3", "")),
            (("", "openai:gpt"), ("openai", "gpt", "of-the-settings")),
            (("anthropic:a:b", "openai:c"), ("anthropic", "a:b", "of-the-settings")),
            (("llama3:8b",), ("ollama", "llama3:8b", "")),
        ],
    )
    def test_the_first_wish_counts(self, wishes: tuple[str, ...], chosen: tuple[str, str, str]) -> None:
        choice = choose(wishes, {}, ModelDefaults("ollama", "llama3", api_keys=KEYS))
        assert (choice.provider, choice.model, choice.api_key) == chosen

    def test_the_address_of_the_settings_is_for_their_provider_only(self) -> None:
        defaults = ModelDefaults("ollama", "llama3", "http://host:1", KEYS)
        assert choose((), {}, defaults).base_url == "http://host:1"
        assert choose(("openai:gpt",), {}, defaults).base_url == ""

    def test_the_key_of_the_run_wins_and_is_not_shown(self) -> None:
        choice = choose(
            ("openai:gpt",), {"OPENAI_API_KEY": "of-the-run"}, ModelDefaults("ollama", "llama3", api_keys=KEYS)
        )
        assert choice.api_key == "of-the-run"
        assert "of-the-run" not in repr(choice)

    def test_a_host_of_ones_own_needs_no_key(self) -> None:
        assert choose((), {}, ModelDefaults("openai", "m", "http://host:1/v1")).api_key == ""
        with pytest.raises(RunFailed, match="OPENAI_API_KEY is not set"):
            choose((), {}, ModelDefaults("openai", "m"))

    def test_a_key_that_cannot_be_sent_is_named_and_not_quoted(self) -> None:
        defaults = ModelDefaults("openai", "m")
        assert choose((), {"OPENAI_API_KEY": "of-the-run\n"}, defaults).api_key == "of-the-run"
        with pytest.raises(RunFailed, match="the value of OPENAI_API_KEY has a line break") as raised:
            choose((), {"OPENAI_API_KEY": "of-the\nrun"}, defaults)
        assert "of-the" not in str(raised.value)

    def test_an_unknown_provider_is_refused(self) -> None:
        with pytest.raises(RunFailed, match="'skynet' is unknown"):
            choose((), {}, ModelDefaults("skynet", "t800"))

    @pytest.mark.parametrize("wish", ["google:gemini-3-pro", "opnai:gpt-5", "OpenAI:gpt-5"])
    def test_one_before_the_colon_is_refused_with_those_that_exist(self, wish: str) -> None:
        for defaults in (ModelDefaults("ollama", "llama3"), ModelDefaults("anthropic", "m", api_keys=KEYS)):
            with pytest.raises(RunFailed, match=f"'{wish.partition(':')[0]}' is unknown") as raised:
                choose((wish,), {}, defaults)
            assert "Use one of ollama, anthropic, openai, scripted" in str(raised.value)

    @pytest.mark.parametrize(
        ("wish", "provider", "base_url"),
        [
            ("mistral:7b", "ollama", ""),
            ("openchat:7b", "ollama", ""),
            ("hf.co/someone/a-model:Q4", "ollama", ""),
            ("ft:gpt-4o:shop::1", "openai", ""),
            ("qwen:7b", "openai", "http://host:1/v1"),
        ],
    )
    def test_names_of_models_may_have_colons(self, wish: str, provider: str, base_url: str) -> None:
        choice = choose((wish,), {}, ModelDefaults(provider, "m", base_url, KEYS))
        assert (choice.provider, choice.model) == (provider, wish)


class TestTemperature:
    def test_the_first_wish_counts_and_none_is_none(self) -> None:
        assert choose_temperature([("the run", ""), ("the instance", "0"), ("the agent", "1.5")]) == 0.0
        assert choose_temperature([("the run", ""), ("the agent", "")]) is None


class TestServers:
    def test_placeholders_are_replaced_everywhere(self) -> None:
        stdio = {"command": "run", "args": ["--key=${A}${B}"], "env_placeholders": {"X": "${A}"}, "working_dir": "/w"}
        http = {
            "url": "https://${A}/mcp?x=1",
            "headers": {"Authorization": "Bearer ${B}"},
            "query_params": {"q": "${B}"},
            "timeout_seconds": 5,
        }
        definitions = [{"name": "one", "stdio": stdio}, {"name": "two", "http": http}]
        assert servers(definitions, {"A": "a", "B": "b c"}, {}) == [
            StdioServer("one", "run", ["--key=ab c"], {"X": "a"}, "/w"),
            HttpServer("two", "https://a/mcp?x=1&q=b+c", {"Authorization": "Bearer b c"}, 5.0),
        ]

    def test_a_value_is_not_searched_for_placeholders_again(self) -> None:
        definitions = [{"name": "one", "stdio": {"command": "run", "args": ["${A}"]}}]
        assert servers(definitions, {"A": "${B}"}, {})[0] == StdioServer("one", "run", ["${B}"], {})

    def test_values_are_not_shown(self) -> None:
        definitions = [{"name": "one", "stdio": {"command": "run", "args": ["${A}"]}}]
        assert "open-sesame" not in repr(servers(definitions, {"A": "open-sesame"}, {}))

    def test_what_a_stored_server_brings_along_is_its_own_and_yields_to_the_runs(self) -> None:
        stdio = {"command": "run", "env_placeholders": {"KEY": "${KEY}"}}
        definitions = [{"name": "one", "stdio": stdio}, {"name": "two", "stdio": stdio}]
        brought = {"one/KEY": "of one", "two/KEY": "of two"}

        def keys(environment: dict[str, str]) -> list[str]:
            found = servers(definitions, environment, {})
            return [each.environment["KEY"] for each in found if isinstance(each, StdioServer)]

        assert keys(brought) == ["of one", "of two"]
        assert keys({**brought, "KEY": "of the run"}) == ["of the run"] * 2

    def test_names_are_made_fit_for_models_and_kept_apart(self) -> None:
        def tool(name: str, *, reads: bool = False) -> types.Tool:
            return types.Tool(name=name, input_schema={}, annotations=types.ToolAnnotations(read_only_hint=reads))

        async def call(_arguments: dict[str, Json]) -> Outcome:
            return Outcome("")

        offered = [("a", tool("get.it")), ("b", tool("get it")), ("a", tool("x", reads=True)), ("b", tool("x"))]
        tools = bound([Offer(server, each, call) for server, each in offered])
        assert [each.tool.name for each in tools] == ["get_it", "get_it_2", "a_x", "b_x"]
        assert [each.is_repeatable for each in tools] == [False, False, True, False]

    def test_content_that_is_no_text_is_named(self) -> None:
        image = {"type": "image", "data": "aaaa", "mimeType": "image/png"}
        link = {"type": "resource_link", "name": "notes", "uri": "file:///notes"}
        assert text_of({"content": [image, link]}) == (
            "[image, image/png, 4 characters of base64: not shown]\n[resource notes: file:///notes]"
        )
        assert text_of({"content": [], "structuredContent": {"a": 1}}) == '{"a": 1}'


class TestRecalling:
    """What a run is shown of its session. A summary may take 100 characters."""

    @staticmethod
    def past(*sizes: int, settled: int = 9, summary: Summary | None = None) -> Past:
        exchanges = [Exchange(f"run-{number}", [Human("x" * size)]) for number, size in enumerate(sizes)]
        return Past(exchanges, summary, min(settled, len(exchanges)))

    def recall(self, past: Past, characters: int, answer: str = "In short.") -> tuple[list[int], int]:
        """The sizes of what is shown, and how many exchanges are not. `asked` is what was summarized."""
        self.asked: list[tuple[str, list[str]]] = []

        def summarize(before: Summary | None, exchanges: Sequence[Exchange]) -> Summary | None:
            self.asked.append((before.text if before else "", [exchange.run_id for exchange in exchanges]))
            return Summary(answer, exchanges[-1].run_id, len(exchanges)) if answer else None

        shown, left_out = recall(past, summarize, characters=characters, summary_characters=100)
        return [len(message.text) for message in shown], left_out

    def test_what_fits_is_shown_as_it_is(self) -> None:
        assert self.recall(self.past(300, 300, 400), 1000) == ([300, 300, 400], 0)
        assert self.asked == []

    def test_half_of_the_room_is_kept_for_what_comes(self) -> None:
        assert self.recall(self.past(300, 300, 200, 201), 1000) == ([9, 200, 201], 0)
        assert self.asked == [("", ["run-0", "run-1"])]

    def test_the_last_exchange_stays_if_it_fits_at_all(self) -> None:
        assert self.recall(self.past(300, 900), 1000) == ([9, 900], 0)
        assert self.recall(self.past(300, 901), 1000) == ([9], 0)

    def test_a_summary_is_extended_and_takes_no_more_than_its_room(self) -> None:
        before = Summary("y" * 5000, "run", 7)
        assert self.recall(self.past(500, 400, summary=before), 1000) == ([100, 500, 400], 0)
        assert self.asked == []
        assert self.recall(self.past(501, 400, summary=before), 1000, "z" * 5000) == ([100, 400], 0)
        assert self.asked == [("y" * 5000, ["run-0"])]

    def test_no_summary_reaches_past_a_run_that_has_not_ended(self) -> None:
        assert self.recall(self.past(300, 300, 300, 300, settled=1), 1000) == ([9, 300, 300, 300], 0)
        assert self.asked == [("", ["run-0"])]
        assert self.recall(self.past(300, 300, 300, 300, settled=0), 1000) == ([300, 300, 300], 1)
        assert self.asked == []

    def test_without_a_summary_the_oldest_is_left_out(self) -> None:
        before = Summary("y" * 50, "run", 7)
        assert self.recall(self.past(300, 300, 300, 300), 1000, "") == ([300, 300, 300], 1)
        assert self.recall(self.past(300, 300, 300, 300, summary=before), 1000, "") == ([50, 300, 300, 300], 1)

    def test_a_transcript_shortens_what_is_long_before_it_cuts_off_the_oldest(self) -> None:
        result = ToolResult("1", "find", "<" + "r" * 5000 + ">")
        exchange = Exchange("run-0", [Human("Where?"), Answer("I look.", (CallRequest("1", "find", "{}"),)), result])
        shown = transcript(None, [exchange], characters=3000)
        assert shown.startswith("Summarize this conversation.\n\nUser: Where?\n\nAssistant: I look. [calls find {}]")
        assert "Tool find: <rrr" in shown
        assert shown.endswith("rrr>")
        assert len(shown) < 2300
        many = transcript(Summary("Before.", "run", 1), [exchange] * 100, characters=3000)
        assert len(many) == 3000
        assert many.startswith("Summarize this conversation.\n\nBefore.\n\n")
        assert many.endswith("rrr>")


class TestBudget:
    def test_limits_of_nothing_never_stop(self) -> None:
        budget = Budget(Limits(turns=0, tokens=0, tool_calls=0, seconds=0.0))
        for number in range(1000):
            budget.use_turn()
            budget.use_tokens(1000)
            budget.use_tool_call("find", str(number))
        assert budget.seconds_left is None
        assert budget.turns == 1000

    def test_a_model_without_a_limit_reads_everything(self) -> None:
        messages = [Human("a" * 10_000_000)]
        room = context_window.room(Limits(context_tokens=0).readable_tokens)
        assert context_window.fit(messages, characters=room) == messages


class TestConversation:
    def test_every_call_gets_an_answer_but_those_to_come(self) -> None:
        done = CallRecord("1", "find", {"n": 1}, 1, status="COMPLETED", result="found")
        lost = CallRecord("2", "find", {}, 1, status="PENDING")
        said = [Said("HUMAN", "go"), Said("AI", "", True, calls={"1": done, "2": lost}), Said("TOOL", "found")]
        messages = conversation(said)
        assert messages[2:] == [
            ToolResult("1", "find", "found"),
            ToolResult("2", "find", "No result: the run ended before this call did.", is_error=True),
        ]
        assert conversation(said, without=[lost])[2:] == messages[2:3]


class TestRecorder:
    def test_secrets_are_kept_out_of_what_people_and_models_wrote_and_nothing_else(self) -> None:
        """A value that happens to be one of our own words made records that nobody could read."""
        words = ["index", "HUMAN", "RUNNING", "open-sesame", "4711"]
        masker = Masker({str(number): word for number, word in enumerate(words)})
        recorder = Recorder(lambda _: None, masker)
        recorder.message(Speaker.HUMAN, "HUMAN says open-sesame", {"seconds": 4711, "model": "open-sesame"})
        call = CallRecord("1", "find", {"index": 4711, "word": ["open-sesame"]}, 0, server="doors", status="RUNNING")
        recorder.tool_call(call)
        assert [event.masked(masker).as_data() for event in recorder.take()] == [
            {
                "index": 0,
                "type": "HUMAN",
                "content": "******** says ********",
                "metadata": {"seconds": 4711, "model": "********"},
            },
            {
                "message_index": 0,
                "id": "1",
                "name": "find",
                "args": {"********": "********", "word": ["********"]},
                "status": "TOOL_CALL_RUNNING",
                "component_metadata": {"component_type": "mcp_server", "component_group": "doors"},
            },
        ]


class TestOwner:
    def test_this_process_lives(self) -> None:
        assert not process_identity.is_dead(process_identity.own_name())

    def test_a_process_that_has_ended_is_dead_and_one_elsewhere_is_unknown(self) -> None:
        code = "from apps.agents import process_identity; print(process_identity.own_name())"
        ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
        assert process_identity.is_dead(ended)
        assert not process_identity.is_dead(ended.replace(ended.split(":")[0], "elsewhere"))
        assert not process_identity.is_dead("external")

    def test_a_pid_that_was_given_away_again_is_dead(self) -> None:
        machine = process_identity.own_name().split(":")[0]
        assert process_identity.is_dead(f"{machine}:{os.getpid()}:{process.birth(1)}")

    def test_a_clock_that_is_set_kills_nobody(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """What the kernel says of its start moves with the clock, and so does what psutil says of processes."""
        name, begun = process_identity.own_name(), psutil.Process().create_time()
        booted = psutil.boot_time()
        monkeypatch.setattr("psutil._pslinux.boot_time", lambda: booted + 3600)
        assert psutil.Process().create_time() == pytest.approx(begun + 3600)
        assert not process_identity.is_dead(name)

    def test_a_zombie_is_dead(self) -> None:
        child = subprocess.Popen(["true"])
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert process.birth(child.pid) == ""
        child.wait()
