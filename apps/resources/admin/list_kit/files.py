"""A list as a file, written while it is read."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

from django.http import StreamingHttpResponse
from django.utils import timezone

from apps.resources.kind import Kind

FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What spreadsheets take for the beginning of a formula, full-width forms included."""
Record = dict[str, Any]  # plain data


def as_file(kind: Kind, form: str, columns: Sequence[str], records: Iterable[Record]) -> StreamingHttpResponse:
    """`form` is one of FORMS."""
    write, content_type = FORMS[form]
    answer = StreamingHttpResponse(write(records, columns), content_type=content_type)
    name = f"{kind.plural.replace(' ', '-')}-{timezone.now():%Y%m%d-%H%M%S}.{form}"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


class _Line:
    """What csv.writer writes to: it hands each line back."""

    def write(self, text: str) -> str:
        return text


def _as_csv(records: Iterable[Record], columns: Sequence[str]) -> Iterator[str]:
    writer = csv.writer(_Line())
    yield writer.writerow(columns)
    for record in records:
        yield writer.writerow([_cell(value) for value in record.values()])


def _cell(value: Any) -> Any:  # Any: what a record holds
    """A text that a spreadsheet would calculate begins with an apostrophe, which it takes as "this is text"."""
    if isinstance(value, dict | list):
        value = json.dumps(value, ensure_ascii=False) if value else ""
    if isinstance(value, str) and value.lstrip(" ").startswith(FORMULA):
        return f"'{value}"
    return value


def _as_json(records: Iterable[Record], columns: Sequence[str]) -> Iterator[str]:
    del columns
    before = "["
    for record in records:
        yield f"{before}\n{json.dumps(record, ensure_ascii=False)}"
        before = ","
    yield "\n]\n" if before == "," else "[]\n"


FORMS: Final[dict[str, tuple[Callable[[Iterable[Record], Sequence[str]], Iterator[str]], str]]] = {
    "csv": (_as_csv, "text/csv; charset=utf-8"),
    "json": (_as_json, "application/json"),
}
