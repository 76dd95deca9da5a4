"""What crosses into Temporal's history (encrypted) beside the calls of effects. Plain data only."""

from dataclasses import dataclass, field

from apps.workflows.values import Json

SHARED_TASK_QUEUE = "stigmer"
"""Of every installation, before each had its own. Nothing begins there any more."""
WORKFLOW = "RunWorkflow"
PAUSE = "pause"
"""Signal to a workflow, with its turn of pausing. The name stands in histories."""
SIGNALLED = "signalled"
"""Update of a workflow, or signal to it: the number of the last signal to its run. The name stands in histories."""
WINNERS_KEPT = "winners of races are kept"
"""Patch: histories of before have no activity for it."""
WAITS_ARE_LEFT = "waits of branches are left"
"""Patch: in histories of before a run goes on in a new one only after the last timer of its branches."""
NOBODY = -1
"""What the activity `race_winner` answers where no branch has won."""
UNSEALED = "stigmer-unsealed"
"""In the metadata of a payload that another's worker has to read: it leaves as it is, without this mark."""
CANCELLING = -1
"""What the activity `pause` answers instead of a turn of pausing for a run that is being cancelled."""
RUN_GONE = "RunGone"
"""Type of the error that says that the run's row has ended or gone: do nothing more."""


def task_queue(installation: str) -> str:
    """The queue of one installation, whose id no other has: a Temporal may serve several."""
    return f"{SHARED_TASK_QUEUE}-{installation}"


@dataclass(frozen=True)
class RunPlan:
    """Everything a run starts with, resolved once. Names of secrets only."""

    execution_id: str
    spec: dict[str, Json]
    """The pinned definition: `document` and `tasks` of WorkflowSpec as JSON."""
    input: Json = None
    env_vars: dict[str, str] = field(default_factory=dict)
    secret_names: list[str] = field(default_factory=list)
    nonce: str = ""
    version: str = ""
    input_texts: list[str] = field(default_factory=list)
    """What of `input` was given as text."""
    is_input_strict: bool = False
    """What is compared of it, or leaves the run as text, has to be there."""
    state: dict[str, Json] | None = None
    """Where the run stands (`interpreter.suspension.State`) when it goes on in a new history."""
    pause_turn: int = 0
    """While it is odd, the run begins nothing."""
    workflow_id: str = ""
    """`$workflow.id` of a run that goes on from where another one failed: the id of the first of them."""
    is_again: bool = False
    """Temporal lost the run, which begins anew: who won a race then wins it now."""
    kept: dict[str, Json] | None = None
    """What such a run goes through again without doing it (`KeptCourse`)."""


@dataclass(frozen=True)
class RunEnd:
    """How a run ended: `ending` is COMPLETED, FAILED or CANCELLED."""

    execution_id: str
    ending: str
    output: Json = None
    error: str = ""
    failed_task: str = ""
    """Path of the innermost task that it failed in."""
