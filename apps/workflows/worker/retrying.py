"""The plan of a run that goes on from where another one failed, made of what that one has left."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace

from apps.resources.caller import SYSTEM
from apps.resources.errors import NotFound
from apps.resources.executions import signals, steps
from apps.resources.executions.model import Execution, Phase
from apps.resources.executions.queries import agent_runs_of, workflow_runs_of
from apps.resources.executions.retries import Kept
from apps.resources.executions.variables import Variables, keep_variables, secret_values, variables_put_aside
from apps.resources.kinds.workflow_execution.model import WorkflowExecution
from apps.resources.secrets import vault
from apps.workflows.effects import children, is_done
from apps.workflows.effects.agent_call import runs as agent_call
from apps.workflows.effects.base import Reply
from apps.workflows.effects.workflow_run import runs as workflow_run
from apps.workflows.effects.workflow_run.call import WorkflowReply
from apps.workflows.secrets import RunSecrets
from apps.workflows.steps.retries import MOST_ATTEMPTS
from apps.workflows.worker import ledger, plans
from apps.workflows.worker.contracts import RunPlan
from apps.workflows.worker.kept_course import KeptCourse


def prepare(run: WorkflowExecution, kept: Kept) -> None:
    """Have a run that is being created take over plan, variables and ledger of the one that it retries.

    In the transaction that stores the run; so one of two that try it at once finds nothing. Raises NotFound where they
    are not kept any more, SecretUnreadable.
    """
    plan, variables = plans.kept_plan(kept.of), variables_put_aside(kept.of)
    if plan is None or variables is None:
        raise NotFound("ledger", kept.of)
    course = KeptCourse(until=kept.task, times=kept.times())
    # It may have failed after its effect was made, by an `export` say: unless somebody names it, not once more.
    is_done_already = not kept.is_named and any(map(is_done, ledger.results_at(kept.of, kept.task)))
    steps.move_steps(kept.of, run.pk, keeps=lambda path: kept.keeps(path) or (is_done_already and path == kept.task))
    first = plan.workflow_id or plan.execution_id
    own = replace(plan, execution_id=run.pk, workflow_id=first, kept=asdict(course))
    ledger.replace_plan(run.pk, asdict(own))
    keep_variables(run, variables)
    run.signals = run.signals_told = signals.hand_over(kept.of, run.pk)
    _keep_answers(own, kept, variables)


def _keep_answers(plan: RunPlan, kept: Kept, variables: Variables) -> None:
    """What agents and other workflows have answered so far: their runs are named after the call."""
    secrets = RunSecrets(plan.nonce, secret_values(variables), seal=vault.seal, unseal=vault.unseal)
    for row, reply in _answers(kept.of):
        path = row.annotations.get(children.TASK_ANNOTATION, "")
        names = {children.name_at(kept.of, path, attempt): attempt for attempt in range(1, MOST_ATTEMPTS + 1)}
        if row.slug in names and (kept.keeps(path) or (not kept.is_named and reply.is_done)):
            ledger.keep(plan.execution_id, path, names[row.slug], asdict(reply.closed(secrets)))


def _answers(execution_id: str) -> Iterator[tuple[Execution, Reply]]:
    for agent in agent_runs_of(execution_id, SYSTEM):
        if Phase(agent.phase).is_terminal:
            yield agent, agent_call.reply_of(agent)
    for other in workflow_runs_of(execution_id, SYSTEM):
        if not other.callback_token:  # it was only started
            yield other, WorkflowReply(workflow_execution_id=other.pk)
        elif Phase(other.phase).is_terminal:
            yield other, workflow_run.reply_of(other)
