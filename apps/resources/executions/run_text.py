"""The words of a run: kept when it is created and when it ends, and found by the database's index of them."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection

from apps.resources.executions.model import Execution, RunText
from apps.resources.json_value import Json
from apps.resources.storage.statements import insert_values, update_values

LONGEST: Final = 50_000
"""Characters of each part that are kept: PostgreSQL indexes no more than a megabyte."""
LONGEST_WORD: Final = 100
_WORD: Final = re.compile(r"[^\W_]+")
Envelope = Any  # AgentExecution or WorkflowExecution


def words(text: str) -> str:
    """The words of a text as they are kept and looked for: in lower case, letters and digits alone."""
    return " ".join(word[:LONGEST_WORD] for word in _WORD.findall(text[:LONGEST].lower()))


def keep_text(row: Execution) -> None:
    """Keep what is known of a run that is being created. Its spec has no secrets in it."""
    spec = row.spec or {}
    given = getattr(row, "input", None) or spec.get("trigger_metadata") or {}
    message = spec.get("message") or spec.get("trigger_message") or ""
    values = {"name": row.name, "message": message, "input": as_text(given) if given else "", "output": "", "error": ""}
    insert_values(RunText, [{"execution_id": row.pk, **{name: words(text) for name, text in values.items()}}])


def keep_end(execution_id: str, output: str, error: str) -> None:
    """Keep how a run has ended; most of what the index costs a run is spared where that says nothing."""
    if output or error:
        update_values(RunText, "execution_id", execution_id, {"output": words(output), "error": words(error)})


def output_of(envelope: Envelope) -> str:
    """What a run came to, as text: what a workflow answers, what an agent said last."""
    status = envelope.status
    if hasattr(status, "output"):
        from google.protobuf.json_format import MessageToDict

        return as_text(MessageToDict(status.output)) if status.output.fields else ""
    said = [message.content for message in status.messages if message.type == SAID_BY_AGENT and message.content]
    return str(said[-1]) if said else ""


SAID_BY_AGENT: Final = 2
"""MESSAGE_AI of the contract."""


def as_text(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)


@dataclass(frozen=True)
class Wanted:
    """Words that all have to stand in a run, in its error alone with `in_error`; the last of them may go on."""

    text: str
    in_error: bool = False

    @property
    def has_words(self) -> bool:
        return bool(words(self.text))


def find_runs(wanted: Sequence[Wanted], *, before: int | None, most: int) -> list[tuple[int, str]]:
    """(number, id) of the newest runs that hold all that is wanted, with numbers below `before`."""
    is_postgresql = connection.vendor == "postgresql"
    write, statement = (_in_postgresql, POSTGRESQL) if is_postgresql else (_in_sqlite, SQLITE)
    query = (" & " if is_postgresql else " AND ").join(
        write(words(each.text).split(), in_error=each.in_error) for each in wanted if each.has_words
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [query, before or LARGEST, most])
        return [(int(number), str(execution_id)) for number, execution_id in cursor.fetchall()]


LARGEST: Final = 2**62
SQLITE: Final = """SELECT t.id, t.execution_id
    FROM resources_runwords w CROSS JOIN resources_runtext t ON t.id = w.rowid
    WHERE resources_runwords MATCH %s AND w.rowid < %s ORDER BY w.rowid DESC LIMIT %s"""
POSTGRESQL: Final = """SELECT id, execution_id FROM resources_runtext
    WHERE words @@ to_tsquery('simple', %s) AND id < %s ORDER BY id DESC LIMIT %s"""


def _in_sqlite(wanted: list[str], *, in_error: bool) -> str:
    *whole, last = wanted
    query = " AND ".join([*(f'"{word}"' for word in whole), f'"{last}"*'])
    return f"{{error}} : ({query})" if in_error else f"({query})"


def _in_postgresql(wanted: list[str], *, in_error: bool) -> str:
    *whole, last = wanted
    weight = "A" if in_error else ""
    return " & ".join([*(f"'{word}'{weight and ':A'}" for word in whole), f"'{last}':{weight}*"])
