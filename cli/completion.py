"""What a shell offers while a command is typed: commands and options are click's, names are ours.

Stored names come from a daemon that runs, which is asked each time, without grpc, whose imports would take longer than
all else. None is started for them, and one that does not answer soon is not waited for: whoever presses Tab waits at a
prompt.
"""

from __future__ import annotations

from contextlib import closing
from itertools import islice
from typing import TYPE_CHECKING

from click.shell_completion import CompletionItem, get_completion_class, shell_complete

from apps.backends.kinds import BY_NAME, KINDS
from apps.backends.light.http2 import LightChannel
from apps.backends.light.names import names_of
from apps.backends.run_kinds import RUN_KINDS
from apps.processes.addresses import parse_address
from cli.resources import ANY_RUN, means_any_run

if TYPE_CHECKING:
    from collections.abc import Iterator

    import click

    from apps.backends.light.names import Named

VARIABLE = "_STIGMER_COMPLETE"
"""Set by the shell's function: what is asked for, `bash_complete` say."""
PROGRAM = "stigmer"
# What NAME means where no KIND stands before it, by the first word of the command.
NAMED = {"run": ("Agent", "Workflow"), "chat": ("Agent",), "env": ("Environment",), "skill": ("Skill",)}
OFFERED = 100
"""More is not read at a glance."""
LOOKED_AT = 1000
"""Of each kind, the newest: what begins otherwise is passed over, in a few milliseconds for each hundred."""
PATIENCE_SECONDS = 2.0
"""For all answers together, on a machine that has much else to do; a hundredth is the usual."""


def answer(root: click.Command, instruction: str) -> int:
    """Do what the shell's function asks for, print it, and say how it went."""
    return shell_complete(root, {}, PROGRAM, VARIABLE, instruction)


def script(root: click.Command, shell: str) -> str:
    """What makes a shell (`bash`, `zsh`, `fish`) ask us."""
    found = get_completion_class(shell)
    if found is None:
        raise ValueError(f"no completion for {shell}")
    made = found(root, {}, PROGRAM, VARIABLE)
    return made.source_template % made.source_vars()


def offers(context: click.Context, argument: str, incomplete: str) -> list[CompletionItem]:
    """What an argument of this name may be, of what begins with `incomplete`."""
    if argument == "kind":
        found = iter([*(CompletionItem(kind.plural) for kind in KINDS), CompletionItem(ANY_RUN[1])])
    elif argument == "key":
        found = keys()
    else:
        found = stored(kinds_meant(context, argument), incomplete)
    return [each for each in found if each.value.startswith(incomplete)]


def keys() -> Iterator[CompletionItem]:
    """The settings."""
    from apps.backends.config import KEYS

    return (CompletionItem(key.path, help=key.description) for key in KEYS if not key.is_for_the_cloud)


def kinds_meant(context: click.Context, argument: str) -> tuple[str, ...]:
    """The kinds of which an argument names one."""
    if argument == "execution":
        return RUN_KINDS
    if argument == "session":
        return ("Session",)
    noun = str(context.params.get("kind") or "")
    if means_any_run(noun):
        return RUN_KINDS
    kind = next((kind for kind in KINDS if noun.lower().replace("_", "-") in kind.nouns()), None)
    words = context.command_path.split()
    return (kind.name,) if kind else NAMED.get(words[1], ()) if len(words) > 1 and not noun else ()


def stored(kinds: tuple[str, ...], incomplete: str) -> Iterator[CompletionItem]:
    """What is stored and begins so, newest first: names, and ids of what has no name that people gave it."""
    channel = running() if kinds else None
    if channel is None:
        return
    with closing(channel):
        for kind in kinds:
            found = (item(kind, each) for each in islice(names_of(channel, kind), LOOKED_AT))
            yield from islice((each for each in found if each.value.startswith(incomplete)), OFFERED)


def running() -> LightChannel | None:
    """A connection to the daemon of the configuration, where it serves."""
    from apps.backends.config import load
    from apps.backends.local.launch import find_running

    config = load()
    found = find_running(config.local) if config.is_local else None
    return LightChannel(parse_address(found.endpoint), found.token, PATIENCE_SECONDS) if found else None


def item(kind: str, resource: Named) -> CompletionItem:
    """One offer."""
    is_nameless = kind in (*RUN_KINDS, "Session")
    return CompletionItem(
        resource.id if is_nameless else resource.slug, help=resource.description or BY_NAME[kind].singular
    )
