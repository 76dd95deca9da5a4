"""An Ollama, asked what it has. Nobody waits for a host that does not answer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from apps.backends.errors import BackendError
from apps.backends.models.http import Unanswered, ask, words_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from http.client import HTTPResponse

ANSWER_SECONDS = 2.0
"""For what an Ollama knows by heart."""
PULL_SECONDS = 300.0
"""Without a word of a pull: it checks what it has fetched in silence."""
MAX_BYTES = 4 * 1024 * 1024


class NoAnswer(BackendError):
    """Nobody answers there, or nobody who speaks Ollama's protocol."""

    reason = "stigmer.model.no_answer"

    def __init__(self, url: str, why: str) -> None:
        self.url, self.why = url, why
        super().__init__(
            f"Ollama does not answer at {url}: {why}",
            hint="Start it: `ollama serve`; or say where it is: `stigmer config set backend.local.llm.base_url URL`",
        )


class OllamaModel(NamedTuple):
    """A model that an Ollama has. `size` is in bytes, 0 where it does not say."""

    name: str
    size: int = 0


class PullFailed(BackendError):
    """It said so, or broke off."""

    reason = "stigmer.model.pull_failed"

    def __init__(self, model: str, why: str) -> None:
        super().__init__(
            f"Ollama cannot pull {model}: {why}",
            hint="What was fetched is kept: try again, or choose another from https://ollama.com/library",
        )


class Pulled(NamedTuple):
    """How a pull goes: what it does now, and how many bytes of it are done; `total` is 0 where it does not say."""

    status: str
    completed: int
    total: int


class Ollama:
    """The one at `url`, with or without `/v1` at its end."""

    def __init__(self, url: str, *, seconds: float = ANSWER_SECONDS) -> None:
        self.url = url.rstrip("/").removesuffix("/v1")
        self.seconds = seconds

    def models(self) -> list[OllamaModel]:
        """What it has pulled, by name. Raises NoAnswer."""
        return self._listed("/api/tags")

    def loaded(self) -> list[OllamaModel]:
        """What it has in memory, by name. Raises NoAnswer."""
        return self._listed("/api/ps")

    def version(self) -> str:
        """Raises NoAnswer."""
        return str(self._asked("/api/version").get("version") or "")

    def pull(self, model: str) -> Iterator[Pulled]:
        """Have it fetch a model, and say how that goes; ends when it has it. Raises NoAnswer or PullFailed."""
        body = json.dumps({"model": model, "stream": True}).encode()
        done = False
        with self._open("/api/pull", body, seconds=PULL_SECONDS) as response:
            try:
                for line in response:
                    news = json.loads(line)
                    if error := news.get("error"):
                        raise PullFailed(model, str(error))
                    done = news.get("status") == "success"
                    yield Pulled(str(news.get("status", "")), _whole(news.get("completed")), _whole(news.get("total")))
            except (OSError, ValueError, AttributeError) as error:
                raise PullFailed(model, words_of(error)) from None
        if not done:
            raise PullFailed(model, "it broke off")

    def _listed(self, path: str) -> list[OllamaModel]:
        listed = self._asked(path).get("models")
        found = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
        return sorted(OllamaModel(str(each.get("name", "")), _whole(each.get("size"))) for each in found)

    def _asked(self, path: str) -> dict[str, Any]:  # JSON
        with self._open(path) as response:
            try:
                said = json.loads(response.read(MAX_BYTES))
            except (OSError, ValueError) as error:
                raise NoAnswer(self.url, f"it answers with something else ({type(error).__name__})") from None
        return said if isinstance(said, dict) else {}

    def _open(self, path: str, body: bytes | None = None, *, seconds: float = 0.0) -> HTTPResponse:
        try:
            return ask(f"{self.url}{path}", seconds=seconds or self.seconds, data=body)
        except Unanswered as error:
            raise NoAnswer(self.url, error.why) from None


def full_name(model: str) -> str:
    """As an Ollama calls it: a name without a tag means `latest`."""
    return model if ":" in model else f"{model}:latest"


def _whole(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
