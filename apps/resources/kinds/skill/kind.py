import re
from typing import ClassVar

from django.db import models

from apps.archives.skill import skill_md_problems
from apps.resources.base import OwnerScope, Resource
from apps.resources.errors import Violation
from apps.resources.json_value import Json
from apps.resources.kind import Kind, OwnedRows, SpecReview
from apps.resources.kinds.skill.model import MAX_TAG, Skill, SkillVersion

DIGEST = re.compile(r"[0-9a-f]{64}")


class SkillKind(Kind[Skill]):
    name = "Skill"
    plural = "skills"
    number = 43
    prefix = "skl"
    package = "ai.stigmer.agentic.skill.v1"
    model = Skill
    default_scope = OwnerScope.ORGANIZATION
    given_status = ("version_hash",)
    versions: ClassVar[type[models.Model] | None] = SkillVersion
    owned_rows = (OwnedRows(SkillVersion, "skill_id"),)
    is_known_from_elsewhere = True

    def review(self, spec: dict[str, Json]) -> SpecReview:
        violations = [Violation("spec.skill_md", text) for text in skill_md_problems(spec.get("skill_md", ""))]
        if problem := tag_problem(spec.get("tag", "")):
            violations.append(Violation("spec.tag", problem))
        return SpecReview(violations)

    def status_of(self, row: Resource) -> dict[str, Json]:
        return {**row.status, "artifact_storage_key": storage_key(row.status["version_hash"]), "state": READY}


READY = "SKILL_STATE_READY"


def storage_key(version_hash: str) -> str:
    """What the contract calls an artifact: `skills/<hash>.zip`."""
    return f"skills/{version_hash}.zip"


def digest_of_key(key: str) -> str:
    """The digest in one of our own keys; empty for anything else."""
    digest = key.removeprefix("skills/").removesuffix(".zip")
    return digest if DIGEST.fullmatch(digest) and key == storage_key(digest) else ""


def tag_problem(tag: str) -> str:
    """What is wrong with a tag beyond the rule of the contract; empty when nothing is."""
    if tag == "latest":
        return "is what the newest version is called anyway: choose another one"
    if DIGEST.fullmatch(tag):
        return "looks like the hash of a version: choose another one"
    return f"has {len(tag):,} characters; at most {MAX_TAG} are allowed" if len(tag) > MAX_TAG else ""
