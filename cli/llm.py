"""`stigmer server llm`: the Ollama that this machine's agents use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cli.command import Group, output_option
from cli.connect import local_config
from cli.exits import Exit
from cli.output import Console, Format, pairs, structured, table

if TYPE_CHECKING:
    from apps.backends.config import Config
    from apps.backends.models.ollama import Ollama, Pulled

GIGABYTE = 1e9


@click.group(
    "llm",
    cls=Group,
    examples="""
        stigmer server llm status
        stigmer server llm list
        stigmer server llm pull qwen2.5-coder:7b
    """,
)
def command() -> None:
    """Look at the Ollama that agents use, and fetch models for it."""


@command.command("list", examples="stigmer server llm list\nstigmer server llm list -o json")
@output_option()
@click.pass_obj
def list_models(console: Console, output: Format) -> None:
    """List the models that it has."""
    ollama, _ = here(local_config())
    models = ollama.models()
    loaded = {each.name for each in ollama.loaded()}
    if output is Format.NAME:
        console.data("\n".join(each.name for each in models))
    elif output is not Format.TABLE:
        records = [{"name": each.name, "size": each.size, "loaded": each.name in loaded} for each in models]
        console.data(structured(records, output))
    elif models:
        rows = [(each.name, in_gigabytes(each.size), "yes" if each.name in loaded else "no") for each in models]
        console.data(table(("NAME", "SIZE", "LOADED"), rows))
    else:
        console.print("It has no models yet; fetch one with `stigmer server llm pull`.")


@command.command(examples="stigmer server llm pull\nstigmer server llm pull qwen2.5-coder:7b")
@click.argument("model", required=False)
@click.pass_obj
def pull(console: Console, model: str | None) -> None:
    """Have it fetch MODEL, by default the one that is configured. Ctrl-C stops; what was fetched is kept."""
    from apps.backends.models.configured import configured_model
    from apps.shared.model_providers import OLLAMA
    from cli.runs.screen import Screen

    config = local_config()
    ollama, _ = here(config)
    if not model:
        default = configured_model(config)
        if default.provider is not OLLAMA:
            raise click.UsageError("name a MODEL: the one that is configured is none of Ollama's")
        model = default.model
    screen, said = Screen(console), ""
    for news in ollama.pull(model):
        if news.status != said and not screen.live:
            console.print(f"  {news.status}")
        said = news.status
        screen.moving(in_words(news))
    screen.still()
    console.done(f"Pulled {model}")


@command.command(examples="stigmer server llm status\nstigmer server llm status -o json")
@output_option(Format.TABLE, Format.JSON, Format.YAML)
@click.pass_obj
def status(console: Console, output: Format) -> None:
    """Say whether it answers, and whether it has the configured model. Exits with 1 where it does not answer."""
    from apps.backends.models.ollama import NoAnswer

    config = local_config()
    ollama, wanted = here(config)
    try:
        found = facts(ollama, wanted)
    except NoAnswer as error:
        if output is Format.TABLE:
            raise
        console.data(structured({"url": ollama.url, "answers": False, "reason": error.why}, output))
        raise click.exceptions.Exit(Exit.FAILED) from None
    if output is not Format.TABLE:
        console.data(structured(found, output))
        return
    console.data("\n".join(pairs(words_of(found, wanted))))
    if wanted and not found["has_configured_model"]:
        console.print(f"\nhint: stigmer server llm pull {wanted}")


def here(config: Config) -> tuple[Ollama, str]:
    """The Ollama of the settings, and the model of it that is configured, "" where another provider's is."""
    from apps.backends.models.configured import configured_model
    from apps.backends.models.ollama import Ollama
    from apps.shared.model_providers import OLLAMA

    default = configured_model(config)
    return (Ollama(default.url), default.model) if default.provider is OLLAMA else (Ollama(OLLAMA.url), "")


def facts(ollama: Ollama, wanted: str) -> dict[str, Any]:
    """The status as plain data. Raises NoAnswer."""
    from apps.backends.models.ollama import full_name

    names = [each.name for each in ollama.models()]
    return {
        "url": ollama.url,
        "answers": True,
        "version": ollama.version(),
        "models": len(names),
        "loaded": [each.name for each in ollama.loaded()],
        "configured_model": wanted,
        "has_configured_model": bool(wanted) and full_name(wanted) in {full_name(each) for each in names},
    }


def words_of(found: dict[str, Any], wanted: str) -> dict[str, str]:
    """The same for people."""
    has = "" if found["has_configured_model"] else ", which it does not have"
    return {
        "Address": found["url"],
        "Version": found["version"] or "it does not say",
        "Models": str(found["models"]),
        "Loaded": ", ".join(found["loaded"]) or "none",
        "Configured": f"{wanted}{has}" if wanted else "another provider",
    }


def in_words(news: Pulled) -> str:
    """`pulling 4a5b: 1.2 of 4.7 GB`."""
    if not news.total:
        return news.status
    return f"{news.status}: {news.completed / GIGABYTE:.1f} of {in_gigabytes(news.total)}"


def in_gigabytes(size: int) -> str:
    """`4.7 GB`; `-` for what is not known."""
    return f"{size / GIGABYTE:.1f} GB" if size else "-"
