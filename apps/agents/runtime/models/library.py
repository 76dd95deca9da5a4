"""Models of providers, through pydantic-ai: Ollama, Anthropic, OpenAI and whatever speaks OpenAI's protocol.

Only the provider half of the library is used: the loop, the tools and the records are ours.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx2
from pydantic_ai import direct, exceptions, messages
from pydantic_ai.models import Model as LibraryModel
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.settings import ModelSettings
from pydantic_ai.tools import ToolDefinition

from apps.agents.runtime.http_client import is_for_good, why
from apps.agents.runtime.models.base import (
    Answer,
    CallRequest,
    Finished,
    Human,
    Kept,
    Message,
    ModelError,
    ModelRequest,
    TextDelta,
    ToolResult,
)
from apps.agents.runtime.models.keeping import keep, restore
from apps.agents.runtime.models.presentable import presentable
from apps.agents.runtime.models.stopping import stop_of
from apps.agents.runtime.models.thoughts import without_thoughts
from apps.agents.runtime.refusal import words_of
from apps.shared.retry_after import retry_after_seconds

for noisy in ("openai", "anthropic", "httpx2", "httpcore2"):
    logging.getLogger(noisy).setLevel(logging.WARNING)  # below that they log prompts and headers
NOT_FOUND = (
    "Check the model's name, `stigmer model list`, and the address: `stigmer config get backend.local.llm.base_url`"
)
SPENT = frozenset(
    {
        "billing_error",
        "billing_hard_limit_reached",
        "billing_not_active",
        "credit_balance_too_low",
        "insufficient_balance",
        "insufficient_credits",
        "insufficient_quota",
    }
)
"""What hosts call an account without money, as `code` or `type`, whatever the status."""
RETRIABLE = {408, 409, 429, 500, 502, 503, 504, 529}


class ProviderModel:
    """`base_url` and `hint`, what to do when nobody answers there, are for the messages only."""

    def __init__(
        self, model: LibraryModel, client: httpx2.AsyncClient, *, name: str, base_url: str, hint: str = ""
    ) -> None:
        self.model, self.name, self.base_url, self.hint = model, name, base_url, hint
        self._client = client

    async def close(self) -> None:
        await self._client.aclose()

    async def stream(self, request: ModelRequest) -> AsyncIterator[TextDelta | Finished]:
        history = _history(request, self.name)
        try:
            async with direct.model_request_stream(
                self.model, history, model_settings=_settings(request), model_request_parameters=_parameters(request)
            ) as stream:
                async for event in stream:
                    if text := _text_of(event):
                        yield TextDelta(text)
                response = stream.get()
        except exceptions.ModelHTTPError as error:
            raise self._http_error(error) from error
        except (exceptions.ModelConnectionError, httpx2.TransportError, OSError) as error:
            raise self._not_reached(error) from error
        except exceptions.ModelAPIError as error:
            raise ModelError(f"the answer of {self.name} broke off: {error}", can_retry=True) from error
        except exceptions.UnexpectedModelBehavior as error:
            raise self._not_understood(str(error), can_retry=True) from error
        except Exception as error:  # what the libraries stumble over when it is no API that answers
            raise self._not_understood(f"{type(error).__name__}: {error}", can_retry=False) from error
        stopped = stop_of(response)
        if stopped is None:
            raise ModelError(f"the answer of {self.name} broke off", can_retry=True)
        usage, (stop, explanation) = response.usage, stopped
        yield Finished(self._answer(response), usage.input_tokens, usage.output_tokens, stop, explanation)

    def _answer(self, response: messages.ModelResponse) -> Answer:
        answer, data = _answer(response), keep(response)
        shown = without_thoughts(answer.text)
        if data is None or shown != answer.text:
            return replace(answer, text=shown)
        return replace(answer, kept=Kept(self.name, data))

    def _not_reached(self, error: Exception) -> ModelError:
        return ModelError(
            f"{self.name} at {self.base_url} cannot be reached: {why(error, self.base_url)}",
            hint=self.hint,
            can_retry=not is_for_good(error, self.base_url),
        )

    def _not_understood(self, why: str, *, can_retry: bool) -> ModelError:
        return ModelError(
            f"{self.name} at {self.base_url} answered with something that cannot be understood: {why}",
            hint="Check that this is the address of its API: `stigmer config get backend.local.llm.base_url`",
            can_retry=can_retry,
        )

    def _http_error(self, error: exceptions.ModelHTTPError) -> ModelError:
        hints = {401: "Check the API key", 403: "Check what the API key may do", 404: NOT_FOUND}
        words = words_of(error.body)
        said = f": {words}" if words else ""
        return ModelError(
            f"{self.name} at {self.base_url} answered {error.status_code}{said}",
            hint=hints.get(error.status_code, ""),
            can_retry=error.status_code in RETRIABLE and not is_spent(error),
            # Of what is in no header, the library knows where Google says it.
            retry_after_seconds=retry_after_seconds(error.headers or {}, now=time.time()) or error.retry_after or 0.0,
        )


def is_spent(error: exceptions.ModelHTTPError) -> bool:
    """Whether the account has nothing left, which time does not mend."""
    body: object = error.body
    inner = body.get("error", body) if isinstance(body, dict) else None
    words = {str(inner.get(key)).lower() for key in ("code", "type")} if isinstance(inner, dict) else set()
    return isinstance(error, exceptions.ModelQuotaExceededError) or not SPENT.isdisjoint(words)


def _settings(request: ModelRequest) -> ModelSettings:
    settings = ModelSettings()
    if request.temperature is not None:
        settings["temperature"] = request.temperature
    if request.max_tokens is not None:
        settings["max_tokens"] = request.max_tokens
    return settings


def _parameters(request: ModelRequest) -> ModelRequestParameters:
    return ModelRequestParameters(
        function_tools=[
            ToolDefinition(name=tool.name, description=tool.description, parameters_json_schema=tool.schema)
            for tool in request.tools
        ]
    )


def _history(request: ModelRequest, model: str) -> list[messages.ModelMessage]:
    """Our messages as the library has them: what is not the model's goes into requests.

    Answers of the same model go back as they came, those of others as text and calls.
    """
    history: list[messages.ModelMessage] = []
    parts: list[messages.ModelRequestPart] = [messages.SystemPromptPart(request.instructions)]
    for message in presentable(request.messages):
        if isinstance(message, Answer):
            history += [messages.ModelRequest(parts), _response(message, model)]
            parts = []
        else:
            parts.append(_part(message))
    return [*history, messages.ModelRequest(parts)] if parts else history


def _part(message: Message) -> messages.ModelRequestPart:
    if isinstance(message, ToolResult):
        text = f"Error: {message.text}" if message.is_error else message.text
        return messages.ToolReturnPart(message.name, text, message.call_id)
    if isinstance(message, Human):
        return messages.UserPromptPart(message.text)
    raise TypeError(f"{message} is the model's own")


def _response(answer: Answer, model: str) -> messages.ModelResponse:
    if answer.kept is not None and answer.kept.model == model and (response := restore(answer)) is not None:
        return response
    parts: list[messages.ModelResponsePart] = [messages.TextPart(answer.text)] if answer.text.strip() else []
    parts += [messages.ToolCallPart(call.name, call.arguments, call.id) for call in answer.calls]
    return messages.ModelResponse(parts)


def _text_of(event: Any) -> str:  # Any: the library's stream events
    if isinstance(event, messages.PartStartEvent) and isinstance(event.part, messages.TextPart):
        return event.part.content
    if isinstance(event, messages.PartDeltaEvent) and isinstance(event.delta, messages.TextPartDelta):
        return event.delta.content_delta
    return ""


def _answer(response: messages.ModelResponse) -> Answer:
    text = "".join(part.content for part in response.parts if isinstance(part, messages.TextPart))
    calls = tuple(
        CallRequest(part.tool_call_id, part.tool_name, _raw(part.args))
        for part in response.parts
        if isinstance(part, messages.ToolCallPart)
    )
    return Answer(text, calls)


def _raw(arguments: object) -> str:
    """The arguments as the model wrote them: the library's own rendering hides what is not JSON."""
    return arguments if isinstance(arguments, str) else json.dumps(arguments or {})
