"""Resources as the command line names and prints them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.backends import kinds
from apps.backends.resource import is_id_of, slug_of
from cli.errors import CliError
from cli.exits import Exit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from apps.backends.base import Backend, Envelope

# A run is an agent's or a workflow's; its id tells.
ANY_RUN = ("execution", "executions", "ex", "exs")


def means_any_run(noun: str) -> bool:
    """Whether `noun` means runs of agents and of workflows alike."""
    return noun.lower() in ANY_RUN


def find_kind(noun: str, name: str = "") -> kinds.Kind:
    """The kind that `noun` means: plural, singular, short or as in a manifest, in any case.

    With the id of a run in `name`, `execution` is enough.
    """
    kind = kinds.BY_NOUN.get(noun.lower().replace("_", "-"))
    if means_any_run(noun):
        kind = next((each for each in kinds.KINDS if name.startswith(f"{each.id_prefix}-")), None)
        if kind is None:
            raise CliError(f"execution {name!r} not found", hint="stigmer executions list", exit=Exit.NOT_FOUND)
    if kind is None:
        raise CliError(f"there is no kind {noun!r}", hint=_kinds_like(noun), exit=Exit.MISUSE)
    return kind


def _kinds_like(noun: str) -> str:
    """The hint for a word that means no kind: the kind that is most like it, else all of them."""
    from difflib import get_close_matches  # only on the way to an error

    words = [word for each in kinds.KINDS for word in (each.singular, each.plural)]
    near = get_close_matches(noun.lower(), words, n=1, cutoff=0.7)
    known = ", ".join(f"{each.plural} ({each.short})" for each in kinds.KINDS)
    return f"Did you mean `{near[0]}`?" if near else f"Kinds: {known}"


def counted(counts: Mapping[str, int]) -> str:
    """Resources by kind as words: `2 agent instances, 1 session and 14 agent executions`. Empty for nothing."""
    from apps.backends.base import MOST_COUNTED

    found = []
    for name, count in counts.items():
        kind = kinds.BY_NAME[name]
        noun = (kind.singular if count == 1 else kind.plural).replace("-", " ")
        found.append(f"{'more than ' if count > MOST_COUNTED else ''}{min(count, MOST_COUNTED):,} {noun}")
    return " and ".join([*([", ".join(found[:-1])] if found[1:] else []), *found[-1:]])


def find_resource(backend: Backend, kind: kinds.Kind, name: str, org: str, *, by_name: bool = False) -> Envelope:
    """One resource by name, slug or id; NOT_FOUND (exit code 4) when there is none. `by_name` as for `Backend.get`."""
    from apps.backends.base import NotFound

    try:
        if is_id_of(kind.name, name):
            return backend.get(kind.name, resource_id=name, by_name=by_name)
        return backend.get(kind.name, slug=slug_of(name), org=org, by_name=by_name)
    except NotFound as error:
        raise CliError(
            f"{kind.singular} {name!r} not found", hint=f"stigmer get {kind.plural}", exit=Exit.NOT_FOUND
        ) from error
