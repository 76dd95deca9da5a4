"""The providers of models there are, and what each needs: known to the command line and to who runs agents alike."""

from __future__ import annotations

from typing import Final, NamedTuple


class Provider(NamedTuple):
    """`title` is for people, `key` the variable of its API key ("": it needs none), `url` where it answers."""

    name: str
    title: str
    url: str = ""
    key: str = ""


OLLAMA: Final = Provider("ollama", "Ollama", "http://localhost:11434")
ANTHROPIC: Final = Provider("anthropic", "Anthropic", "https://api.anthropic.com", "ANTHROPIC_API_KEY")
OPENAI: Final = Provider("openai", "OpenAI", "https://api.openai.com/v1", "OPENAI_API_KEY")
SCRIPTED: Final = Provider("scripted", "answers from a file")

PROVIDERS: Final = {each.name: each for each in (OLLAMA, ANTHROPIC, OPENAI, SCRIPTED)}
