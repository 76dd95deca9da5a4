"""What a shell offers while a command is typed: commands and options are click's, names are ours.

Stored names come from a daemon that runs; none is started for them, and one that does not answer at once is not
waited for: whoever presses Tab waits at a prompt.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from click.shell_completion import CompletionItem, get_completion_class, shell_complete

from apps.backends.kinds import BY_NAME, KINDS
from apps.backends.resource import Resource
from apps.backends.run_kinds import RUN_KINDS
from cli.resources import ANY_RUN, means_any_run

if TYPE_CHECKING:
    from collections.abc import Iterator

    import click

    from apps.backends.base import Backend

VARIABLE = "_STIGMER_COMPLETE"
"""Set by the shell's function: what is asked for, `bash_complete` say."""
PROGRAM = "stigmer"
# What NAME means where no KIND stands before it, by the first word of the command.
NAMED = {"run": ("Agent", "Workflow"), "chat": ("Agent",), "env": ("Environment",), "skill": ("Skill",)}
OFFERED = 100
"""A page; more is not read at a glance."""


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
        found = stored(kinds_meant(context, argument))
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


def stored(kinds: tuple[str, ...]) -> Iterator[CompletionItem]:
    """The names of what is stored, newest first; ids of what has no name that people gave it."""
    backend = running() if kinds else None
    if backend is not None:
        for kind in kinds:
            yield from (item(Resource.of(each)) for each in backend.list_page(kind, page_size=OFFERED).items)


def running() -> Backend | None:
    """The daemon of the configuration, where it serves."""
    from apps.backends.config import load
    from apps.backends.fast_imports import load_grpc, load_protobuf
    from apps.backends.local.launch import find_running

    config = load()
    found = find_running(config.local) if config.is_local else None
    if found is None:
        return None
    load_grpc()
    load_protobuf()
    from apps.backends.grpc_backend import GrpcBackend

    return GrpcBackend(found.endpoint, found.token)


def item(resource: Resource) -> CompletionItem:
    """One offer."""
    is_nameless = resource.kind.name in (*RUN_KINDS, "Session")
    name = resource.message.metadata.id if is_nameless else resource.slug
    return CompletionItem(name, help=resource.description or BY_NAME[resource.kind.name].singular)
