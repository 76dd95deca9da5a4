"""What a model is told, without the secrets of the run: its host reads all of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from apps.agents.runtime.models.base import Answer, Message
from apps.agents.runtime.tools.base import BoundTool
from apps.shared.masking import Masker


def masked_messages(messages: Iterable[Message], masker: Masker) -> list[Message]:
    return [masked_message(message, masker) for message in messages]


def masked_message(message: Message, masker: Masker) -> Message:
    """An answer with a secret in it is without what its provider added: signatures would be of something else."""
    if not isinstance(message, Answer):
        return replace(message, text=masker.text(message.text))
    return masked_answer(message, masker)


def masked_answer(answer: Answer, masker: Masker) -> Answer:
    calls = tuple(replace(call, arguments=masker.text(call.arguments)) for call in answer.calls)
    masked = replace(answer, text=masker.text(answer.text), calls=calls)
    is_same = masked == answer and (answer.kept is None or masker.texts(answer.kept.data) is answer.kept.data)
    return masked if is_same else replace(masked, kept=None)


def masked_tool(bound: BoundTool, masker: Masker) -> BoundTool:
    """What its server says of a tool. Its name is ours to find it by."""
    description, schema = masker.text(bound.tool.description), masker.texts(bound.tool.schema)
    return replace(bound, tool=replace(bound.tool, description=description, schema=schema))
