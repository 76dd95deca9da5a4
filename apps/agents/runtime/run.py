"""One run from its claim to its verdict."""

from __future__ import annotations

import contextlib
import logging
import traceback
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from django.db import DatabaseError
from django.utils import timezone

from apps.agents.runtime import context_window, history, prompt, resuming, session, summary, unsupported
from apps.agents.runtime.bridge import Bridge
from apps.agents.runtime.errors import Interrupted, RunFailed
from apps.agents.runtime.limits import Budget, Limits
from apps.agents.runtime.loop import AgentLoop
from apps.agents.runtime.models.base import Message, Model
from apps.agents.runtime.models.choice import (
    ModelChoice,
    ModelDefaults,
    choose,
    choose_temperature,
)
from apps.agents.runtime.models.making import make_model
from apps.agents.runtime.recorder import CallRecord, Recorder
from apps.agents.runtime.redaction import Redactor
from apps.agents.runtime.tools.base import NoTools, Toolbox
from apps.resources.annotations import MODEL, TEMPERATURE
from apps.resources.caller import SYSTEM
from apps.resources.errors import LeaseLost, StigmerError
from apps.resources.executions import actions
from apps.resources.executions.event_base import Event
from apps.resources.executions.events import Speaker
from apps.resources.executions.lease_keeper import Held, LeaseKeeper
from apps.resources.executions.model import Phase
from apps.resources.executions.queries import find_session_of
from apps.resources.executions.variables import Variables, open_variables
from apps.resources.kinds.agent_execution.model import AgentExecution

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 10
"""How often a run is taken up before it is given up: something in it ends its runners."""


