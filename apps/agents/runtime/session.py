"""What was said in a session before a run: word for word where it fits, the rest as a summary."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from apps.agents.runtime.history import Said, conversation, recorded, size
from apps.agents.runtime.models.base import Human, Message
from apps.agents.runtime.summary import Exchange, Summary, find_summary
from apps.resources.executions.model import Phase
from apps.resources.executions.queries import ended_before, runs_of_session
from apps.resources.kinds.agent_execution.model import AgentExecution
from apps.resources.permission.callers import on_behalf_of

Summarize = Callable[[Summary | None, Sequence[Exchange]], Summary | None]
"""`Summarizer.extend`."""


@dataclass(frozen=True)
class Past:
    """The runs of a session before one run, oldest first: those that `summary` does not cover.

    The first `settled` of them may be summarized. A run that has not ended is not among them, and no summary
    reaches past it: what it says would be lost.
    """

    exchanges: Sequence[Exchange]
    summary: Summary | None = None
    settled: int = 0


def past_of(execution: AgentExecution, said: Iterable[Said]) -> Past:
    """What came before a run that has recorded `said` itself so far.

    Runs that failed or were cancelled count: what was said was said. The model is shown what the run's owner may see.
    """
    owner = on_behalf_of(execution.created_by, execution.org)
    summary = find_summary(said)
    exchanges: list[Exchange] = []
    for run_id in ended_before(execution, owner):
        if summary is not None and run_id <= summary.through:
            break
        told = recorded(run_id)
        exchanges.append(Exchange(run_id, conversation(told)))
        summary = summary or find_summary(told)
    if not exchanges:
        return Past([], summary)
    exchanges.reverse()
    runs = runs_of_session(execution.session_id, owner).filter(pk__lt=execution.pk)
    live = runs.filter(phase__lt=Phase.COMPLETED).order_by("pk").values_list("pk", flat=True).first()
    settled = sum(live is None or exchange.run_id < live for exchange in exchanges)
    return Past(exchanges, summary, settled)


def recall(past: Past, summarize: Summarize, *, characters: int, summary_characters: int) -> tuple[list[Message], int]:
    """What a model is shown of the past in `characters`, and how many exchanges it is shown nothing of.

    What does not fit is summarized; when that fails, the oldest is left out.
    """
    room = characters - (summary_characters if past.summary else 0)
    fits = len(_latest(past.exchanges, room)) == len(past.exchanges)
    if not fits and (due := _due(past, characters - summary_characters)):
        summary = summarize(past.summary, past.exchanges[:due])
        if summary is not None:
            past = Past(past.exchanges[due:], summary)
    shown: list[Message] = []
    if past.summary is not None:
        shown.append(Human(past.summary.text[:summary_characters]))
    kept = _latest(past.exchanges, characters - size(shown))
    shown += [message for exchange in kept for message in exchange.messages]
    return shown, len(past.exchanges) - len(kept)


def _due(past: Past, characters: int) -> int:
    """How many of the oldest exchanges to summarize: so many that the next runs need not do it again.

    The last one stays whenever it fits at all: it is what the next question is about.
    """
    kept = max(len(_latest(past.exchanges, characters // 2)), len(_latest(past.exchanges[-1:], characters)))
    return min(len(past.exchanges) - kept, past.settled)


def _latest(exchanges: Sequence[Exchange], characters: int) -> Sequence[Exchange]:
    """As many of the last ones as fit."""
    start = len(exchanges)
    while start and (characters := characters - size(exchanges[start - 1].messages)) >= 0:
        start -= 1
    return exchanges[start:]
