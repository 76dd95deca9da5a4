"""What a run is of: found by name or id among what is deployed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from apps.backends import kinds
from apps.backends.base import NotFound, Unsupported
from apps.backends.errors import BackendError
from apps.backends.resource import Resource, is_id_of, slug_of

if TYPE_CHECKING:
    from apps.backends.base import Backend

AGENTS = ("Agent", "AgentInstance")
# Where a name is looked up, place by place; within one, a name must mean one thing.
SEARCHED = (("Agent", "Workflow"), ("AgentInstance", "WorkflowInstance"))
RUNNABLE = tuple(name for names in SEARCHED for name in names)


class UnclearTarget(BackendError):
    """A name that cannot say what is to be run: it means two things, or nothing that runs."""

    reason = "stigmer.client.unclear_target"


class Target(NamedTuple):
    """A deployed resource that can be run."""

    kind: str
    id: str
    slug: str

    @property
    def is_agent(self) -> bool:
        """Agents answer a message; workflows may get one."""
        return self.kind in AGENTS

    @property
    def noun(self) -> str:
        """`agent-instance`."""
        return kinds.BY_NAME[self.kind].singular


def find_target(backend: Backend, name: str, org: str, *, command: str = "stigmer run") -> Target:
    """What `name` means: an id, `agent/NAME`, `workflow/NAME` and so on, or a name alone.

    Raises NotFound for a name that nothing has, and UnclearTarget. `command` is what takes the right name.
    """
    kind_name, name = split(name)
    by_id = next((each for each in RUNNABLE if is_id_of(each, name)), None)
    if by_id is not None:
        found = find(backend, by_id, org, resource_id=name)
        if found is None:
            raise not_found(backend, name, org, SEARCHED[0], command)
        return found
    for names in ((kind_name,),) if kind_name else SEARCHED:
        matches = [each for kind in names if (each := find(backend, kind, org, slug=slug_of(name)))]
        if len(matches) > 1:
            forms = " or ".join(f"`stigmer run {each.noun}/{each.slug}`" for each in matches)
            raise UnclearTarget(f"{name!r} is the name of an agent and of a workflow", hint=forms)
        if matches:
            return matches[0]
    raise not_found(backend, name, org, (kind_name,) if kind_name else SEARCHED[0], command)


def split(name: str) -> tuple[str, str]:
    """Kind and name of `agent/NAME`; the kind is empty where none stands before the name."""
    noun, slash, rest = name.partition("/")
    if not slash:
        return "", name
    kind = kinds.BY_NOUN.get(noun.lower())
    if kind is None or kind.name not in RUNNABLE:
        known = ", ".join(kinds.BY_NAME[each].singular for each in RUNNABLE)
        raise UnclearTarget(f"{noun!r} is nothing that can be run", hint=f"What can be: {known}")
    if not rest:
        raise UnclearTarget(f"no name after {name!r}", hint=f"stigmer get {kind.plural}")
    return kind.name, rest


def find(backend: Backend, kind: str, org: str, *, slug: str = "", resource_id: str = "") -> Target | None:
    """One resource by `slug` or `resource_id`; None when there is none."""
    try:
        found = Resource.of(backend.get(kind, org=org, slug=slug, resource_id=resource_id))
    except NotFound:
        return None
    return Target(kind, found.message.metadata.id, found.slug)


def not_found(backend: Backend, name: str, org: str, wanted: tuple[str, ...], command: str) -> NotFound:
    """Nothing of these kinds is called so: say what is, above all what looks like it."""
    from difflib import get_close_matches

    from apps.backends.base import iterate

    try:
        known = [Resource.of(each).slug for kind in wanted for each in iterate(backend, kind, org=org, limit=200)]
    except Unsupported:  # the contract alone has no list of them
        return NotFound(f"no {' or '.join(kinds.BY_NAME[kind].singular for kind in wanted)} {name!r}: not found")
    near = get_close_matches(slug_of(name), known, n=1)
    nouns = " or ".join(kinds.BY_NAME[kind].singular for kind in wanted)
    lists = ", ".join(f"`stigmer get {kinds.BY_NAME[kind].plural}`" for kind in wanted)
    hint = f"{command} {near[0]}" if near else f"See what is deployed: {lists}"
    if not known:
        hint = f"No {nouns} is deployed yet: `stigmer apply`"
    return NotFound(f"no {nouns} {name!r}: not found", hint=hint)
