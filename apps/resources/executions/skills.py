"""The skills of a run: which versions it has, settled when it is created."""

from __future__ import annotations

from apps.resources.base import Resource
from apps.resources.caller import Caller
from apps.resources.json_value import Json
from apps.resources.registry import AGENT, SKILL
from apps.resources.run_errors import SkillMissing
from apps.resources.storage.lookup import Reference
from apps.resources.storage.skill_artifacts import version_hash_of
from apps.resources.writes.naming import missing, resolve_all


def pin_skills(agent: Resource, caller: Caller) -> list[Json]:
    """Where an agent refers to skills, and the version that each reference means now: `{path, id, version_hash}`.

    Raises SkillMissing with all that lead nowhere.
    """
    wanted = [
        (each.path, Reference.from_spec(each, agent.org))
        for each in AGENT.references_in(agent.spec or {})
        if each.field.kind == SKILL.name
    ]
    found = resolve_all({(SKILL.name, reference) for _, reference in wanted}, caller)
    lost = [reference for _, reference in wanted if (SKILL.name, reference) not in found]
    if lost:
        first = lost[0]
        owner = "--scope platform" if not first.org else f"--for {first.org}"
        raise SkillMissing(agent.slug, [missing(SKILL.name, reference) for reference in lost], first.slug, owner)
    ids = [(path, found[SKILL.name, reference].id, reference.version) for path, reference in wanted]
    return [{"path": path, "id": key, "version_hash": version_hash_of(key, version)} for path, key, version in ids]
