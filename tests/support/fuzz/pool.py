"""What the server has answered so far: so that calls are about what there is."""

from __future__ import annotations

import re
from collections import defaultdict, deque
from itertools import islice
from random import Random
from typing import Final

from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import Message

from apps.resources.registry import BY_MESSAGE, BY_NAME, KINDS
from apps.resources.wire.codec import message_class
from apps.resources.wire.scalars import scalars

KEPT: Final = 60
"""Of each sort of text, the newest."""
READ: Final = 150
"""Values of one answer that are looked at."""
NAMES: Final = tuple(f"thing-{number}" for number in range(25))
"""Few, so that what is made is often there already."""
ORGS: Final = (*("", "local") * 8, "acme", "platform")
_ID: Final = re.compile(r"([a-z]{3,4})-[0-9a-z]{26}")
_KEPT_BY_NAME: Final = {
    **dict.fromkeys(("slug", "name", "org", "position", "email", "idp_id", "key_hash", "version_hash"), ""),
    "next_page_token": "page_token",
    "artifact_storage_key": "",
    "tag": "",
    "version": "",
    "previous_version_id": "id",
}
"""Which texts are kept, and as what when not as what they are called."""


class Pool:
    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self._ids: dict[str, deque[str]] = defaultdict(lambda: deque(maxlen=KEPT))
        self._texts: dict[str, deque[str]] = defaultdict(lambda: deque(maxlen=KEPT))

    def learn(self, answer: Message) -> None:
        """Keep what calls to come may be about."""
        opened = _opened(answer)
        for place, value in islice(scalars(opened), READ):
            if isinstance(value, str) and value:
                self._note(place.rpartition(".")[2], value)

    def id_of(self, prefix: str = "") -> str:
        """The id of something; of a kind, mostly, that has this prefix."""
        known = self._ids.get(prefix) if prefix and self.rng.random() < 0.9 else None
        found = known or self._ids[self.rng.choice(sorted(self._ids))] if self._ids else None
        # What was heard of last is there most likely.
        return (
            self.rng.choice(list(found)[-6:] if self.rng.random() < 0.8 else found)
            if found
            else f"{prefix or 'agt'}-01jzzzzzzzzzzzzzzzzzzzzzzz"
        )

    def text(self, name: str) -> str:
        """One that was called so; empty where there was none yet."""
        known = self._texts.get(name)
        return self.rng.choice(known) if known else ""

    def name(self) -> str:
        return self.rng.choice(NAMES)

    def org(self) -> str:
        return self.rng.choice(ORGS) if self.rng.random() < 0.9 else self.text("org")

    def kind(self) -> str:
        return self.rng.choice([*BY_NAME, "agent", "AgentVersion", "session "])

    def _note(self, name: str, value: str) -> None:
        if found := _ID.fullmatch(value):
            self._ids[found[1]].append(value)
        elif name in _KEPT_BY_NAME and len(value) < 300:
            self._texts[_KEPT_BY_NAME[name] or name].append(value)


PREFIXES: Final = {kind.word: kind.prefix for kind in KINDS} | {
    "execution": "wex",
    "agent_execution": "aex",
    "workflow_execution": "wex",
    "version": "ver",
}
"""By what fields that hold an id are called, without `_id`."""


def _opened(answer: Message) -> Message:
    """The envelope inside an Any."""
    if isinstance(answer, AnyMessage) and answer.TypeName() in BY_MESSAGE:
        return message_class(BY_MESSAGE[answer.TypeName()]).FromString(answer.value)
    return answer
