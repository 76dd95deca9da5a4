"""From a definition and an input to an outcome."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from apps.workflows.dataflow.bag import Bag
from apps.workflows.dataflow.base import RunFacts
from apps.workflows.definition import Definition
from apps.workflows.errors import RunCancelled, TaskFailed
from apps.workflows.expressions import Evaluator
from apps.workflows.interpreter.branch import Branch
from apps.workflows.interpreter.driver import Driver, TaskRecord, TaskStatus
from apps.workflows.interpreter.group import WorkflowEnded
from apps.workflows.interpreter.run import Run
from apps.workflows.interpreter.suspension import State, Suspend, Suspended
from apps.workflows.limits import HTTP_RETRIES, LIMITS, Limits, RetryPolicy
from apps.workflows.secrets import mask, placeholders
from apps.workflows.task_paths import task_path
from apps.workflows.values import Json


class Ending(enum.StrEnum):
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True)
class Outcome:
    """How a run ended. Secrets are masked in both."""

    ending: Ending
    output: Json = None
    """What the last task produced; of any JSON type."""
    error: dict[str, Json] | None = None
    """An RFC 7807 object, when it failed."""


@dataclass(frozen=True)
class RunInput:
    """What a run starts with. All of it is plain data and may cross into a Temporal workflow."""

    input: Json = None
    """`$input`."""
    env_vars: Mapping[str, str] = field(default_factory=dict)
    """`.env_vars`: values that are not secret."""
    secret_names: tuple[str, ...] = ()
    """`.secrets`: names only, the values stay where calls are made."""
    nonce: str = ""
    """32 hexadecimal digits nobody else knows; required with secrets (see secrets.py)."""
    workflow_id: str = ""
    runtime_version: str = ""
    input_texts: tuple[str, ...] = ()
    """What of the input was given as text; none in plans of former versions, whose runs go on as they began."""
    is_input_strict: bool = False
    """As in Scope; not in plans of former versions."""


def trigger_input(message: str, metadata: Mapping[str, Json]) -> dict[str, Json]:
    """`$input` of a triggered run: every entry of the metadata, and both parts under their own names."""
    return {**metadata, "trigger_message": message, "trigger_metadata": dict(metadata)}


def planned_records(definition: Definition) -> list[TaskRecord]:
    """The tasks a run will come to, as PENDING, before it starts. Tasks inside others appear when they are reached."""
    return [
        TaskRecord(task_path("", task.name, 1), task.name, task.kind, TaskStatus.PENDING) for task in definition.tasks
    ]


async def run_workflow(
    definition: Definition,
    start: RunInput,
    *,
    driver: Driver,
    evaluator: Evaluator,
    state: State | None = None,
    limits: Limits = LIMITS,
    http_retries: RetryPolicy = HTTP_RETRIES,
) -> Outcome:
    """Run a workflow to its end, from its begin or from the `state` in which it was suspended.

    Deterministic: tasks run in declared order, and all else comes from `driver`. Raises Suspended, what cancels the
    asyncio task, and ValueError for secrets without a nonce; nothing else but programming errors.
    """
    if start.secret_names and not start.nonce:
        raise ValueError("a run with secrets needs a nonce")
    facts = RunFacts(
        variables=_variables(definition, start),
        secrets=placeholders(list(start.secret_names), start.nonce),
        nonce=start.nonce if start.secret_names else "",
        now=driver.now,
        limits=limits,
        input_texts=frozenset(start.input_texts),
        is_input_strict=start.is_input_strict,
    )
    seed = f"draw {start.nonce or start.workflow_id}"
    run = Run(driver, evaluator, nonce=facts.nonce, seed=seed, limits=limits, http_retries=http_retries)
    branch = _first_branch(definition, run, Bag(facts, {"env_vars": dict(start.env_vars)}), state)
    try:
        await branch.run_list(definition.tasks, branch.place)
    except Suspend as suspend:
        raise Suspended(suspend, run.jumps) from None
    except WorkflowEnded:
        pass
    except TaskFailed as failure:
        return Outcome(Ending.FAILED, error=mask(failure.problem.as_data(), run.nonce))
    except RunCancelled:
        return Outcome(Ending.CANCELLED)
    return Outcome(Ending.COMPLETED, output=mask(branch.output, run.nonce))


def _first_branch(definition: Definition, run: Run, data: Bag, state: State | None) -> Branch:
    """Where the run begins, its tasks on record, or where it was suspended."""
    if state is not None:
        run.jumps = state.jumps
        return Branch(run, data.restored(state.data), frames=state.frames)
    for record in planned_records(definition):
        run.driver.record(record)
    return Branch(run, data)


def _variables(definition: Definition, start: RunInput) -> dict[str, Json]:
    document = {"namespace": definition.namespace, "name": definition.name, "version": definition.version}
    return {
        "input": start.input,
        "workflow": {"id": start.workflow_id, "definition": document, "input": start.input},
        "runtime": {"name": "stigmer", "version": start.runtime_version},
    }
