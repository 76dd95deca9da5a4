"""The runs of a batch: what starts one for each line, and which failed of an earlier one."""

from __future__ import annotations

import secrets
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from apps.backends.base import NotFound
from apps.backends.batches.driver import Item
from apps.backends.batches.lines import Line, message_of
from apps.backends.resource import Resource
from apps.backends.run_lists import RunQuery
from apps.backends.runs import Phase

if TYPE_CHECKING:
    from collections.abc import Iterator

    from apps.backends.base import Backend
    from apps.backends.runs import StartRun
    from apps.backends.targets import Target

BATCH = "stigmer.ai/batch"
"""The label that the runs of a batch have in common."""
LINE = "stigmer.ai/batch-line"
PAGE = 100


class NoSuchBatch(NotFound):
    """No run belongs to a batch of this name."""

    reason = "stigmer.client.no_such_batch"

    def __init__(self, batch: str) -> None:
        hint = "stigmer executions list -o wide shows the labels of runs"
        super().__init__(f"no run belongs to a batch {batch!r}", hint=hint)


def name_of(target: Target) -> str:
    """Of a new batch: `report-20261123-194502-4f2a`."""
    return f"{target.slug[:30]}-{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}"


def check_exists(backend: Backend, batch: str) -> None:
    """Raise NoSuchBatch where no run belongs to it: with a name mistyped every line would be run once more."""
    if not backend.find_runs(RunQuery(labels={BATCH: batch}), page_size=1).runs:
        raise NoSuchBatch(batch)


def item_of(line: Line, target: Target, common: StartRun, batch: str) -> Item:
    """What starts the run of a line. A line of a batch is the same run, however often it is started."""
    values, texts = line.after(common)
    if target.is_agent:
        wanted = replace(common, message=str(message_of(line)))
    else:
        wanted = replace(common, input=values, input_texts=texts)
    wanted = replace(
        wanted,
        labels={**common.labels, BATCH: batch, LINE: str(line.number)},
        request_id=f"{batch}/{line.number}",
    )
    return Item(line.number, lambda backend: Resource.of(backend.start_run(wanted)))


def items_of_failed(backend: Backend, batch: str, *, pinned: bool) -> list[Item]:
    """What starts once more what failed of a batch, and was not mended by an earlier try. Raises NoSuchBatch."""

    def item(line: int, execution_id: str) -> Item:
        return Item(line, lambda backend: Resource.of(backend.rerun(execution_id, pinned=pinned)))

    return [item(line, execution_id) for line, execution_id in sorted(failed_of(backend, batch).items())]


def failed_of(backend: Backend, batch: str) -> dict[int, str]:
    """The failed runs of a batch by their lines: those of which no later run is under way or went well.

    Raises NoSuchBatch for one that has no runs.
    """
    latest: dict[int, str] = {}
    for run_line, execution_id in runs_of(backend, batch):
        latest.setdefault(run_line, execution_id)
    if not latest:
        raise NoSuchBatch(batch)
    return {line: run for line, run in latest.items() if run}


def runs_of(backend: Backend, batch: str) -> Iterator[tuple[int, str]]:
    """(line, id of the run, "" for one that has not failed), newest first."""
    token = ""
    while True:
        page = backend.find_runs(RunQuery(labels={BATCH: batch}), page_size=PAGE, page_token=token)
        for run in page.runs:
            number = run.labels.get(LINE, "")
            yield int(number) if number.isdecimal() else 0, run.id if run.phase is Phase.FAILED else ""
        token = page.next_token
        if not token:
            return
