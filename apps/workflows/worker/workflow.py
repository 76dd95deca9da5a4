"""The deterministic half: one Temporal workflow that interprets any definition.

Runs outside the SDK's sandbox: what runs here is the interpreter, deterministic by its own rules and by replay tests,
and the sandbox would cost a third of the throughput.
"""

from __future__ import annotations

import asyncio
from dataclasses import asdict, replace

from temporalio import workflow

from apps.workflows.expressions import JqProcess
from apps.workflows.interpreter.execute import Ending, Outcome, RunInput, run_workflow
from apps.workflows.interpreter.suspension import Suspended, revived
from apps.workflows.parsing import parse_definition
from apps.workflows.worker.contracts import PAUSE, SIGNALLED, WORKFLOW, RunEnd, RunPlan
from apps.workflows.worker.driver import CountingEvaluator, RunGone, TemporalDriver, must_be_in_memory
from apps.workflows.worker.heard import Pause, Signals
from apps.workflows.worker.kept_course import KeptCourse
from apps.workflows.worker.process_state import current_host


@workflow.defn(name=WORKFLOW, sandboxed=False)
class RunWorkflow:
    """A run. How it ends is in our database before it is in Temporal's."""

    def __init__(self) -> None:
        self.pause, self.signals = Pause(), Signals()

    @workflow.signal(name=PAUSE)
    def set_pause_turn(self, turn: int) -> None:
        self.pause.hear(turn)

    @workflow.signal(name=SIGNALLED)
    def hear_signals(self, number: int) -> None:
        self.signals.hear(number)

    @workflow.update(name=SIGNALLED)
    def hear_signals_at_once(self, number: int) -> None:
        self.signals.hear(number)

    @workflow.run
    async def run(self, plan: RunPlan) -> None:
        self.pause.hear(plan.pause_turn)
        course = KeptCourse(**plan.kept) if plan.kept else None
        try:
            end = await _interpret(plan, self.pause, self.signals, course)
        except asyncio.CancelledError:
            end = RunEnd(plan.execution_id, Ending.CANCELLED)
        except Suspended as suspended:
            # Temporal says that the history has become long: the run goes on in a new one.
            state = asdict(suspended.state)
            kept = asdict(course) if course else None
            workflow.continue_as_new(replace(plan, state=state, pause_turn=self.pause.turn, kept=kept))
        except RunGone:
            return
        must_be_in_memory()
        host = current_host()
        if host and not workflow.unsafe.is_replaying():
            host.end(end)


async def _interpret(plan: RunPlan, pause: Pause, signals: Signals, course: KeptCourse | None) -> RunEnd:
    host = current_host()
    evaluator = CountingEvaluator(*(host.evaluators if host else (REPLAY_EVALUATOR, REPLAY_EVALUATOR)))
    recorder, cut = (host.recorder(plan.execution_id), host.calls.cut) if host else (None, None)
    driver = TemporalDriver(
        plan.execution_id, recorder, evaluator, pause, signals=signals, cut=cut, course=course, goes_again=plan.is_again
    )
    await driver.hold()
    start = RunInput(
        input=plan.input,
        env_vars=plan.env_vars,
        secret_names=tuple(plan.secret_names),
        nonce=plan.nonce,
        workflow_id=plan.workflow_id or plan.execution_id,
        runtime_version=plan.version,
        input_texts=tuple(plan.input_texts),
        is_input_strict=plan.is_input_strict,
    )
    state = revived(plan.state) if plan.state else None
    outcome = await run_workflow(parse_definition(plan.spec), start, driver=driver, evaluator=evaluator, state=state)
    failed_task = outcome.error["instance"] if outcome.error else ""
    return RunEnd(plan.execution_id, outcome.ending, outcome.output, _sentence(outcome), failed_task)


def _sentence(outcome: Outcome) -> str:
    """Why it failed, with the task it failed in."""
    if outcome.error is None:
        return ""
    return f"{outcome.error['instance']}: {outcome.error['detail']}".removeprefix(": ")


REPLAY_EVALUATOR = JqProcess(seconds=30)
"""Where histories are only replayed."""
