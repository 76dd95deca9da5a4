"""Making the models of providers. Each belongs to one run, whose event loop its connections live in."""

from __future__ import annotations

from functools import partial
from urllib.parse import urlsplit

import httpx2
from openai import AsyncOpenAI
from pydantic_ai.models import Model as LibraryModel
from pydantic_ai.profiles import ModelProfile, merge_profile
from pydantic_ai.profiles.openai import OpenAIModelProfile
from pydantic_ai.providers.ollama import OllamaProvider
from pydantic_ai.providers.openai import OpenAIProvider

from apps.agents.runtime.http_client import make_client
from apps.agents.runtime.models.anthropic_events import Events
from apps.agents.runtime.models.beside import ChatModel
from apps.agents.runtime.models.choice import ModelChoice
from apps.agents.runtime.models.hooks import keep_our_headers, see_refusal
from apps.agents.runtime.models.library import ProviderModel
from apps.agents.runtime.models.mending import mend_response
from apps.agents.runtime.models.openai_chunks import Chunks
from apps.shared.masking import without_user
from apps.shared.model_providers import PROVIDERS

NO_KEY = "not-needed"
"""Hosts of one's own often need no key, but the protocol has a place for it."""
TIMES = httpx2.Timeout(300.0, connect=10.0)


def make_provider_model(choice: ModelChoice) -> ProviderModel:
    """Raises RunFailed when the environment names a proxy or authorities that cannot be used."""
    base_url = root_of(choice.provider, choice.base_url or PROVIDERS[choice.provider].url)
    client = make_client(httpx2.AsyncClient, base_url, timeout=TIMES)
    client.headers["accept-encoding"] = "identity"  # what is packed cannot be mended
    mender = Events if choice.provider == "anthropic" else Chunks
    keep_ours = partial(keep_our_headers, own=_key_headers(choice, base_url))
    client.event_hooks = {"request": [keep_ours], "response": [see_refusal, partial(mend_response, make=mender)]}
    model = MAKERS[choice.provider](choice, base_url, client)
    shown = without_user(base_url)
    hint = HINTS[choice.provider].format(model=choice.model, base_url=shown)
    return ProviderModel(model, client, name=f"{choice.provider}:{choice.model}", base_url=shown, hint=hint)


def root_of(provider: str, base_url: str) -> str:
    """The address as the provider's library wants it, given with or without `/v1` and a slash at its end.

    Of OpenAI's protocol only an address without a path can lack its `/v1`: hosts have it under names of their own.
    """
    root = base_url.rstrip("/")
    if provider == "openai":
        return root if urlsplit(root).path else f"{root}/v1"
    return root.removesuffix("/v1").rstrip("/")


def _key_headers(choice: ModelChoice, base_url: str) -> dict[str, str | None]:
    """The header with the key; without a value where the address itself has a name and a password."""
    if urlsplit(base_url).username:
        return {"authorization": None, "x-api-key": None}
    if choice.provider == "anthropic":
        return {"x-api-key": choice.api_key}
    return {"authorization": f"Bearer {(choice.provider == 'openai' and choice.api_key) or NO_KEY}"}


def _openai(choice: ModelChoice, base_url: str, client: httpx2.AsyncClient) -> LibraryModel:
    made = AsyncOpenAI(api_key=choice.api_key or NO_KEY, base_url=base_url, max_retries=0, http_client=client)
    return _chat_model(choice, OpenAIProvider(openai_client=made))


def _ollama(choice: ModelChoice, base_url: str, client: httpx2.AsyncClient) -> LibraryModel:
    made = AsyncOpenAI(api_key=NO_KEY, base_url=f"{base_url}/v1", max_retries=0, http_client=client)
    return _chat_model(choice, OllamaProvider(openai_client=made))


def _chat_model(choice: ModelChoice, provider: OpenAIProvider | OllamaProvider) -> LibraryModel:
    profile = OpenAIModelProfile(
        # Without this a stream that breaks off would pass for a whole answer.
        openai_chat_streaming_requires_finish_reason=True,
        # A tool's schema is its server's: the library would close objects that are open, and ask for `strict`.
        json_schema_transformer=None,
        openai_supports_strict_tool_definition=False,
    )
    if choice.base_url or choice.provider != "openai":
        profile["openai_chat_supports_max_completion_tokens"] = False  # OpenAI's own alone knows it
    known = provider.model_profile(choice.model)
    return ChatModel(choice.model, provider=provider, profile=merge_profile(known, profile))


def _anthropic(choice: ModelChoice, base_url: str, client: httpx2.AsyncClient) -> LibraryModel:
    from anthropic import AsyncAnthropic
    from pydantic_ai.models.anthropic import AnthropicModel
    from pydantic_ai.providers.anthropic import AnthropicProvider

    made = AsyncAnthropic(api_key=choice.api_key, base_url=base_url, max_retries=0, http_client=client)
    provider = AnthropicProvider(anthropic_client=made)
    as_given = ModelProfile(json_schema_transformer=None)
    return AnthropicModel(
        choice.model, provider=provider, profile=merge_profile(provider.model_profile(choice.model), as_given)
    )


MAKERS = {"ollama": _ollama, "openai": _openai, "anthropic": _anthropic}
HINTS = {
    "ollama": (
        "Start Ollama (`ollama serve`, then `ollama pull {model}`), "
        "or use another provider: `stigmer config set backend.local.llm.provider anthropic`, and `stigmer model login "
        "anthropic`"
    ),
    "openai": "Check the network and `stigmer config get backend.local.llm.base_url`",
    "anthropic": "Check the network and `stigmer config get backend.local.llm.base_url`",
}
