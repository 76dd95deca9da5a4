"""What the loop needs of a model, whoever makes it: turns in, events out."""

from __future__ import annotations

import enum
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from apps.shared.characters import is_blank


@dataclass(frozen=True)
class Human:
    text: str


@dataclass(frozen=True)
class CallRequest:
    """A tool call the model wants. `arguments` is the JSON text as the model wrote it, valid or not."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True)
class Kept:
    """What the provider of `model` added to an answer, and may want to see again; nobody else can read it."""

    model: str
    data: dict[str, Any]

    @property
    def size(self) -> int:
        """Characters that the model must read again: its thoughts."""
        contents = (part.get("content") for part in self.data.get("parts", ()))
        beside = (self.data.get("provider_details") or {}).get("beside", "")
        return sum(len(content) for content in contents if isinstance(content, str)) + len(str(beside))


@dataclass(frozen=True)
class Answer:
    """One turn of the model: text, tool calls, or both."""

    text: str
    calls: tuple[CallRequest, ...] = ()
    kept: Kept | None = field(default=None, repr=False)


@dataclass(frozen=True)
class ToolResult:
    call_id: str
    name: str
    text: str
    is_error: bool = False


Message = Human | Answer | ToolResult


@dataclass(frozen=True)
class Tool:
    """A tool as the model sees it; `schema` is the JSON schema of its arguments."""

    name: str
    description: str
    schema: dict[str, Any] = field(default_factory=lambda: {"type": "object", "properties": {}})


@dataclass(frozen=True)
class ModelRequest:
    instructions: str
    messages: Sequence[Message]
    tools: Sequence[Tool] = ()
    temperature: float | None = None
    max_tokens: int | None = None


@dataclass(frozen=True)
class TextDelta:
    text: str


class Stop(enum.Enum):
    """Why a turn ended. Only DONE is a whole answer."""

    DONE = "it had said what it wanted to say"
    CUT = "the answer was cut off at the host's limit of tokens"
    FILTERED = "the host's filter stopped the answer"
    REFUSED = "the host refused to answer"


@dataclass(frozen=True)
class Finished:
    """The end of a turn. Token counts are 0 where the provider does not tell."""

    answer: Answer
    input_tokens: int = 0
    output_tokens: int = 0
    stop: Stop = Stop.DONE
    explanation: str = ""
    """What the host says of a refusal."""

    @property
    def is_empty(self) -> bool:
        """Neither calls nor a text of which anything is seen: no answer."""
        return is_blank(self.answer.text) and not self.answer.calls


class Model(Protocol):
    """`stream` yields text as it comes and ends with exactly one Finished. Raises ModelError."""

    name: str

    def stream(self, request: ModelRequest) -> AsyncIterator[TextDelta | Finished]: ...

    async def close(self) -> None:
        """Let go of connections; after the last turn."""


class ModelError(Exception):
    """The provider did not answer as it should. `can_retry`: the same request may succeed later.

    `retry_after_seconds` is what the provider asked for, 0 when it did not say.
    """

    def __init__(
        self, message: str, *, hint: str = "", can_retry: bool = False, retry_after_seconds: float = 0.0
    ) -> None:
        self.hint, self.can_retry, self.retry_after_seconds = hint, can_retry, retry_after_seconds
        super().__init__(message)
