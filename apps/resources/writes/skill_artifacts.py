"""Keeping the archives of skills.

An archive is claimed in one transaction, stored, and confirmed in another; only then a skill is made of it, in a
third one, which holds it. Whoever collects (`maintenance/collection.py`) takes none that is held, referred to or just
claimed. A process may be killed between any two of these: what is left is an archive that nothing refers to.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import BinaryIO

from django.utils import timezone

from apps.archives.problems import BadArchive
from apps.archives.skill import SkillArchive, read_skill
from apps.resources.caller import Caller
from apps.resources.errors import ArtifactMissing, InvalidInput, Violation
from apps.resources.kind import Draft
from apps.resources.ports import machine
from apps.resources.storage.failures import file_error
from apps.resources.storage.lookup import find_row, rows_by_identity
from apps.resources.storage.skill_artifacts import claim_artifact, confirm_artifact, files_beside, hold_artifacts
from apps.resources.storage.transaction import MOST_ATTEMPTS, repeatable, write_transaction

HASH = "version_hash"


def keep_archive(file: BinaryIO, caller: Caller, *, path: str) -> SkillArchive:
    """Check and store the archive in `file`, so that a skill can be made of it.

    Raises InvalidInput with everything that is wrong with it, as complaints about `path` of the request, and
    StorageError; then nothing of it is kept.
    """
    try:
        archive = read_skill(file)
    except BadArchive as error:
        raise InvalidInput(Violation(path, str(problem)) for problem in error.problems) from None
    for _ in range(MOST_ATTEMPTS):
        claim = _claim(archive)
        try:
            machine().blobs.put_file(file)
        except OSError as error:
            raise file_error(error) or error from error
        if _confirm(claim, caller.actor):
            return archive
    raise ArtifactMissing(archive.digest)


def provide_artifacts(drafts: Sequence[Draft], caller: Caller) -> list[Draft]:
    """The drafts, those of kinds with artifacts naming theirs: what says nothing but its SKILL.md is that file alone.

    Where the same SKILL.md is stored, the artifact stays that has it, and with it the files beside it.
    """
    return [_provided(draft, caller) if _lacks_artifact(draft) else draft for draft in drafts]


def artifact_violations(drafts: Sequence[Draft], caller: Caller) -> Iterator[Violation]:
    """Complaints about artifacts that drafts name; those that are in order stay until the transaction ends.

    Raises ArtifactMissing for one that is not here.
    """
    wanted = {draft.status[HASH]: draft for draft in drafts if HASH in draft.status}
    held = hold_artifacts(wanted.keys(), caller) if wanted else {}
    for draft in drafts:
        digest = draft.status.get(HASH)
        if digest is None:
            continue
        if digest not in held:
            raise ArtifactMissing(digest)
        if (draft.spec or {}).get("skill_md", "") != held[digest].skill_md:
            yield Violation(f"{draft.place}spec.skill_md", f"is not the SKILL.md of the artifact {digest}")


def _lacks_artifact(draft: Draft) -> bool:
    return draft.kind.versions is not None and HASH not in draft.status


def _provided(draft: Draft, caller: Caller) -> Draft:
    from apps.archives.packing import pack_text  # with zipfile, which few writes need

    skill_md = (draft.spec or {}).get("skill_md", "")
    if draft.metadata.id:
        stored = find_row(draft.kind, draft.metadata.id, caller)
    else:
        stored = rows_by_identity(draft.kind, [draft.identity], caller).get(draft.identity)
    if stored is not None and (stored.spec or {}).get("skill_md") == skill_md:
        digest = stored.status[HASH]
    else:
        path = f"{draft.place}spec.skill_md"
        digest = keep_archive(io.BytesIO(pack_text(skill_md)), caller, path=path).digest
        if stored is not None and (beside := files_beside(stored.status[HASH])):
            left = f"this version is its SKILL.md alone: {beside} files beside it stay with the version before"
            draft.warnings.append(f"{left}; push the directory to have them in it")
    return replace(draft, status={**draft.status, HASH: digest})


@repeatable
def _claim(archive: SkillArchive) -> int:
    with write_transaction():
        return claim_artifact(archive, timezone.now())


@repeatable
def _confirm(claim: int, actor: str) -> bool:
    with write_transaction():
        return confirm_artifact(claim, actor)
