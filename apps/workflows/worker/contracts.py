"""What crosses between a workflow and its activities, and into Temporal's history (encrypted). Plain data only."""

from dataclasses import dataclass, field

from apps.workflows.values import Json

SHARED_TASK_QUEUE = "stigmer"
"""Of every installation, before each had its own. Nothing begins there any more."""
WORKFLOW = "RunWorkflow"
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
    state: dict[str, Json] | None = None
    """Where the run stands (`interpreter.suspension.State`) when it goes on in a new history."""


@dataclass(frozen=True)
class HttpInput:
    """An HttpCall of a run. Strings may hold placeholders of secrets."""

    execution_id: str
    path: str
    attempt: int
    method: str
    uri: str
    headers: dict[str, str]
    body: Json
    timeout_seconds: int


@dataclass(frozen=True)
class HttpReply:
    """An answer, or why there is none (`reason` as in HttpFailure; `cancelled` when the run is being cancelled)."""

    status: int = 0
    body: Json = None
    headers: dict[str, str] = field(default_factory=dict)
    reason: str = ""
    detail: str = ""


@dataclass(frozen=True)
class AgentInput:
    """An AgentCall of a run. Values of `env` may hold placeholders of secrets."""

    execution_id: str
    path: str
    attempt: int
    agent: str
    scope: str
    message: str
    env: dict[str, str]
    timeout_seconds: int
    model: str = ""
    temperature: float | None = None


@dataclass(frozen=True)
class AgentReply:
    """What an agent answered, or why it did not (`reason` as in AgentFailure, or `cancelled`)."""

    answer: dict[str, Json] = field(default_factory=dict)
    reason: str = ""
    detail: str = ""


@dataclass(frozen=True)
class RunEnd:
    """How a run ended: `ending` is COMPLETED, FAILED or CANCELLED."""

    execution_id: str
    ending: str
    output: Json = None
    error: str = ""
