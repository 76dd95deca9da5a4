"""How a run ended, as a program is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.backends.errors import BackendError
from apps.backends.runs import Phase

if TYPE_CHECKING:
    from apps.backends.resource import Resource
    from apps.backends.runs import Json


class RunFailed(BackendError):
    """The run failed. `execution_id` names it; the message is its error."""

    reason = "stigmer.client.run_failed"

    def __init__(self, execution_id: str, message: str) -> None:
        self.execution_id = execution_id
        super().__init__(message, hint=f"stigmer executions show {execution_id}")


class RunCancelled(RunFailed):
    """The run was cancelled."""

    reason = "stigmer.client.run_cancelled"


class RunTimedOut(BackendError, TimeoutError):
    """The run has not ended within the time that the caller had. It goes on."""

    reason = "stigmer.client.run_timed_out"

    def __init__(self, execution_id: str, seconds: float) -> None:
        self.execution_id = execution_id
        super().__init__(
            f"the run has not ended within {seconds:g} seconds; it goes on",
            hint=f"stigmer executions follow {execution_id}",
        )


class NotAnswered(BackendError, TimeoutError):
    """No task of the run has answered within the time that the caller had, or before the run ended."""

    reason = "stigmer.client.not_answered"

    def __init__(self, execution_id: str, name: str, *, has_ended: bool) -> None:
        self.execution_id = execution_id
        said = "the run ended" if has_ended else "there was no more time"
        super().__init__(f"no task answered {name} before {said}", hint=f"stigmer executions show {execution_id}")


def phase_of(run: Resource) -> Phase:
    """Where a run stands."""
    return Phase.of(run.message.status.phase)


def output_of(run: Resource) -> Json:
    """What a run has answered: a workflow its output as JSON, an agent the text of its last answer; None before."""
    if run.kind.name == "WorkflowExecution":
        from apps.backends.grpc_runs import plain

        return plain(run.message.status.output) if run.message.status.HasField("output") else None
    from apps.backends.grpc_runs import SPEAKERS, word

    answers = (each.content for each in run.message.status.messages if word(SPEAKERS, "MESSAGE_", each.type) == "ai")
    return next((text for text in reversed(list(answers)) if text), None)


def result_of(run: Resource) -> Json:
    """The output of a run that has ended. Raises RunFailed and RunCancelled."""
    execution_id, phase = run.message.metadata.id, phase_of(run)
    if phase is Phase.COMPLETED:
        return output_of(run)
    kind = RunCancelled if phase is Phase.CANCELLED else RunFailed
    raise kind(execution_id, run.message.status.error or f"the run is {phase.value}")
