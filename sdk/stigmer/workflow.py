"""Workflows: tasks in order, written by calling methods and opening blocks."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeVar

from stigmer import checks, steps
from stigmer.agent import Agent
from stigmer.blocks import ForEach, Fork, Try
from stigmer.environment import Variables, env_spec
from stigmer.errors import DefinitionError
from stigmer.expression import Expression, Result, Value
from stigmer.flow import check_depth, check_flow
from stigmer.jq import TERM
from stigmer.metadata import Metadata, Scope
from stigmer.nesting import Nesting
from stigmer.registry import current
from stigmer.resource import Resource
from stigmer.retries import Retry, tried_again
from stigmer.steps import Case, HttpMethod, ListenMode, Signal
from stigmer.task import Task

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from stigmer_proto.agentic.workflow.v1.api_pb2 import Workflow as WorkflowMessage

DSL_VERSION: Final = "1.0.0"
HTTP_TIMEOUT: Final = 30

T = TypeVar("T", bound=Task)


class Workflow(Resource):
    """A workflow to deploy. Its tasks run in the order its methods are called; a task made while a `with` block of
    the workflow is open belongs to that block only.

    `namespace`, `version`, `document_name` and `document_description` say what the definition calls itself; the
    latter two are the slug and the description unless given. `input` declares what a run is started with: a dataclass,
    a TypedDict, a pydantic model, or a JSON Schema; a run with any other input is refused.
    """

    kind: ClassVar[str] = "Workflow"
    noun: ClassVar[str] = "workflow"

    def __init__(
        self,
        name: str,
        *,
        namespace: str = "default",
        version: str = "1.0.0",
        slug: str | None = None,
        description: str = "",
        document_name: str | None = None,
        document_description: str | None = None,
        input: object = None,  # noqa: A002
        env: Variables = (),
        env_description: str = "",
        scope: Scope = "organization",
        labels: Mapping[str, str] | None = None,
        annotations: Mapping[str, str] | None = None,
        tags: Iterable[str] = (),
    ) -> None:
        self.owner = owner = f'Workflow("{name}")'
        if input is not None:
            # It reads classes, which takes modules that no other program needs.
            from stigmer.input_schema import ANNOTATION, schema_text

            annotations = {**(annotations or {}), ANNOTATION: schema_text(owner, input)}
        super().__init__(
            Metadata(owner, name=name, slug=slug, scope=scope, labels=labels, annotations=annotations, tags=tags)
        )
        self._description = checks.text(owner, "description", description)
        about = description if document_description is None else document_description
        self._document = {
            "dsl": DSL_VERSION,
            "namespace": checks.required(owner, "namespace", namespace),
            "name": checks.required(owner, "document_name", self.slug if document_name is None else document_name),
            "version": checks.required(owner, "version", version),
            "description": checks.text(owner, "document_description", about),
        }
        self._env_spec = env_spec(owner, env, env_description)
        self._tasks: list[Task] = []
        self._nesting = Nesting(owner, self._tasks)
        self._names: dict[str, Task] = {}
        self._agents: list[str] = []
        self._children: list[str] = []
        current().add(self)

    @property
    def input(self) -> Expression:
        """What the run was started with."""
        return Expression("$input", TERM, fixed=True)

    # Tasks that do something

    def set(self, name: str, variables: Mapping[str, Value] | None = None, /, **more: Value) -> Task:
        """SET: keep values under names, `wf.set("defaults", retries=3)`. Text stays text, all else keeps its type."""
        return self._add(steps.set_task(name, variables, more))

    def http(
        self,
        name: str,
        method: HttpMethod,
        uri: Value,
        *,
        headers: Mapping[str, Value] | None = None,
        body: Mapping[str, Value] | None = None,
        timeout_seconds: int = HTTP_TIMEOUT,
        retry: Retry | None = None,
    ) -> Task:
        """HTTP_CALL: a request; its result is the answer's body. `timeout_seconds` is from 1 to 300."""
        task = steps.http_task(name, method, uri, headers, body, timeout_seconds)
        return self._add(tried_again(task, retry))

    def http_get(
        self,
        name: str,
        uri: Value,
        *,
        headers: Mapping[str, Value] | None = None,
        timeout_seconds: int = HTTP_TIMEOUT,
        retry: Retry | None = None,
    ) -> Task:
        """HTTP_CALL with GET."""
        return self.http(name, "GET", uri, headers=headers, timeout_seconds=timeout_seconds, retry=retry)

    def http_post(
        self,
        name: str,
        uri: Value,
        *,
        body: Mapping[str, Value] | None = None,
        headers: Mapping[str, Value] | None = None,
        timeout_seconds: int = HTTP_TIMEOUT,
        retry: Retry | None = None,
    ) -> Task:
        """HTTP_CALL with POST."""
        return self.http(name, "POST", uri, headers=headers, body=body, timeout_seconds=timeout_seconds, retry=retry)

    def grpc(
        self,
        name: str,
        service: str,
        method: str,
        request: Mapping[str, Value] | None = None,
        *,
        metadata: Mapping[str, Value] | None = None,
        timeout_seconds: int | None = None,
        retry: Retry | None = None,
    ) -> Task:
        """GRPC_CALL: one unary call. `service` is `host:port/package.Service`, with `grpcs://` before it for TLS."""
        task = steps.grpc_task(name, service, method, request, metadata=metadata, timeout_seconds=timeout_seconds)
        return self._add(tried_again(task, retry))

    def call_activity(
        self,
        name: str,
        activity: str,
        input: Mapping[str, Value] | None = None,  # noqa: A002
        *,
        task_queue: str | None = None,
        timeout_seconds: int | None = None,
        retry: Retry | None = None,
    ) -> Task:
        """CALL_ACTIVITY: a Temporal activity of your own worker, by its name and the queue that offers it."""
        task = steps.activity_task(name, activity, input, task_queue, timeout_seconds)
        return self._add(tried_again(task, retry))

    def call_agent(
        self,
        name: str,
        agent: Agent | str,
        message: Value,
        *,
        env: Mapping[str, Value] | None = None,
        scope: Scope | None = None,
        model: str | None = None,
        temperature: float | None = None,
        timeout_seconds: int | None = None,
        retry: Retry | None = None,
    ) -> Task:
        """AGENT_CALL: let an agent answer a message; `task["response"]` is what it said.

        `agent` is an `Agent` or a slug. `timeout_seconds` is from 1 to 3600 (300 unless given), `temperature` from 0
        to 1. The indentation of a triple-quoted message is removed.
        """
        slug = agent.slug if isinstance(agent, Agent) else self._agent_slug(name, agent)
        task = steps.agent_task(
            name,
            slug,
            message,
            env=env,
            scope=scope,
            model=model,
            temperature=temperature,
            timeout_seconds=timeout_seconds,
        )
        self._agents.append(slug)
        return self._add(tried_again(task, retry))

    def run(
        self,
        name: str,
        workflow: "Workflow | str",
        input: Mapping[str, Value] | None = None,  # noqa: A002
        *,
        wait: bool = True,
        retry: Retry | None = None,
    ) -> Task:
        """RUN: another workflow, as a `Workflow` or by slug; its output is the result.

        Without `wait` it is only started, and the result has its `workflow_execution_id`.
        """
        slug = workflow.slug if isinstance(workflow, Workflow) else workflow
        task = self._add(tried_again(steps.run_task(name, slug, input, wait=wait), retry))
        self._children.append(slug)
        return task

    # Tasks that direct the flow

    def switch(self, name: str, *cases: Case) -> Task:
        """SWITCH: go where the first case that holds says; without one, on to the next task."""
        return self._add(steps.Switch(name, cases))

    def for_each(self, name: str, over: Value, *, each: str = "item", concurrency: int = 1) -> ForEach:
        """FOR: `with wf.for_each("each", order["lines"]) as line:` runs the block once for every element.

        `each` is the name the element has inside the loop; give nested loops different ones. With a `concurrency` above
        1 so many elements are worked on at once, and what tasks set for one is not seen by the others, nor afterwards.
        """
        return self._add(ForEach(self._nesting, name, over, each, concurrency))

    def fork(self, name: str, *, compete: bool = False) -> Fork:
        """FORK: `with wf.fork("both") as both:` and inside `with both.branch("a"):`, twice or more."""
        return self._add(Fork(self._nesting, name, compete))

    def try_(self, name: str) -> Try:
        """TRY: `with wf.try_("load") as load:` and after it `with load.catch() as error:`."""
        return self._add(Try(self._nesting, name))

    def raise_error(self, name: str, error: Value, message: Value) -> Task:
        """RAISE: fail here. `error` is a type: validation, runtime, timeout... or one of your own."""
        return self._add(steps.raise_task(name, error, message))

    def wait(
        self,
        name: str,
        seconds: "int | timedelta | Expression | Result | None" = None,
        *,
        until: "datetime | Expression | Result | str | None" = None,
    ) -> Task:
        """WAIT: whole seconds, a timedelta or an expression; or `until` a moment, which says its zone."""
        return self._add(steps.wait_task(name, seconds, until))

    def listen(self, name: str, *signals: Signal | str, mode: ListenMode = "one") -> Task:
        """LISTEN: wait for a message from outside; `mode` says whether one of them is enough or all must come."""
        return self._add(steps.listen_task(name, signals, mode))

    # For synthesis

    def check(self) -> None:
        """Refuse what can only be seen when all is there: no tasks, empty blocks, unknown targets, too deep nesting."""
        if not self._tasks:
            raise DefinitionError(self.owner, "tasks", "must be at least one", self.place)
        check_flow(self._tasks)
        check_depth(self._tasks)

    def dependencies(self) -> list[str]:
        """What has to exist before it: `agent:<slug>` and `workflow:<slug>`, each once, in order of use."""
        children = [slug for slug in self._children if slug != self.slug]
        needed = [f"agent:{slug}" for slug in self._agents] + [f"workflow:{slug}" for slug in children]
        return list(dict.fromkeys(needed))

    def to_dict(self, stamp: Mapping[str, str] | None = None) -> dict[str, Any]:
        """The fields of the message, by their names in the contract. Raises `DefinitionError` like `check`."""
        self.check()
        spec = {
            "description": self._description,
            "document": self._document,
            "tasks": [task.to_dict() for task in self._tasks],
            "env_spec": self._env_spec,
        }
        return self.envelope(spec, stamp)

    def to_message(self, stamp: Mapping[str, str] | None = None) -> "WorkflowMessage":
        """The message that is deployed. Imports protobuf."""
        from stigmer_proto.agentic.workflow.v1.api_pb2 import Workflow as WorkflowMessage

        return WorkflowMessage(**self.to_dict(stamp))

    def _add(self, task: T) -> T:
        other = self._names.get(task.name)
        if other is not None:
            problem = f'"{task.name}" is taken by the task at {other.place}: results are kept under task names'
            raise DefinitionError(task.owner, "name", problem, task.place)
        self._names[task.name] = task
        self._nesting.add(task)
        return task

    def _agent_slug(self, task: str, agent: str) -> str:
        """The slug given, unless it is the name of an agent of this program and not its slug."""
        agents = [each for each in current() if isinstance(each, Agent)]
        named = [other for other in agents if other.name == agent]
        if named and agent not in {other.slug for other in agents}:
            problem = f'"{agent}" is the name of an agent: use its slug "{named[0].slug}" or pass the Agent itself'
            raise DefinitionError(f'AGENT_CALL task "{task}"', "agent", problem)
        return agent
