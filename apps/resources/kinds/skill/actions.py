"""Pushing a skill: its archive becomes the newest version."""

from __future__ import annotations

from apps.resources.base import OwnerScope
from apps.resources.caller import Caller
from apps.resources.errors import ArtifactMissing, InvalidInput, Violation
from apps.resources.json_value import Json
from apps.resources.kind import Draft, Identity
from apps.resources.kinds.skill.model import Skill
from apps.resources.registry import SKILL
from apps.resources.storage.lookup import rows_by_identity
from apps.resources.storage.skill_artifacts import find_artifact
from apps.resources.storage.transaction import repeatable, write_transaction
from apps.resources.wire.codec import draft_from_json
from apps.resources.writes import actions
from apps.resources.writes.outcome import Outcome
from apps.shared.slugs import slug_of

SAID = {"spec.tag": "tag", "metadata.name": "name", "metadata.slug": "name", "metadata.org": "org"}
"""Where a request to push has what a draft is made of."""


def push_skill(name: str, scope: int, org: str, tag: str, version_hash: str, caller: Caller) -> Outcome:
    """Make an archive that is kept the newest version of a skill, which is created unless it is there.

    The same archive again changes nothing, unless `tag` is another one; without a tag, the one it has stays. Labels,
    annotations and tags of the resource stay, too. Raises ArtifactMissing, and InvalidInput about the fields of a push.
    """
    artifact = find_artifact(version_hash, caller)
    if artifact is None:
        raise ArtifactMissing(version_hash)
    try:
        return _push(name, scope, org, {"skill_md": artifact.skill_md, "tag": tag}, version_hash, caller)
    except InvalidInput as error:
        said = [Violation(SAID.get(each.path, each.path), each.description) for each in error.violations]
        raise InvalidInput(said) from None


@repeatable
def _push(name: str, scope: int, org: str, spec: dict[str, Json], version_hash: str, caller: Caller) -> Outcome:
    with write_transaction():  # what is kept of the stored skill cannot change meanwhile
        return actions.apply([_draft(name, scope, org, spec, version_hash, caller)], caller)[0]


def _draft(name: str, scope: int, org: str, spec: dict[str, Json], version_hash: str, caller: Caller) -> Draft[Skill]:
    scope = scope or OwnerScope.ORGANIZATION
    org = "" if scope == OwnerScope.PLATFORM else org or caller.org
    slug = slug_of(name)
    row = rows_by_identity(SKILL, [Identity(scope, org, slug)], caller).get(Identity(scope, org, slug))
    metadata: dict[str, Json] = {"name": name, "owner_scope": int(scope), "org": org}
    if row is not None:
        metadata |= {"name": row.name, "slug": row.slug}
        metadata |= {"labels": row.labels, "annotations": row.annotations, "tags": row.tags}
        if row.status["version_hash"] == version_hash and not spec["tag"]:
            spec = {**spec, "tag": (row.spec or {}).get("tag", "")}
    envelope = {"metadata": metadata, "spec": spec, "status": {"version_hash": version_hash}}
    return draft_from_json(SKILL, envelope, caller)
