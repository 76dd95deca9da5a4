"""`stigmer model`: which models agents can use here, and the API keys of their providers."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from apps.shared.model_providers import PROVIDERS, Provider
from cli.command import Group, output_option
from cli.errors import CliError
from cli.exits import Exit
from cli.output import GREEN, YELLOW, Console, Format, structured, table

if TYPE_CHECKING:
    from decimal import Decimal

    from apps.backends.models.listing import Listing, SeenModel, SeenProvider

READY, NOT_READY = "ready", "not ready"
COLOURS = {READY: GREEN, NOT_READY: YELLOW}
KEYED = [name for name, each in PROVIDERS.items() if each.key]


@click.group(
    cls=Group,
    examples="""
        stigmer model list
        stigmer model list anthropic
        stigmer model login openai
    """,
)
def command() -> None:
    """See which models agents can use, and keep the API keys that their providers want."""


@command.command(
    "list",
    examples="""
        stigmer model list
        stigmer model list openai -o json
    """,
)
@click.argument("provider", type=click.Choice(list(PROVIDERS)), required=False)
@output_option()
@click.pass_obj
def list_models(console: Console, provider: str | None, output: Format) -> None:
    """List what can be used now: providers, the models that an Ollama has, and the configured one.

    With PROVIDER, every model that is known of it, with its price. No host is asked but an Ollama.
    """
    from apps.backends.config import child_environment
    from apps.backends.models.listing import listing
    from cli.connect import local_config

    found = listing(local_config(), child_environment(), of=provider or "")
    if found.price_problem:
        console.warn(found.price_problem)
    if output is Format.NAME:
        console.data("\n".join(each.full_name for each in found.models))
    elif output is Format.TABLE:
        print_listing(console, found)
    else:
        console.data(structured(record(found), output))


def print_listing(console: Console, found: Listing) -> None:
    """Two tables, and what to do where nothing is ready."""
    rows = [
        (
            each.provider.name,
            NOT_READY if each.trouble else READY,
            key_in_words(each),
            each.url or "-",
            each.trouble,
        )
        for each in found.providers
    ]
    console.data(table(("PROVIDER", "STATE", "KEY", "HOST", "REASON"), rows, colours=COLOURS))
    if found.models:
        lines = [row(each) for each in found.models]
        console.data("\n" + table(("MODEL", "IN $/M", "OUT $/M", "SIZE", "DEFAULT"), lines))
    if not any(each.is_default and not each.trouble for each in found.providers) and len(found.providers) > 1:
        console.print("\nhint: stigmer model login anthropic, or an Ollama on this machine: https://ollama.com")


def key_in_words(seen: SeenProvider) -> str:
    """`environment`, `login`, `none`; `-` where none is needed."""
    return (seen.key.origin or "none") if seen.provider.key else "-"


def row(model: SeenModel) -> tuple[str, ...]:
    """One line of the table of models."""
    prices = (dollars(model.price.tokens_in), dollars(model.price.tokens_out)) if model.price else ("-", "-")
    if not (model.price or model.provider.key):
        prices = ("0", "0")
    size = f"{model.size / 1e9:.1f} GB" if model.size else "-"
    return (model.full_name, *prices, size, "yes" if model.is_default else "")


def dollars(price: Decimal) -> str:
    """Without the zeros that mean nothing: `0.25`, `15`."""
    return f"{price.normalize():f}"


def record(found: Listing) -> dict[str, Any]:
    """The same for a program; prices are US dollars for a million tokens, null where they are not known."""
    return {
        "providers": [
            {
                "name": each.provider.name,
                "ready": not each.trouble,
                "reason": each.trouble,
                "default": each.is_default,
                "host": each.url,
                "key": each.key.origin,
                "variable": each.key.variable,
            }
            for each in found.providers
        ],
        "models": [
            {
                "name": each.full_name,
                "default": each.is_default,
                "size": each.size,
                "input_price": amount(each, 0),
                "output_price": amount(each, 1),
            }
            for each in found.models
        ],
    }


def amount(model: SeenModel, which: int) -> float | None:
    """A price as a number: 0 where nobody pays."""
    if model.price is not None:
        return float(model.price[which])
    return None if model.provider.key else 0.0


@command.command(
    examples="""
        stigmer model login anthropic
        stigmer model login openai < key.txt
    """,
)
@click.argument("provider", type=click.Choice(KEYED))
@click.option("--untried", is_flag=True, help="Keep the key without asking the provider whether it is right.")
@click.pass_obj
def login(console: Console, provider: str, untried: bool) -> None:
    """Keep the API key of PROVIDER, asked for or read from standard input, for all runs from now on.

    It is tried at the provider's host first, and kept encrypted in the data directory. No restart is needed.
    """
    from apps.backends.config import child_environment
    from apps.backends.local.model_keys import keep_key
    from apps.backends.models.configured import configured_model
    from apps.backends.models.keys import try_key
    from cli.connect import local_config

    config, wanted = local_config(), PROVIDERS[provider]
    default = configured_model(config)
    key = read_key(console, wanted)
    if not untried:
        try_key(wanted, default.url if default.provider is wanted else wanted.url, key)
    keep_key(config.local, provider, key)
    console.done(f"Kept the API key of {wanted.title}, {'untried' if untried else 'which it accepts'}")
    if child_environment().get(wanted.key):
        console.warn(f"{wanted.key} is set in the environment: a server started from here uses that one")
    if default.provider is not wanted:
        console.print(f"Use it in a run with --model {provider}:MODEL (`stigmer model list {provider}`), or always:")
        console.print(f"  stigmer config set backend.local.llm.provider {provider}")
        console.print("  stigmer config set backend.local.llm.model MODEL")


@command.command(examples="stigmer model logout anthropic")
@click.argument("provider", type=click.Choice(KEYED))
@click.pass_obj
def logout(console: Console, provider: str) -> None:
    """Forget the API key of PROVIDER. Runs that are under way keep it."""
    from apps.backends.local.model_keys import forget_key
    from apps.backends.models.keys import kept_providers
    from cli.connect import local_config

    config = local_config()
    if provider not in kept_providers(config.local.data_dir):
        console.print(f"No API key of {PROVIDERS[provider].title} is kept")
        return
    forget_key(config.local, provider)
    console.done(f"Forgot the API key of {PROVIDERS[provider].title}")


def read_key(console: Console, provider: Provider) -> str:
    """The key, typed unseen or a line of standard input. Raises an error that repeats nothing of it."""
    if console.may_ask:
        key = str(click.prompt(f"API key of {provider.title}", hide_input=True, err=True))
    elif sys.stdin.isatty():
        raise click.UsageError("the key is missing, and nothing may be asked: pipe it")
    else:
        key = sys.stdin.readline()
    key = key.strip()
    if not key:
        raise CliError(
            "the key is empty", hint=f"Type or pipe it: `stigmer model login {provider.name}`", exit=Exit.MISUSE
        )
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise CliError(
            "the key has characters in it that no API key has", hint="Copy it once more, alone", exit=Exit.MISUSE
        )
    return key