@dataclass(frozen=True)
class Options:
    """What the settings say about all runs."""

    models: ModelDefaults = field(default_factory=ModelDefaults)
    limits: Limits = field(default_factory=Limits)
    workspaces: Path = Path("workspaces")
    """Each run has a directory of its own in it, where its tools start; it stays when they leave something there."""
    register: Path = Path("tools")
    """Where the programs are noted that serve tools, so that none outlives its runner for long."""
    tool_start_seconds: float = 60.0
    tool_seconds: float = 120.0


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
        self.recorder = Recorder(self._write, Redactor())

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
            trace = self.recorder.redactor.text(traceback.format_exc())
            logger.error("run %s: failed unexpectedly\n%s", self.execution.pk, trace)  # noqa: TRY400
            return Phase.FAILED, "something went wrong inside the runner; its log says what"
        return Phase.COMPLETED, ""

    def _interrupted(self) -> tuple[Phase | None, str]:
        if self.held.is_lost:
            raise LeaseLost(self.execution.pk)
        if self.held.cancel_reason is not None:
            self._let_go()
            return Phase.CANCELLED, actions.cancel_text(self.held.cancel_reason)
        return None, ""

    def _drive(self) -> None:
        if self.held.cancel_reason is not None:
            raise Interrupted
        if self.execution.attempt > MAX_ATTEMPTS:
            raise RunFailed(f"given up: {MAX_ATTEMPTS} runners in a row ended while they worked on this run")
        said = history.recorded(self.execution.pk) if self.execution.attempt > 1 else []
        self.recorder = Recorder(self._write, Redactor(), next_index=len(said))
        resuming.drop_half(said, self.recorder)
        spec = self.execution.spec or {}
        if not said:
            self.recorder.message(Speaker.HUMAN, spec.get("message", ""))
            said = [history.Said("HUMAN", spec.get("message", ""), is_ended=True)]
        self.recorder.flush()
        if resuming.is_answered(said):
            return
        self._prepare(said)
        if self.loop is not None:
            self.loop.run()

    def _prepare(self, said: Sequence[history.Said]) -> None:
        """Gather everything that the loop needs. Raises RunFailed for whatever is missing."""
        # As SYSTEM: that this agent may run in this session was settled when the run was created.
        stored = find_session_of(self.execution, SYSTEM)
        if stored is None:
            raise LeaseLost(self.execution.pk)  # deleted, and the run with it
        self.execution.session, agent = stored, stored.agent_instance.agent
        unsupported.refuse_what_cannot_run(agent.spec or {})
        variables = open_variables(agent, stored.agent_instance, self.execution)
        choice, temperature = self._model(variables), self._temperature()
        secrets = [variable.value for variable in variables.values() if variable.is_secret]
        self.recorder.redactor = Redactor([*secrets, choice.api_key])
        if (agent.spec or {}).get("mcp_servers"):
            from apps.agents.runtime.mcp.toolbox import ToolSettings, open_toolbox  # takes a second

            workspace = self.options.workspaces / self.execution.pk
            settings = ToolSettings(
                workspace, self.options.register, self.options.tool_start_seconds, self.options.tool_seconds
            )
            self.toolbox = open_toolbox(self.bridge, agent, variables, settings)
        self.model = make_model(choice)
        budget = resuming.budget_of(self.execution, said, self.options.limits)
        self.open_calls = calls = resuming.open_calls(said)
        resuming.refuse_unknown_outcomes(calls, self.toolbox.tools)
        before, left_out = self._recall(said, self.model, budget)
        note = f"{left_out} earlier exchanges of this conversation are not shown." if left_out else ""
        self.loop = AgentLoop(
            model=self.model,
            tools=self.toolbox.tools,
            recorder=self.recorder,
            budget=budget,
            bridge=self.bridge,
            instructions=prompt.instructions(
                (agent.spec or {}).get("instructions", ""),
                organization=self.execution.org,
                today=self.execution.started_at or timezone.now(),
                note=note,
            ),
            temperature=temperature,
            messages=[*before, *history.conversation(said, without=calls)],
            open_calls=calls,
            call_ids={call_id for each in said for call_id in each.calls},
        )

    def _recall(self, said: Sequence[history.Said], model: Model, budget: Budget) -> tuple[list[Message], int]:
        """What was said before in the session, in half of what the model can read."""
        context_tokens = budget.limits.readable_tokens
        return session.recall(
            session.past_of(self.execution, said),
            summary.Summarizer(self.bridge, model, self.recorder, budget).extend,
            characters=context_tokens * context_window.CHARACTERS_PER_TOKEN // 2,
            summary_characters=summary.most_characters(context_tokens),
        )

    def _model(self, variables: Variables) -> ModelChoice:
        instance = self.execution.session.agent_instance
        wishes = (
            (self.execution.spec or {}).get("execution_config", {}).get("model_name", ""),
            instance.annotations.get(MODEL, ""),
            instance.agent.annotations.get(MODEL, ""),
        )
        values = {name: variable.value for name, variable in variables.items()}
        return choose(wishes, values, self.options.models)

    def _temperature(self) -> float | None:
        instance = self.execution.session.agent_instance
        sources = {
            "the run": self.execution,
            f"the instance {instance.slug!r}": instance,
            f"the agent {instance.agent.slug!r}": instance.agent,
        }
        return choose_temperature((whose, row.annotations.get(TEMPERATURE, "")) for whose, row in sources.items())

    def _end(self, phase: Phase, error: str) -> None:
        error = self.recorder.redactor.text(error)
        for call in self.loop.open_calls if self.loop else self.open_calls:
            call.end(error="not finished: the run ended" if call.status == "RUNNING" else "not made: the run ended")
            self.recorder.tool_call(call)
        events = self.recorder.take()
        actions.finish(self.keeper.kind, self.execution.pk, self.keeper.owner, phase, error=error, events=events)

    def _write(self, events: Iterable[Event]) -> None:
        actions.append(self.keeper.kind, self.execution.pk, self.keeper.owner, list(events))

    def _let_go(self) -> None:
        model, self.model = self.model, None
        if model is not None:
            self.bridge.close_by(model.close())
        toolbox, self.toolbox = self.toolbox, NoTools()
        if not isinstance(toolbox, NoTools):
            self.bridge.close_by(toolbox.close())
            with contextlib.suppress(OSError):
                (self.options.workspaces / self.execution.pk).rmdir()
