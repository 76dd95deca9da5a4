"""The requests to one program that have no answer yet, and which answer is whose."""

from __future__ import annotations

import logging

import mcp_types as types

from apps.agents.runtime.mcp.answers import Answers
from apps.agents.runtime.mcp.reading import (
    OURS,
    TOO_LARGE,
    failure,
    first_line,
    is_broken,
    is_response,
    messages_in,
    text_of,
)
from apps.resources.json_value import Json

logger = logging.getLogger(__name__)


class Waiting:
    """`sent` what goes out, `heard` what comes in."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._methods: dict[Json, str] = {}
        self._ever: set[Json] = set()

    def sent(self, message: types.JSONRPCMessage) -> None:
        if isinstance(message, types.JSONRPCRequest):
            self._methods[message.id] = message.method
            self._ever.add(message.id)
        elif isinstance(message, types.JSONRPCNotification) and message.method == "notifications/cancelled":
            self._methods.pop((message.params or {}).get("requestId"), None)

    def heard(self, line: bytes | None) -> list[Json]:
        """The messages in a line, answers in their form; None is a line that was too long.

        An answer that cannot be read fails the requests that wait: nobody would send it again.
        """
        if line is None:
            return self._failed(TOO_LARGE)
        if found := messages_in(line):
            return [message for each in found if (message := self._placed(each)) is not None]
        if is_broken(line):
            return self._failed(f"answered with something that cannot be read: {first_line(text_of(line))}")
        logger.debug("a tool server printed %d bytes that are no message", len(line))
        return []

    def _failed(self, why: str) -> list[Json]:
        waiting, self._methods = self._methods, {}
        return [failure(request_id, why, OURS) for request_id in waiting]

    def _placed(self, message: Json) -> Json | None:
        if not is_response(message):
            return message
        request_id = self._whose(message.get("id"))
        method = self._methods.pop(request_id, None)
        return None if method is None else self._answers.mended(method, message | {"id": request_id})

    def _whose(self, answered: Json) -> Json:
        """The request that an id means. One that nobody gave can only mean the one that waits."""
        if isinstance(answered, str) and answered not in self._ever and answered.isdecimal():
            answered = int(answered)
        if answered in self._ever:
            return answered
        return next(iter(self._methods)) if len(self._methods) == 1 else None
