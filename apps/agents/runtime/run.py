"""One run from its claim to its verdict."""

from __future__ import annotations

import contextlib
import logging
import shutil
import traceback
from collections.abc import Iterable, Sequence
from pathlib import Path

from django.db import DatabaseError

from apps.agents.runtime import context_window, history, resuming, session, summary
from apps.agents.runtime.bridge import Bridge
from apps.agents.runtime.errors import Interrupted, RunFailed
from apps.agents.runtime.limits import Budget
from apps.agents.runtime.loop import AgentLoop
from apps.agents.runtime.masked import masked_messages, masked_tool
from apps.agents.runtime.models.base import Message, Model
from apps.agents.runtime.models.making import make_model
from apps.agents.runtime.plan import Options, Plan, plan_run
from apps.agents.runtime.recorder import CallRecord, Recorder
from apps.agents.runtime.tools.base import NoTools, Toolbox
from apps.resources.errors import StigmerError
from apps.resources.executions import actions
from apps.resources.executions.event_base import Event
from apps.resources.executions.events import Speaker
from apps.resources.executions.lease_keeper import Held, LeaseKeeper
from apps.resources.executions.model import Phase
from apps.resources.executions.queries import cancel_text
from apps.resources.executions.unfinished import NOT_FINISHED, NOT_MADE
from apps.resources.kinds.agent_execution.model import AgentExecution
from apps.resources.run_errors import LeaseLost
from apps.shared.masking import NOTHING_SECRET

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 10
"""How often a run is taken up before it is given up: something in it ends its runners."""


