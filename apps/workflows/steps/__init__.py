"""One file per kind of task, one line each here. The order is that of the contract's enum, which starts at 1."""

from typing import Final

from apps.workflows.steps import (
    agent_call,
    call_activity,
    for_,
    fork,
    grpc_call,
    http_call,
    listen,
    raise_,
    run,
    set_,
    switch,
    try_,
    wait,
)
from apps.workflows.steps.base import Step

TABLE: Final[dict[str, Step]] = {
    "SET": Step(set_.parse, set_.run, shown_as="TRANSFORM"),
    "HTTP_CALL": Step(http_call.parse, http_call.run, shown_as="API_CALL"),
    "GRPC_CALL": Step(grpc_call.parse, grpc_call.run, shown_as="API_CALL"),
    "CALL_ACTIVITY": Step(call_activity.parse, call_activity.run, waits=True),
    "SWITCH": Step(switch.parse, switch.run, shown_as="CONDITIONAL"),
    "FOR": Step(for_.parse, for_.run),
    "FORK": Step(fork.parse, fork.run, shown_as="PARALLEL"),
    "TRY": Step(try_.parse, try_.run),
    "LISTEN": Step(listen.parse, listen.run, waits=True, shown_as="APPROVAL"),
    "WAIT": Step(wait.parse, wait.run, waits=True),
    "RAISE": Step(raise_.parse, raise_.run),
    "RUN": Step(run.parse, run.run, waits=True),
    "AGENT_CALL": Step(agent_call.parse, agent_call.run, waits=True, shown_as="AGENT_INVOCATION"),
}
