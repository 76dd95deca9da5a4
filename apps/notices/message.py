"""What is told: failures of one cause together, and what works again."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

FAILED: Final = "failed"
RECOVERED: Final = "recovered"
MOST_NAMES = 5
MOST_RUNS = 5
LONGEST = 500
"""Characters of an error that are told."""


@dataclass
class Group:
    """Runs that failed of one cause, or (`cause` is "") one agent or workflow that works again. Times in seconds."""

    event: str
    cause: str
    kind: str
    """`agent` or `workflow`."""
    error: str
    first_at: float
    last_at: float
    due: float
    """Not told before."""
    count: int = 0
    names: list[str] = field(default_factory=list)
    """Slugs of what they are runs of, the first MOST_NAMES."""
    projects: list[str] = field(default_factory=list)
    runs: list[str] = field(default_factory=list)
    """Ids, the first MOST_RUNS."""

    def add(self, name: str, project: str, run: str, at: float) -> None:
        self.count += 1
        self.last_at = max(self.last_at, at)
        for known, one, most in (
            (self.names, name, MOST_NAMES),
            (self.projects, project, MOST_NAMES),
            (self.runs, run, MOST_RUNS),
        ):
            if one and one not in known and len(known) < most:
                known.append(one)

    @property
    def sentence(self) -> str:
        """One line: `workflow nightly failed 3 times: HTTP 500`."""
        who = f"{self.kind} {', '.join(self.names) or '(deleted)'}"
        if self.event == RECOVERED:
            return f"{who} works again"
        often = f" {self.count} times" if self.count > 1 else ""
        return f"{who} failed{often}: {self.error}"


def body_of(message_id: str, groups: list[Group], *, more: int, now: float) -> dict[str, Any]:
    """The message as it is sent. `more` runs failed whose causes are not among `groups`."""
    lines = [each.sentence for each in groups] + ([f"and {more} more runs failed"] if more else [])
    failed = [told(each) for each in groups if each.event == FAILED]
    return {
        "id": message_id,
        "event": FAILED if failed or more else RECOVERED,
        "at": moment(now),
        "text": "\n".join(lines),
        "failed": failed,
        "recovered": [told(each) for each in groups if each.event == RECOVERED],
        "more": more,
    }


def trial_body(message_id: str, now: float) -> dict[str, Any]:
    """What `stigmer notify test` sends."""
    text = "This is a test of Stigmer's notifications. Nothing has failed."
    return {
        "id": message_id,
        "event": "test",
        "at": moment(now),
        "text": text,
        "failed": [],
        "recovered": [],
        "more": 0,
    }


def told(group: Group) -> dict[str, Any]:
    shown = asdict(group)
    for inner in ("event", "cause", "due"):
        del shown[inner]
    return shown | {"first_at": moment(group.first_at), "last_at": moment(group.last_at)}


def moment(seconds: float) -> str:
    """As RFC 3339 has it, in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def encoded(body: dict[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode()