class Run:
    """The work on one claimed run, on the thread that claimed it. `stop` may be called from any thread."""

    def __init__(
        self, held: Held[AgentExecution], keeper: LeaseKeeper[AgentExecution], bridge: Bridge, options: Options
    ) -> None:
        self.execution = held.execution
        self.held, self.keeper, self.bridge, self.options = held, keeper, bridge, options
        self.toolbox: Toolbox = NoTools()
        self.model: Model | None = None
        self.loop: AgentLoop | None = None
        self.open_calls: list[CallRecord] = []
        self.has_begun = False
        """A model has answered before; what is in the workspace may be meant to stay."""
        self.recorder = Recorder(self._write, NOTHING_SECRET)

    def work(self) -> None:
        """Drive the run to its verdict, or as far as this process may."""
        try:
            phase, error = self._verdict()
            if phase is None:
                actions.give_back(self.keeper.kind, self.execution.pk, self.keeper.owner)
                logger.info("run %s: given back", self.execution.pk)
                return
            self._end(phase, error)
        except LeaseLost:
            logger.info("run %s: somebody else has it now, or it is gone", self.execution.pk)
        except DatabaseError:
            # No verdict can be stored; the lease runs out and the run is taken up again.
            logger.exception("run %s: the database failed", self.execution.pk)
        finally:
            self._let_go()

    def _verdict(self) -> tuple[Phase | None, str]:
        """How the run ended. None for a run that is to be taken up by another runner."""
        try:
            self._drive()
        except Interrupted:
            return self._interrupted()
        except RunFailed as error:
            return Phase.FAILED, str(error)
        except StigmerError as error:
            return Phase.FAILED, str(RunFailed(error.message, hint=error.hint))
        except (LeaseLost, DatabaseError):
            raise
        except Exception:
            # Not logger.exception: what a library says may quote a header or an address with a secret in it.
            trace = self.recorder.masker.text(traceback.format_exc())
            logger.error("run %s: failed unexpectedly\n%s", self.execution.pk, trace)  # noqa: TRY400
            return Phase.FAILED, "something went wrong inside the runner; its log says what"
        return Phase.COMPLETED, ""

    def _interrupted(self) -> tuple[Phase | None, str]:
        if self.held.is_lost:
            raise LeaseLost(self.execution.pk)
        if self.held.cancel_reason is not None:
            self._let_go()
            return Phase.CANCELLED, cancel_text(self.held.cancel_reason)
        return None, ""

    def _drive(self) -> None:
        if self.held.cancel_reason is not None:
            raise Interrupted
        if self.execution.attempt > MAX_ATTEMPTS:
            raise RunFailed(f"given up: {MAX_ATTEMPTS} runners in a row ended while they worked on this run")
        said = history.recorded(self.execution.pk) if self.execution.attempt > 1 else []
        self.recorder = Recorder(self._write, NOTHING_SECRET, next_index=len(said))
        self.has_begun = any(each.speaker == "AI" for each in said)
        resuming.drop_half(said, self.recorder)
        spec = self.execution.spec or {}
        if not said:
            self.recorder.message(Speaker.HUMAN, spec.get("message", ""))
            said = [history.Said("HUMAN", spec.get("message", ""), is_ended=True)]
        if resuming.is_answered(said):
            self.recorder.flush()
            return
        self._prepare(said)
        if self.loop is not None:
            self.loop.run()

    def _prepare(self, said: Sequence[history.Said]) -> None:
        """Gather everything that the loop needs. Raises RunFailed for whatever is missing."""
        plan = plan_run(self.execution, self.options)
        hide = self.recorder.masker = plan.masker
        self.recorder.flush()  # not before: what people say may hold a secret, too
        self.toolbox = self._open_toolbox(plan)
        self.model = make_model(plan.model)
        budget = resuming.budget_of(self.execution, said, plan.limits)
        self.open_calls = resuming.open_calls(said)
        resuming.refuse_unknown_outcomes(self.open_calls, self.toolbox.tools)
        before, left_out = self._recall(said, self.model, budget)
        self.loop = AgentLoop(
            model=self.model,
            tools=[masked_tool(bound, hide) for bound in self.toolbox.tools],
            recorder=self.recorder,
            budget=budget,
            bridge=self.bridge,
            instructions=hide.text(plan.instructions(left_out)),
            temperature=plan.temperature,
            messages=masked_messages([*before, *history.conversation(said, without=self.open_calls)], hide),
            open_calls=self.open_calls,
            call_ids={call_id for each in said for call_id in each.calls},
        )

    def _open_toolbox(self, plan: Plan) -> Toolbox:
        if plan.tools is None:
            return NoTools()
        from apps.agents.runtime.mcp.toolbox import open_toolbox  # takes a second

        return open_toolbox(self.bridge, plan.agent, plan.servers, plan.variables, plan.tools)

    def _recall(self, said: Sequence[history.Said], model: Model, budget: Budget) -> tuple[list[Message], int]:
        """What was said before in the session, in half of what the model can read."""
        context_tokens = budget.limits.readable_tokens
        return session.recall(
            session.past_of(self.execution, said),
            summary.Summarizer(self.bridge, model, self.recorder, budget).extend,
            characters=context_tokens * context_window.CHARACTERS_PER_TOKEN // 2,
            summary_characters=summary.most_characters(context_tokens),
        )

    def _end(self, phase: Phase, error: str) -> None:
        if not (self.has_begun or (self.loop and self.loop.has_answered)):
            self._let_go()
            shutil.rmtree(self._workspace, ignore_errors=True)
        for call in self.loop.open_calls if self.loop else self.open_calls:
            call.end(error=NOT_FINISHED if call.status == "RUNNING" else NOT_MADE)
            self.recorder.tool_call(call)
        actions.finish(
            self.keeper.kind,
            self.execution.pk,
            self.keeper.owner,
            phase,
            masker=self.recorder.masker,
            error=error,
            events=self.recorder.take(),
        )

    def _write(self, events: Iterable[Event]) -> None:
        kind, owner = self.keeper.kind, self.keeper.owner
        actions.append(kind, self.execution.pk, owner, list(events), masker=self.recorder.masker)

    def _let_go(self) -> None:
        model, self.model = self.model, None
        if model is not None:
            self.bridge.close_by(model.close())
        toolbox, self.toolbox = self.toolbox, NoTools()
        if not isinstance(toolbox, NoTools):
            self.bridge.close_by(toolbox.close())
        with contextlib.suppress(OSError):
            self._workspace.rmdir()

    @property
    def _workspace(self) -> Path:
        return self.options.workspaces / self.execution.pk
