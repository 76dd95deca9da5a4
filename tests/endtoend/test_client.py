"""Programs that run what is deployed, by `stigmer.Client` and `stigmer.AsyncClient`."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypedDict

import pytest
from stigmer import Agent, AsyncClient, Client, Workflow, isolated
from stigmer.client import (
    BatchResult,
    Conflict,
    Execution,
    Invalid,
    MessageAdded,
    NotFound,
    Phase,
    PhaseChanged,
    RunCancelled,
    RunFailed,
    RunTimedOut,
    TextAppended,
    Unreachable,
)

from apps.backends.base import Action
from tests.endtoend.kit import Whole
from tests.suites.client import unique
from tests.support.contract_only import contract_only
from tests.support.llm import Reply
from tests.support.ports import free_port

GUIDE = Path(__file__).parents[2] / "docs" / "client.md"
PROGRAM = """\
import stigmer

with stigmer.Client() as client:
    print(client.run("{name}", message="{message}").result())
"""


class Numbers(TypedDict):
    n: int
    more: int


def an_agent() -> Agent:
    with isolated():
        return Agent(unique("helper"), instructions="You answer in one word.")


def a_workflow() -> Workflow:
    """Answers twice the number that it is given."""
    with isolated():
        workflow = Workflow(unique("twice"), namespace="tests")
        workflow.set("answer", twice=workflow.input.number * 2)
        return workflow


def a_long_workflow() -> Workflow:
    with isolated():
        workflow = Workflow(unique("long"), namespace="tests")
        workflow.wait("rest", 3600)
        return workflow


@pytest.fixture(scope="module")
def client(whole: Whole) -> Iterator[Client]:
    with Client(endpoint=whole.installation.endpoint) as made:
        yield made


@pytest.fixture(scope="module")
def plain_client(whole: Whole) -> Iterator[Client]:
    """Of a server that has the contract alone."""
    with contract_only(whole.installation.endpoint) as endpoint, Client(endpoint=endpoint) as made:
        yield made


def said(run: Execution) -> str:
    """What the agent said, put together from the events."""
    text = ""
    for event in run:
        for change in event.changes:
            if isinstance(change, MessageAdded) and change.speaker == "ai":
                text = change.text
            elif isinstance(change, TextAppended):
                text += change.text
    return text


def test_an_agent_is_deployed_asked_and_answers(client: Client, whole: Whole) -> None:
    agent = an_agent()
    message = unique("are you there")
    whole.host.replies.append(Reply("Yes.", when=message))
    [applied] = client.apply(agent, message="from a program")
    assert applied.action is Action.CREATED
    run = client.run(agent.name, message=message)
    assert run.result(timeout=60) == "Yes."
    assert (run.phase, run.output, run.error) == (Phase.COMPLETED, "Yes.", "")
    [again] = client.apply(agent)
    assert again.action is Action.UNCHANGED


@pytest.mark.parametrize("which", ["client", "plain_client"])
def test_events_come_as_they_happen(which: str, whole: Whole, request: pytest.FixtureRequest) -> None:
    client: Client = request.getfixturevalue(which)
    agent = an_agent()
    message = unique("say it")
    whole.host.replies.append(Reply("One two three.", when=message))
    client.apply(agent)
    run = client.run(agent.name, message=message)
    assert said(run) == "One two three."
    assert run.phase is Phase.COMPLETED
    [*_, last] = list(run)
    assert [change.phase for change in last.changes if isinstance(change, PhaseChanged)] == [Phase.COMPLETED]


@pytest.mark.parametrize("which", ["client", "plain_client"])
def test_a_failed_run_is_an_error_with_its_words(which: str, whole: Whole, request: pytest.FixtureRequest) -> None:
    client: Client = request.getfixturevalue(which)
    agent = an_agent()
    message = unique("fail")
    whole.host.replies.append(Reply("no such model", status=404, when=message))
    client.apply(agent)
    run = client.run(agent.name, message=message)
    with pytest.raises(RunFailed) as caught:
        run.result(timeout=60)
    assert run.error
    assert str(caught.value) == run.error
    assert caught.value.hint == f"stigmer executions show {run.id}"


def test_a_workflow_gets_typed_input_and_answers_json(client: Client) -> None:
    workflow = a_workflow()
    client.apply(workflow)
    assert client.run(workflow.name, input={"number": 21}).result(timeout=60)["twice"] == 42


def test_a_run_can_be_waited_for_and_cancelled(client: Client) -> None:
    workflow = a_long_workflow()
    client.apply(workflow)
    run = client.run(f"workflow/{workflow.name}")
    with pytest.raises(RunTimedOut):
        run.result(timeout=0)
    client.execution(run.id).cancel("tested")
    with pytest.raises(RunCancelled, match="tested"):
        run.result(timeout=60)
    with pytest.raises(Conflict):
        client.cancel(run.id)


@pytest.mark.parametrize("which", ["client", "plain_client"])
def test_resources_are_read(which: str, request: pytest.FixtureRequest) -> None:
    client: Client = request.getfixturevalue(which)
    agent = an_agent()
    [applied] = client.apply(agent)
    found = client.get("agents", agent.name)
    assert found.message.spec.instructions == "You answer in one word."
    assert client.get("agent", applied.id or found.message.metadata.id).slug == found.slug
    with pytest.raises(NotFound):
        client.get("agent", unique("nobody"))
    with pytest.raises(NotFound, match="no agent or workflow"):
        client.run(unique("nobody"), message="hello")
    with pytest.raises(NotFound, match="no kind"):
        client.get("cats", "tom")


def test_lists_are_read_page_by_page(client: Client) -> None:
    agents = [an_agent() for _ in range(3)]
    client.apply(*agents)
    newest = [each.slug for each in client.list("agents", limit=3)]
    assert sorted(newest) == sorted(agent.slug for agent in agents)


def test_a_repeated_request_starts_nothing(client: Client, whole: Whole) -> None:
    workflow = a_workflow()
    client.apply(workflow)
    first, second = (client.run(workflow.name, input={"number": 1}, request_id="once") for _ in range(2))
    assert first.id == second.id


def test_many_runs_are_awaited_at_once(whole: Whole) -> None:
    workflow = a_workflow()

    async def main() -> list[int]:
        async with AsyncClient(endpoint=whole.installation.endpoint) as client:
            await client.apply(workflow)
            runs = [await client.run(workflow.name, input={"number": number}) for number in range(8)]
            answers = await asyncio.gather(*(run.result(timeout=60) for run in runs))
            assert [each.slug async for each in client.list("workflows", limit=1)] == [workflow.slug]
            return [answer["twice"] for answer in answers]

    assert asyncio.run(main()) == [0, 2, 4, 6, 8, 10, 12, 14]


def an_adder() -> Workflow:
    """Its input is two whole numbers."""
    with isolated():
        workflow = Workflow(unique("adds"), namespace="tests", input=Numbers)
        workflow.set("answer", sum=workflow.input.n + workflow.input.more)
        return workflow


async def gathered(endpoint: str, *lines: Any, **options: Any) -> list[BatchResult]:
    async with AsyncClient(endpoint=endpoint) as client:
        return await (await client.batch(*lines, **options)).results()


@pytest.mark.parametrize("is_async", [False, True])
def test_a_batch_is_a_run_for_each_line_once(client: Client, *, is_async: bool) -> None:
    workflow = an_adder()
    client.apply(workflow)
    lines = [{"n": number} for number in range(5)] + [{"n": 0, "more": 7}]

    def results(resume: str) -> list[BatchResult]:
        options: dict[str, Any] = {"input": {"more": 1}, "parallel": 2, "resume": resume}
        if is_async:
            return asyncio.run(gathered(client.endpoint, workflow.name, lines, **options))
        return client.batch(workflow.name, lines, **options).results()

    found = results("")
    assert [(each.line, each.output["sum"], each.completed) for each in found] == [
        *((number + 1, number + 1, True) for number in range(5)),
        (6, 7, True),
    ]
    labels = client.execution(found[0].execution_id).resource.message.metadata.labels
    assert labels["stigmer.ai/batch-line"] == "1"
    assert results(labels["stigmer.ai/batch"]) == found
    with pytest.raises(NotFound, match="no run belongs to a batch 'nobody'"):
        results("nobody")


def test_a_broken_line_is_named_and_nothing_is_started(client: Client, tmp_path: Path) -> None:
    workflow, agent = an_adder(), an_agent()
    client.apply(workflow, agent)
    file = tmp_path / "lines.csv"
    file.write_text("n,more\n1,2\nx,2\n1,\n")
    before = [run.slug for run in client.list("workflow-executions", limit=1)]
    cases: list[tuple[Any, str, tuple[int, ...]]] = [
        ([{"n": 1, "more": 2}, {"n": "x", "more": 2}, 3, {"n": 2**70 + 1, "more": 0}], workflow.name, (2, 3, 4)),
        (file, workflow.name, (3, 4)),
        (["hello", {"text": "hello"}, " "], agent.name, (2, 3)),
    ]
    for lines, name, broken in cases:
        with pytest.raises(Invalid, match="cannot be run; nothing was started; line") as caught:
            client.batch(name, lines)
        assert [each.path for each in caught.value.violations] == [f"lines[{number}]" for number in broken]
    with pytest.raises(Invalid, match="input: is for workflows"):
        client.batch(agent.name, ["hello"], input={"n": 1})
    with pytest.raises(Invalid, match=r"ends with \.jsonl or \.csv"):
        client.batch(agent.name, "lines.txt")
    assert client.batch(workflow.name, []).results() == []
    assert [run.slug for run in client.list("workflow-executions", limit=1)] == before


def test_a_batch_can_be_left_and_what_failed_run_once_more(client: Client, whole: Whole) -> None:
    agent = an_agent()
    client.apply(agent)
    good, bad, rest = (unique(word) for word in ("good", "bad", "rest"))
    whole.host.replies += [Reply("Fine.", when=good), Reply("At last.", when=rest)]
    whole.host.replies += [broken := Reply("no such model", status=404, when=bad)]
    left = client.batch(agent.name, [good, bad, rest], parallel=1)
    for result in left:
        assert (result.line, result.output) == (1, "Fine.")
        break
    with pytest.raises(RuntimeError, match="were read already"):
        left.results()
    results = client.batch(agent.name, [good, bad, rest], resume=left.name).results()
    assert [each.output for each in results] == ["Fine.", None, "At last."]
    assert (results[1].phase, "no such model" in results[1].error) == (Phase.FAILED, True)
    whole.host.replies.append(Reply("Mended.", when=bad))
    whole.host.replies.remove(broken)
    [mended] = client.rerun_batch(left.name)
    assert (mended.line, mended.output) == (2, "Mended.")
    assert client.rerun_batch(left.name).results() == []


def test_an_awaited_run_can_be_left(whole: Whole) -> None:
    workflow = a_long_workflow()

    async def main() -> None:
        async with AsyncClient(endpoint=whole.installation.endpoint) as client:
            await client.apply(workflow)
            run = await client.run(workflow.name)
            with pytest.raises(RunTimedOut):
                await run.result(timeout=0.2)
            async for event in run:
                assert event.id > 0
                break
            await run.cancel("tested")
            with pytest.raises(RunCancelled):
                await run.result(timeout=60)

    asyncio.run(main())


def test_a_program_finds_the_daemon_as_the_command_line_does(whole: Whole, tmp_path: Path) -> None:
    agent = an_agent()
    with Client(endpoint=whole.installation.endpoint) as client:
        client.apply(agent)
    message = unique("from a program")
    whole.host.replies.append(Reply("Found.", when=message))
    program = tmp_path / "program.py"
    program.write_text(PROGRAM.format(name=agent.name, message=message))
    done = subprocess.run(
        [sys.executable, str(program)],
        env=whole.installation.environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout, done.returncode) == ("Found.\n", 0), done.stderr


def test_the_programs_of_the_guide_run(whole: Whole, tmp_path: Path) -> None:
    with isolated() as program, Client(endpoint=whole.installation.endpoint) as client:
        Agent("support-agent", instructions="You answer customers.")
        Workflow("triage", namespace="tests").set("answer", done=1)
        client.apply(*program.agents, *program.workflows)
    whole.host.replies.append(Reply("It left today.", when="Where is my order 1002?"))
    blocks = re.findall(r"^```python\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    program_file = tmp_path / "guide.py"
    program_file.write_text("\n".join(blocks))
    done = subprocess.run(
        [sys.executable, str(program_file)],
        env=whole.installation.environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "It left today.\nIt left today.created newcomer\n[{'done': 1}, {'done': 1}]\n"


def test_nobody_there_is_said() -> None:
    client = Client(endpoint=f"127.0.0.1:{free_port()}")
    with pytest.raises(Unreachable, match="nobody answers"):
        client.get("agent", "a")
    client.close()


def test_a_program_beside_a_folder_called_apps_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "apps").mkdir()
    (tmp_path / "apps" / "__init__.py").touch()
    (tmp_path / "program.py").write_text("import stigmer\nstigmer.Client()\n")
    done = subprocess.run(
        [sys.executable, "program.py"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stderr.splitlines()[-1].startswith(
        f"stigmer.DistributionMissing: stigmer.Client needs the whole of Stigmer: {tmp_path / 'apps'} stands where"
    )


def test_the_sdk_alone_says_what_a_client_needs(tmp_path: Path) -> None:
    import stigmer

    (tmp_path / "stigmer").symlink_to(Path(stigmer.__file__).parent)
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import stigmer; stigmer.Client()"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert "has the SDK alone" in done.stderr.splitlines()[-1]
