"""Applying as a project: what it owns afterwards, what it no longer declares, and taking all of it away."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from django.utils import timezone

from apps.resources.base import Resource
from apps.resources.caller import Caller
from apps.resources.errors import MOST_SHOWN, InvalidInput, LiveExecutions, NeededElsewhere, OwnedElsewhere, StalePlan
from apps.resources.kind import Action, Draft, Kind
from apps.resources.ports import machine
from apps.resources.project import Project
from apps.resources.registry import BY_MODEL
from apps.resources.storage import inventory as stored
from apps.resources.storage.belongings import count_below_each
from apps.resources.storage.inventory import Owned
from apps.resources.storage.journal import note
from apps.resources.storage.lookup import existing_organizations
from apps.resources.storage.transaction import repeatable, write_transaction
from apps.resources.storage_errors import StorageBusy
from apps.resources.writes import actions, cascade
from apps.resources.writes.outcome import Outcome
from apps.resources.writes.removal import Roots, demand_removal, remove

logger = logging.getLogger(__name__)

MOST_LOOKS = 5


@dataclass(frozen=True)
class Place:
    """Where a project is: its directory, and what its tool servers mean by `python3` ("" for the one on PATH)."""

    root: str
    python: str = ""


@dataclass(frozen=True)
class Ownership:
    """As which project something is applied, and what that means for what it owns."""

    org: str
    name: str
    is_whole: bool = False
    """The drafts are everything that the project declares: what else it owns is no longer declared."""
    prunes: bool = False
    """What is no longer declared is deleted. Only with `is_whole`."""
    takes_over: bool = False
    """What belongs to other projects is taken from them instead of refused."""
    plan: str = ""
    """What somebody agreed to have pruned (`plan_of`); "" where nobody was asked."""
    message: str = ""
    """Recorded with the revisions that end the histories of what is pruned."""
    place: Place | None = None
    """Where the project is on this machine. None: what is known of it stays."""
    notifies: bool | None = None
    """Whether somebody is told when its runs fail. None: as before."""


@dataclass(frozen=True)
class Leaving:
    """A resource that goes, or would go, and how many of which kinds with it."""

    owned: Owned
    belongings: dict[Kind, int]


@dataclass(frozen=True)
class ProjectOutcome:
    """What applying as a project did."""

    outcomes: list[Outcome]
    """In the order of the drafts."""
    no_longer_declared: list[Leaving] = field(default_factory=list)
    """Still there, children first."""
    deleted: list[Leaving] = field(default_factory=list)
    """As above, when pruned."""
    plan: str = ""
    """Stands for both."""
    moved_from: str = ""
    """Where the project was before, if it is elsewhere now."""


def apply_project(
    drafts: Sequence[Draft], ownership: Ownership, caller: Caller, *, dry_run: bool = False
) -> ProjectOutcome:
    """As `actions.apply`; each of them belongs to the project afterwards.

    What is pruned goes first, so that what stays is judged by what will be there. Raises as `actions.apply` does,
    OwnedElsewhere; when it prunes, StalePlan, LiveExecutions for runs under way, StillUsed,
    NeededElsewhere.
    """
    drafts = actions.appliable(drafts, caller)
    return actions.unless_taken(lambda: _apply_project(drafts, ownership, caller, dry_run=dry_run))


def plan_destroy(org: str, name: str, caller: Caller) -> tuple[list[Leaving], str]:
    """What `destroy` would delete, children first, and the plan that stands for it. Raises NotFound."""
    owned = stored.owned_by(stored.get_project(org, name, caller), caller)
    return _with_belongings(owned, caller), plan_of(owned)


@repeatable
def destroy(org: str, name: str, caller: Caller, *, plan: str = "", message: str = "") -> list[Leaving]:
    """Delete all that the project owns, with what belongs to it; return it, children first. Empty: there was nothing.

    Raises StalePlan where `plan` is another one, LiveExecutions, StillUsed, NeededElsewhere for what belongs to it and
    is another project's.
    """
    with write_transaction():
        project = stored.lock_project(org, name)
        if project is None:
            return []
        roots, leaving = _remove(project, stored.owned_by(project, caller), caller, plan, message)
        _refuse_used(roots, caller)
        if not stored.owns_something(project):  # the rest is for others to see, and to delete
            stored.delete_project(project)
    logger.info("project %s: destroyed by %s, %d resources", name, caller.actor, len(leaving))
    return leaving


def plan_of(owned: Iterable[Owned]) -> str:
    """Stands for a set of resources; that of none is a text, too."""
    return sha256(" ".join(sorted(each.pk for each in owned)).encode()).hexdigest()[:32]


@repeatable
def _apply_project(drafts: Sequence[Draft], ownership: Ownership, caller: Caller, *, dry_run: bool) -> ProjectOutcome:
    with write_transaction(keep=not dry_run):
        project = _claimed(ownership, caller)
        moved_from = _settle(project, ownership.place)
        if ownership.notifies not in {None, project.notifies}:
            project.notifies = bool(ownership.notifies)
            stored.store_project(project, "notifies")
        roots: Roots = ()
        deleted: list[Leaving] = []
        plan = ""
        if ownership.prunes:
            left = _undeclared(project, drafts, caller)
            roots, deleted = _remove(project, left, caller, ownership.plan, ownership.message)
            plan = plan_of(left)
        try:
            outcomes = actions.write_all(drafts, caller)
        except InvalidInput as error:
            raise _blaming(error, deleted) from None
        _refuse_used(roots, caller)
        entries = stored.entries_of(project)
        _take(project, outcomes, entries, ownership, caller, has_changed=bool(deleted))
        if ownership.place is not None:
            machine().tool_sets.deployed(project, [outcome.row for outcome in outcomes])
        if not ownership.is_whole or ownership.prunes:
            return ProjectOutcome(outcomes, deleted=deleted, plan=plan, moved_from=moved_from)
        declared = {outcome.row.pk for outcome in outcomes}
        left = stored.looked_up({pk: name for pk, name in entries.items() if pk not in declared}, caller)
        leaving = _with_belongings(left, caller)
        return ProjectOutcome(outcomes, no_longer_declared=leaving, plan=plan_of(left), moved_from=moved_from)


def _settle(project: Project, place: Place | None) -> str:
    """Note where the project is: the checkout that was applied last. Where it was, if that is elsewhere."""
    if place is None or not machine().keeps_projects or (project.root, project.python) == (place.root, place.python):
        return ""
    before = project.root
    project.root, project.python = place.root, place.python
    stored.store_project(project, "root", "python")
    return before if before != place.root else ""


def _claimed(ownership: Ownership, caller: Caller) -> Project:
    """The project, locked: whoever applies, prunes or destroys it does so one after the other."""
    for _ in range(MOST_LOOKS):
        if (found := stored.lock_project(ownership.org, ownership.name)) is not None:
            return found
        if not existing_organizations([ownership.org]):
            raise InvalidInput.at("project_org", f"organization {ownership.org!r} does not exist")
        stored.add_project(ownership.org, ownership.name, caller.actor)
    raise StorageBusy  # somebody destroys it whenever we make it


def _undeclared(project: Project, drafts: Sequence[Draft], caller: Caller) -> list[Owned]:
    declared = {(draft.kind.name, draft.identity) for draft in drafts}
    return [each for each in stored.owned_by(project, caller) if (each.kind.name, each.identity) not in declared]


def _with_belongings(owned: Sequence[Owned], caller: Caller) -> list[Leaving]:
    counts: dict[str, dict[Kind, int]] = {}
    for kind in dict.fromkeys(each.kind for each in owned):
        counts |= count_below_each(kind, [each.pk for each in owned if each.kind is kind], caller)
    return [Leaving(each, counts[each.pk]) for each in owned]


def _remove(
    project: Project, owned: Sequence[Owned], caller: Caller, plan: str, message: str
) -> tuple[Roots, list[Leaving]]:
    """Delete what a project owns, with what belongs to it; the rows that it owned, and the same with counts."""
    if plan and plan != plan_of(owned):
        raise StalePlan(project.name)
    leaving = _with_belongings(owned, caller)
    by_kind: dict[Kind, list[Resource]] = {}
    for row in stored.lock_owned(project, owned, caller):
        kind = BY_MODEL[type(row)]
        if kind.protection is not None:
            kind.protection.permit_deletion(row.slug, caller)
        by_kind.setdefault(kind, []).append(row)
    roots = list(by_kind.items())
    demand_removal(roots, caller)
    doomed = cascade.collect(roots)
    _refuse_live(project, doomed)
    _refuse_of_others(project, doomed)
    remove(roots, doomed, caller, message)
    gone = {row.pk for rows in by_kind.values() for row in rows}
    return roots, [each for each in leaving if each.owned.pk in gone]


def _refuse_used(roots: Roots, caller: Caller) -> None:
    """Of what is deleted, what others refer to: asked once everything is written, for they may have ceased to."""
    for kind, rows in roots:
        for row in rows:
            cascade.refuse_used(kind, row, caller, hint="Take it out of them first, or keep it")


def _refuse_live(project: Project, doomed: cascade.Doomed) -> None:
    live = [run for _, ids in cascade.live_among(doomed) for run in ids]
    if live:
        shown = " ".join(live[:MOST_SHOWN]) + (" ..." if len(live) > MOST_SHOWN else "")
        way_out = f"Wait for them, or end them first: `stigmer executions cancel {shown}`"
        raise LiveExecutions("project", project.name, live, hint=way_out)


def _refuse_of_others(project: Project, doomed: cascade.Doomed) -> None:
    """What another project deployed goes with what it belongs to only when somebody deletes that by its name."""
    applied = [(kind, row) for kind, rows in doomed if not kind.has_fixed_spec for row in rows]
    others = _others(project, [row.pk for _, row in applied])
    if others:
        kind, row = next((kind, row) for kind, row in applied if row.pk in others)
        owner = stored.names_of([others[row.pk]])[others[row.pk]]
        raise NeededElsewhere(kind.noun, row.slug, owner)


def _take(
    project: Project,
    outcomes: Sequence[Outcome],
    entries: Mapping[str, str],
    ownership: Ownership,
    caller: Caller,
    *,
    has_changed: bool,
) -> None:
    """Have the project own what was written; `entries` are what it owns already. Raises OwnedElsewhere."""
    new = [outcome for outcome in outcomes if outcome.row.pk not in entries]
    found = [outcome.row.pk for outcome in new if outcome.action is not Action.CREATED]
    others = stored.owners_of(found) if found else {}
    if others and not ownership.takes_over:
        taken = next(outcome for outcome in new if outcome.row.pk in others)
        owner = stored.names_of([others[taken.row.pk]])[others[taken.row.pk]]
        raise OwnedElsewhere(taken.draft.kind.noun, taken.row.slug, owner, more=len(others) - 1)
    stored.delete_entries([*others])
    stored.add_entries(project, [(outcome.draft.kind, outcome.row.pk) for outcome in new])
    # Nothing was written of these, yet whoever watches a project has one more, or one less.
    moved = [outcome for outcome in new if outcome.action is Action.UNCHANGED]
    note([(outcome.draft.kind.name, outcome.row.pk, "updated") for outcome in moved], timezone.now())
    if new or has_changed or any(outcome.action is not Action.UNCHANGED for outcome in outcomes):
        project.updated_by, project.updated_at = caller.actor, timezone.now()
        stored.store_project(project, "updated_by", "updated_at")


def _others(project: Project, resource_ids: Sequence[str]) -> dict[str, int]:
    return {pk: owner for pk, owner in stored.owners_of(resource_ids).items() if owner != project.pk}


def _blaming(error: InvalidInput, deleted: Sequence[Leaving]) -> InvalidInput:
    """What does not resolve may be what is pruned."""
    if not deleted:
        return error
    named = ", ".join(f"{each.owned.kind.name} {each.owned.slug!r}" for each in deleted[:5])
    return InvalidInput(error.violations, hint=f"--prune deletes what is no longer declared first: {named}")
